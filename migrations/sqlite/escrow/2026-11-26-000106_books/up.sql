-- The books: what each movement of money was. One entry books one thing, once.
CREATE TABLE journal_entries (
    order_id CHAR(32) NOT NULL,
    entry INTEGER NOT NULL CHECK (entry > 0),
    -- What it books: a deposit, a payout, a receipt, what a payout left over, a stray.
    books VARCHAR(160) NOT NULL,
    booked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, entry),
    UNIQUE (order_id, books)
);

-- An amount goes from one account to another in one row, so no entry can be out of balance.
CREATE TABLE journal_lines (
    order_id CHAR(32) NOT NULL,
    entry INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line > 0),
    from_account VARCHAR(16) NOT NULL CHECK (from_account IN ('outside', 'escrow', 'buyer', 'vendor', 'commission', 'referral', 'resolver', 'gas', 'residue', 'stray', 'wallet')),
    to_account VARCHAR(16) NOT NULL CHECK (to_account IN ('outside', 'escrow', 'buyer', 'vendor', 'commission', 'referral', 'resolver', 'gas', 'residue', 'stray', 'wallet')),
    chain_id BIGINT NOT NULL,
    -- Empty for the coin.
    token_address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78 AND amount NOT GLOB '*[^0-9]*' AND amount GLOB '*[1-9]*'),
    PRIMARY KEY (order_id, entry, line),
    FOREIGN KEY (order_id, entry) REFERENCES journal_entries (order_id, entry),
    CHECK (from_account <> to_account)
);

-- What the lines of an order sum up to, account by account; what was given less what was taken is there.
CREATE TABLE book_accounts (
    order_id CHAR(32) NOT NULL,
    token_address TEXT NOT NULL,
    account VARCHAR(16) NOT NULL,
    chain_id BIGINT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    given CHAR(78) NOT NULL CHECK (length(given) = 78),
    taken CHAR(78) NOT NULL CHECK (length(taken) = 78),
    -- Whether something is owed there that a payout will move.
    standing BOOLEAN NOT NULL,
    PRIMARY KEY (order_id, token_address, account)
);
CREATE INDEX book_accounts_standing ON book_accounts (standing, chain_id, order_id);

-- The same over all orders.
CREATE TABLE book_totals (
    chain_id BIGINT NOT NULL,
    token_address TEXT NOT NULL,
    account VARCHAR(16) NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    given CHAR(78) NOT NULL CHECK (length(given) = 78),
    taken CHAR(78) NOT NULL CHECK (length(taken) = 78),
    PRIMARY KEY (chain_id, token_address, account)
);

-- What escrow last read on the chain at the addresses at which something is owed.
CREATE TABLE book_sights (
    chain_id BIGINT NOT NULL,
    token_address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    addresses BIGINT NOT NULL,
    -- On the chain, and by the books, at those addresses; base units.
    held CHAR(78) NOT NULL CHECK (length(held) = 78),
    booked CHAR(78) NOT NULL CHECK (length(booked) = 78),
    block_number BIGINT NOT NULL,
    block_at TIMESTAMP NOT NULL,
    counted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chain_id, token_address)
);

CREATE TRIGGER journal_entries_no_update BEFORE UPDATE ON journal_entries BEGIN SELECT RAISE(ABORT, 'journal_entries is history'); END;
CREATE TRIGGER journal_entries_no_delete BEFORE DELETE ON journal_entries BEGIN SELECT RAISE(ABORT, 'journal_entries is history'); END;
CREATE TRIGGER journal_lines_no_update BEFORE UPDATE ON journal_lines BEGIN SELECT RAISE(ABORT, 'journal_lines is history'); END;
CREATE TRIGGER journal_lines_no_delete BEFORE DELETE ON journal_lines BEGIN SELECT RAISE(ABORT, 'journal_lines is history'); END;

-- The books: what each movement of money was. One entry books one thing, once.
CREATE TABLE IF NOT EXISTS journal_entries (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    entry INT NOT NULL CHECK (entry > 0),
    -- What it books: a deposit, a payout, a receipt, what a payout left over, a stray.
    books VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    booked_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, entry),
    UNIQUE KEY order_id_books (order_id, books)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- An amount goes from one account to another in one row, so no entry can be out of balance.
CREATE TABLE IF NOT EXISTS journal_lines (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    entry INT NOT NULL,
    line INT NOT NULL CHECK (line > 0),
    from_account VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (from_account IN ('outside', 'escrow', 'buyer', 'vendor', 'commission', 'referral', 'resolver', 'gas', 'residue', 'stray', 'wallet')),
    to_account VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (to_account IN ('outside', 'escrow', 'buyer', 'vendor', 'commission', 'referral', 'resolver', 'gas', 'residue', 'stray', 'wallet')),
    chain_id BIGINT NOT NULL,
    -- Empty for the coin.
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (amount REGEXP '^[0-9]{78}$' AND amount REGEXP '[1-9]'),
    PRIMARY KEY (order_id, entry, line),
    CONSTRAINT line_of_entry FOREIGN KEY (order_id, entry) REFERENCES journal_entries (order_id, entry),
    CONSTRAINT two_accounts CHECK (from_account <> to_account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What the lines of an order sum up to, account by account; what was given less what was taken is there.
CREATE TABLE IF NOT EXISTS book_accounts (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chain_id BIGINT NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    given CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(given) = 78),
    taken CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(taken) = 78),
    -- Whether something is owed there that a payout will move.
    standing BOOLEAN NOT NULL,
    PRIMARY KEY (order_id, token_address, account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS book_accounts_standing ON book_accounts (standing, chain_id, order_id);

-- The same over all orders.
CREATE TABLE IF NOT EXISTS book_totals (
    chain_id BIGINT NOT NULL,
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    given CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(given) = 78),
    taken CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(taken) = 78),
    PRIMARY KEY (chain_id, token_address, account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What escrow last read on the chain at the addresses at which something is owed.
CREATE TABLE IF NOT EXISTS book_sights (
    chain_id BIGINT NOT NULL,
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    addresses BIGINT NOT NULL,
    -- On the chain, and by the books, at those addresses; base units.
    held CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(held) = 78),
    booked CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(booked) = 78),
    block_number BIGINT NOT NULL,
    block_at DATETIME(6) NOT NULL,
    counted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chain_id, token_address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

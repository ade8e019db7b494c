-- Money may stray to an order's address on another chain too.
CREATE TABLE strays_of_chains (
    order_id CHAR(32) NOT NULL,
    chain_id BIGINT NOT NULL,
    token_address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    block_number BIGINT NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, chain_id, token_address)
);
INSERT INTO strays_of_chains
SELECT s.order_id, o.chain_id, s.token_address, s.symbol, s.decimals, s.amount, s.block_number, s.seen_at
FROM strays s JOIN order_state o ON o.order_id = s.order_id;
DROP TABLE strays;
ALTER TABLE strays_of_chains RENAME TO strays;

CREATE TABLE book_accounts_of_chains (
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
    PRIMARY KEY (order_id, chain_id, token_address, account)
);
INSERT INTO book_accounts_of_chains
SELECT b.order_id, b.token_address, b.account, b.chain_id, b.symbol, b.decimals, b.given, b.taken, b.standing
FROM book_accounts b;
DROP TABLE book_accounts;
ALTER TABLE book_accounts_of_chains RENAME TO book_accounts;
CREATE INDEX book_accounts_standing ON book_accounts (standing, chain_id, order_id);

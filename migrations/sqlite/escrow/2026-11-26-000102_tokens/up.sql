-- What the operator or this shop's own list names, as the chain answered about it.
CREATE TABLE tokens (
    chain_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    code_hash CHAR(66) NOT NULL,
    domain CHAR(66) NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'refused', 'waiting')),
    note TEXT NOT NULL,
    -- Charge of one leg, base units of the token.
    leg_fee CHAR(78) NOT NULL CHECK (length(leg_fee) = 78),
    checked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chain_id, address)
);

-- The account that carries authorizations to each chain and pays their gas.
CREATE TABLE gas_wallets (
    chain_id BIGINT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    balance CHAR(78) NOT NULL CHECK (length(balance) = 78),
    checked_at TIMESTAMP NOT NULL
);

-- Which leg each nonce of a gas wallet carries, from which of its attempts on.
CREATE TABLE relays (
    chain_id BIGINT NOT NULL,
    from_address TEXT NOT NULL,
    nonce BIGINT NOT NULL,
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    first_attempt INTEGER NOT NULL,
    taken_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chain_id, from_address, nonce),
    UNIQUE (order_id, case_no, leg, first_attempt)
);

-- Money at an order's address in another asset than the order's; token_address is empty for the coin.
CREATE TABLE strays (
    order_id CHAR(32) NOT NULL,
    token_address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    block_number BIGINT NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, token_address)
);

-- NULL and ETH: the coin of the chain, which is all that there was before.
ALTER TABLE order_state ADD COLUMN token_address TEXT;
ALTER TABLE order_state ADD COLUMN token TEXT NOT NULL DEFAULT 'ETH';
ALTER TABLE order_state ADD COLUMN decimals INTEGER NOT NULL DEFAULT 18;
ALTER TABLE legs ADD COLUMN token_address TEXT;
-- Who sent a token and in which chain tx; a coin's balance tells neither.
ALTER TABLE deposits ADD COLUMN from_address TEXT;
ALTER TABLE deposits ADD COLUMN tx_hash CHAR(66);

CREATE TRIGGER relays_no_update BEFORE UPDATE ON relays BEGIN SELECT RAISE(ABORT, 'relays is history'); END;
CREATE TRIGGER relays_no_delete BEFORE DELETE ON relays BEGIN SELECT RAISE(ABORT, 'relays is history'); END;

-- Somebody else may carry the authorizations of several legs in one chain tx.
CREATE TABLE receipts_rebuilt (
    chain_id BIGINT NOT NULL,
    tx_hash CHAR(66) NOT NULL,
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL,
    to_address TEXT NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    fee_paid CHAR(78) NOT NULL CHECK (length(fee_paid) = 78),
    succeeded BOOLEAN NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash CHAR(66) NOT NULL,
    block_at TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chain_id, tx_hash, order_id, case_no, leg)
);
INSERT INTO receipts_rebuilt SELECT * FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_rebuilt RENAME TO receipts;
CREATE INDEX receipts_by_order ON receipts (order_id, case_no, leg);
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;

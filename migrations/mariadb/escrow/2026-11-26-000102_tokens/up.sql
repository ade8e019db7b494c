-- What the operator or this shop's own list names, as the chain answered about it.
CREATE TABLE IF NOT EXISTS tokens (
    chain_id BIGINT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    code_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    domain CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('ok', 'refused', 'waiting')),
    note TEXT NOT NULL,
    -- Charge of one leg, base units of the token.
    leg_fee CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(leg_fee) = 78),
    checked_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chain_id, address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The account that carries authorizations to each chain and pays their gas.
CREATE TABLE IF NOT EXISTS gas_wallets (
    chain_id BIGINT NOT NULL PRIMARY KEY,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    balance CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(balance) = 78),
    checked_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Which leg each nonce of a gas wallet carries, from which of its attempts on.
CREATE TABLE IF NOT EXISTS relays (
    chain_id BIGINT NOT NULL,
    from_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    nonce BIGINT NOT NULL,
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    leg INT NOT NULL,
    first_attempt INT NOT NULL,
    taken_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chain_id, from_address, nonce),
    UNIQUE (order_id, case_no, leg, first_attempt)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Money at an order's address in another asset than the order's; token_address is empty for the coin.
CREATE TABLE IF NOT EXISTS strays (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    symbol VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    block_number BIGINT NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, token_address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- NULL and ETH: the coin of the chain, which is all that there was before.
ALTER TABLE order_state ADD COLUMN IF NOT EXISTS token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE order_state ADD COLUMN IF NOT EXISTS token VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ETH';
ALTER TABLE order_state ADD COLUMN IF NOT EXISTS decimals INT NOT NULL DEFAULT 18;
ALTER TABLE legs ADD COLUMN IF NOT EXISTS token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
-- Who sent a token and in which chain tx; a coin's balance tells neither.
ALTER TABLE deposits ADD COLUMN IF NOT EXISTS from_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE deposits ADD COLUMN IF NOT EXISTS tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin;

-- Somebody else may carry the authorizations of several legs in one chain tx.
ALTER TABLE receipts DROP PRIMARY KEY, ADD PRIMARY KEY (chain_id, tx_hash, order_id, case_no, leg);

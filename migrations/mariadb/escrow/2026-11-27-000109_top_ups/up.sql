-- Coin that the gas wallet sends to an order's address, so that it can transfer a token which knows no
-- authorizations. Its attempts stand in chain_attempts and its nonce in relays, both under leg = -1 - n.
CREATE TABLE IF NOT EXISTS top_ups (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    n INT NOT NULL CHECK (n >= 0),
    chain_id BIGINT NOT NULL,
    from_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    nonce BIGINT NOT NULL,
    to_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- Base units of the chain's coin.
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('signed', 'seen', 'final', 'failed')),
    state_at DATETIME(6) NOT NULL,
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin,
    -- Of the final block.
    block_number BIGINT,
    fee_paid CHAR(78) CHARACTER SET ascii COLLATE ascii_bin CHECK (length(fee_paid) = 78),
    PRIMARY KEY (order_id, case_no, n),
    UNIQUE (chain_id, from_address, nonce),
    INDEX top_ups_open (chain_id, state, order_id, case_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Whether a token's leg is a transfer by the order's address itself.
ALTER TABLE legs ADD COLUMN IF NOT EXISTS by_transfer BOOLEAN NOT NULL DEFAULT FALSE;

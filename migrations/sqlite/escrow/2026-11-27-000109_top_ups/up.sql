-- Coin that the gas wallet sends to an order's address, so that it can transfer a token which knows no
-- authorizations. Its attempts stand in chain_attempts and its nonce in relays, both under leg = -1 - n.
CREATE TABLE top_ups (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    chain_id BIGINT NOT NULL,
    from_address TEXT NOT NULL,
    nonce BIGINT NOT NULL,
    to_address TEXT NOT NULL,
    -- Base units of the chain's coin.
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    state TEXT NOT NULL CHECK (state IN ('signed', 'seen', 'final', 'failed')),
    state_at TIMESTAMP NOT NULL,
    tx_hash CHAR(66),
    -- Of the final block.
    block_number BIGINT,
    fee_paid CHAR(78) CHECK (length(fee_paid) = 78),
    PRIMARY KEY (order_id, case_no, n),
    UNIQUE (chain_id, from_address, nonce)
);
CREATE INDEX top_ups_open ON top_ups (chain_id, state, order_id, case_no);

-- Whether a token's leg is a transfer by the order's address itself.
ALTER TABLE legs ADD COLUMN by_transfer BOOLEAN NOT NULL DEFAULT FALSE;

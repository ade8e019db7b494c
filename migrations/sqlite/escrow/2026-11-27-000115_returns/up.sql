-- A leg that the gas wallet carries takes no nonce of the order's address, where legs in another asset
-- may be chain txs of its own. SQLite takes NOT NULL off only by making the table anew.
ALTER TABLE legs RENAME TO legs_before;
CREATE TABLE legs (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver', 'referral')),
    to_address TEXT NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    chain_id BIGINT NOT NULL,
    from_address TEXT NOT NULL,
    -- Of the leg's own chain tx; none where the gas wallet carries it.
    nonce BIGINT,
    gas_limit BIGINT NOT NULL,
    -- Ceiling of the fee per gas, base units; gas_limit times this is this leg's share of the reserve.
    fee_ceiling CHAR(78) NOT NULL CHECK (length(fee_ceiling) = 78),
    state TEXT NOT NULL CHECK (state IN ('planned', 'signed', 'seen', 'final', 'reverted')),
    tx_hash CHAR(66),
    -- The block in which the chain tx was last seen.
    block_hash CHAR(66),
    state_at TIMESTAMP NOT NULL,
    token_address TEXT,
    -- Whether a token's leg is a transfer by the order's address itself.
    by_transfer BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (order_id, case_no, leg),
    UNIQUE (chain_id, from_address, nonce)
);
INSERT INTO legs
    SELECT order_id, case_no, leg, role, to_address, amount, chain_id, from_address,
        CASE WHEN token_address IS NULL OR by_transfer THEN nonce END, gas_limit, fee_ceiling, state,
        tx_hash, block_hash, state_at, token_address, by_transfer
    FROM legs_before;
DROP TABLE legs_before;

-- There is no way back once a payout sent back what strayed: before, every leg was one in its order's asset.
CREATE TABLE IF NOT EXISTS no_way_back (strays_returned INTEGER NOT NULL CHECK (strays_returned = 0));
INSERT INTO no_way_back
    SELECT COUNT(*) FROM legs JOIN strays ON strays.order_id = legs.order_id
        AND strays.chain_id = legs.chain_id AND strays.token_address = COALESCE(legs.token_address, '');
DROP TABLE no_way_back;

-- A carried leg has a number for itself again.
ALTER TABLE legs RENAME TO legs_after;
CREATE TABLE legs (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver', 'referral')),
    to_address TEXT NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    chain_id BIGINT NOT NULL,
    from_address TEXT NOT NULL,
    nonce BIGINT NOT NULL,
    gas_limit BIGINT NOT NULL,
    -- Ceiling of the fee per gas, base units; gas_limit times this is this leg's share of the reserve.
    fee_ceiling CHAR(78) NOT NULL CHECK (length(fee_ceiling) = 78),
    state TEXT NOT NULL CHECK (state IN ('planned', 'signed', 'seen', 'final', 'reverted')),
    tx_hash CHAR(66),
    -- The block in which the chain tx was last seen.
    block_hash CHAR(66),
    state_at TIMESTAMP NOT NULL,
    token_address TEXT,
    by_transfer BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (order_id, case_no, leg),
    UNIQUE (chain_id, from_address, nonce)
);
INSERT INTO legs
    SELECT order_id, case_no, leg, role, to_address, amount, chain_id, from_address,
        COALESCE(nonce, 1000000000 + 1000 * case_no + leg), gas_limit, fee_ceiling, state, tx_hash, block_hash,
        state_at, token_address, by_transfer
    FROM legs_after;
DROP TABLE legs_after;

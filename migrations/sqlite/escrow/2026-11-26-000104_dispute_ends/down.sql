DROP TABLE staff_seen;
DROP TABLE rulings;
DROP TABLE noted_offers;
ALTER TABLE payout_holds DROP COLUMN ruling_n;
ALTER TABLE payout_holds DROP COLUMN buyer_bps;

-- What the earlier tables do not know is lost.
DROP INDEX payouts_open;
ALTER TABLE payouts RENAME TO payouts_after;
CREATE TABLE payouts (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('release', 'refund', 'residual')),
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'held')),
    -- Credited total that this case settles up to; one deposit belongs to one case.
    watermark CHAR(78) NOT NULL CHECK (length(watermark) = 78),
    available CHAR(78) NOT NULL CHECK (length(available) = 78),
    fee_reserve CHAR(78) NOT NULL CHECK (length(fee_reserve) = 78),
    held_reason TEXT,
    held_owner TEXT,
    held_deadline TIMESTAMP,
    planned_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    PRIMARY KEY (order_id, case_no)
);
INSERT INTO payouts
    SELECT order_id, case_no, kind, state, watermark, available, fee_reserve, held_reason, held_owner, held_deadline, planned_at, done_at
    FROM payouts_after WHERE kind IN ('release', 'refund', 'residual');
DROP TABLE payouts_after;
CREATE INDEX payouts_open ON payouts (state, planned_at);

ALTER TABLE legs RENAME TO legs_after;
CREATE TABLE legs (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer')),
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
    PRIMARY KEY (order_id, case_no, leg),
    UNIQUE (chain_id, from_address, nonce)
);
INSERT INTO legs
    SELECT order_id, case_no, leg, role, to_address, amount, chain_id, from_address, nonce, gas_limit,
        fee_ceiling, state, tx_hash, block_hash, state_at, token_address
    FROM legs_after WHERE role IN ('vendor', 'commission', 'buyer');
DROP TABLE legs_after;

DROP INDEX order_deadlines_due;
ALTER TABLE order_deadlines RENAME TO order_deadlines_after;
CREATE TABLE order_deadlines (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund')),
    due_micros BIGINT NOT NULL,
    extended BOOLEAN NOT NULL,
    set_at TIMESTAMP NOT NULL
);
INSERT INTO order_deadlines
    SELECT order_id, kind, due_micros, extended, set_at
    FROM order_deadlines_after WHERE kind IN ('handling', 'inspection', 'refund');
DROP TABLE order_deadlines_after;
CREATE INDEX order_deadlines_due ON order_deadlines (due_micros);

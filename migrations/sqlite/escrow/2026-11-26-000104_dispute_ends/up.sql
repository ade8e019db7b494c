-- What an offer, a ruling or the end of a dispute's time comes to. SQLite changes a CHECK only by making
-- the table anew.
DROP INDEX payouts_open;
ALTER TABLE payouts RENAME TO payouts_before;
CREATE TABLE payouts (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('release', 'refund', 'residual', 'split')),
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
    -- Of a split: the buyer's share, and the ruling that it comes from.
    buyer_bps INTEGER,
    ruling_n INTEGER,
    PRIMARY KEY (order_id, case_no)
);
INSERT INTO payouts
    SELECT order_id, case_no, kind, state, watermark, available, fee_reserve, held_reason, held_owner, held_deadline, planned_at, done_at, NULL, NULL
    FROM payouts_before;
DROP TABLE payouts_before;
CREATE INDEX payouts_open ON payouts (state, planned_at);

ALTER TABLE legs RENAME TO legs_before;
CREATE TABLE legs (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver')),
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
    FROM legs_before;
DROP TABLE legs_before;

DROP INDEX order_deadlines_due;
ALTER TABLE order_deadlines RENAME TO order_deadlines_before;
CREATE TABLE order_deadlines (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund', 'dispute')),
    due_micros BIGINT NOT NULL,
    extended BOOLEAN NOT NULL,
    set_at TIMESTAMP NOT NULL
);
INSERT INTO order_deadlines
    SELECT order_id, kind, due_micros, extended, set_at
    FROM order_deadlines_before;
DROP TABLE order_deadlines_before;
CREATE INDEX order_deadlines_due ON order_deadlines (due_micros);

-- The same of an announcement.
ALTER TABLE payout_holds ADD COLUMN buyer_bps INTEGER;
ALTER TABLE payout_holds ADD COLUMN ruling_n INTEGER;

-- Offers as escrow first saw them; without a share where it was none.
CREATE TABLE noted_offers (
    order_id CHAR(32) NOT NULL,
    n INTEGER NOT NULL,
    author_id CHAR(32),
    author_role VARCHAR(16),
    buyer_bps INTEGER,
    noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);

-- What staff ruled, under notice by escrow's clock.
CREATE TABLE rulings (
    order_id CHAR(32) NOT NULL,
    n INTEGER NOT NULL,
    staff_id CHAR(32) NOT NULL,
    buyer_bps INTEGER NOT NULL,
    reason TEXT NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('notice', 'contested', 'confirmed', 'replaced')),
    -- A second opinion, which nobody contests again.
    second BOOLEAN NOT NULL,
    -- Why it waits for a second staff member: buyer, vendor or limit.
    contested_by VARCHAR(16),
    confirmed_by CHAR(32),
    due_micros BIGINT NOT NULL,
    -- What the order came to in US cents, counted against what its author may rule in a day.
    cents BIGINT NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);
CREATE INDEX rulings_by_state ON rulings (state, due_micros);
CREATE INDEX rulings_by_staff ON rulings (staff_id, noted_at);

-- Since when escrow has seen somebody as staff.
CREATE TABLE staff_seen (
    user_id CHAR(32) NOT NULL PRIMARY KEY,
    seen_at TIMESTAMP NOT NULL
);

CREATE TRIGGER noted_offers_no_update BEFORE UPDATE ON noted_offers BEGIN SELECT RAISE(ABORT, 'noted_offers is history'); END;
CREATE TRIGGER noted_offers_no_delete BEFORE DELETE ON noted_offers BEGIN SELECT RAISE(ABORT, 'noted_offers is history'); END;

CREATE TABLE escrow_heartbeat (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    started_at TIMESTAMP NOT NULL,
    beat_at TIMESTAMP NOT NULL,
    desk_at TIMESTAMP NOT NULL,
    chain_at TIMESTAMP NOT NULL
);

-- Switches that only the operator's command line sets.
CREATE TABLE controls (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

-- Which key this ledger belongs to: another phrase must not start on it.
CREATE TABLE installation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    fingerprint CHAR(66) NOT NULL,
    generation INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- What escrow last saw of each chain that it serves, for pages and health.
CREATE TABLE chains (
    chain_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'down', 'wrong')),
    note TEXT NOT NULL,
    head_number BIGINT NOT NULL,
    final_number BIGINT NOT NULL,
    final_hash CHAR(66) NOT NULL,
    final_at TIMESTAMP NOT NULL,
    leg_fee CHAR(78) NOT NULL CHECK (length(leg_fee) = 78),
    checked_at TIMESTAMP NOT NULL
);

CREATE TABLE rates (
    id CHAR(32) NOT NULL PRIMARY KEY,
    token TEXT NOT NULL,
    usd_micros BIGINT NOT NULL CHECK (usd_micros > 0),
    source TEXT NOT NULL,
    quoted_at TIMESTAMP NOT NULL,
    fetched_at TIMESTAMP NOT NULL
);
CREATE INDEX rates_newest ON rates (token, fetched_at);

CREATE TABLE address_book (
    owner_kind TEXT NOT NULL,
    owner_id CHAR(32) NOT NULL,
    purpose TEXT NOT NULL,
    family TEXT NOT NULL,
    seq INTEGER NOT NULL,
    address TEXT NOT NULL,
    request_id CHAR(32) NOT NULL UNIQUE,
    seen_at TIMESTAMP NOT NULL,
    counts_from TIMESTAMP NOT NULL,
    PRIMARY KEY (owner_kind, owner_id, purpose, family, seq)
);

-- Key indexes ever used, in order and without a gap; never one twice.
CREATE TABLE derivations (
    purpose INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    idx BIGINT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    order_id CHAR(32),
    issued_at TIMESTAMP NOT NULL,
    PRIMARY KEY (purpose, generation, idx)
);

CREATE TABLE seals (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    chain_id BIGINT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    terms BLOB NOT NULL,
    mac CHAR(66) NOT NULL,
    sealed_at TIMESTAMP NOT NULL
);

CREATE TABLE order_events (
    order_id CHAR(32) NOT NULL,
    seq INTEGER NOT NULL,
    kind VARCHAR(32) NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'RELEASED', 'CANCELLED', 'FAILED', 'FROZEN')),
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    actor_role VARCHAR(16) NOT NULL,
    actor_id CHAR(32),
    comment TEXT NOT NULL,
    case_no INTEGER,
    intent_n INTEGER,
    tx_hash CHAR(66),
    -- 1 on the event that ends case 0, else NULL: the constraint lets an order end once.
    terminal INTEGER,
    hash CHAR(66) NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, seq),
    UNIQUE (order_id, terminal)
);

-- One row an order for boards and badges; escrow rewrites it with each event.
CREATE TABLE order_state (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    store_id CHAR(32) NOT NULL,
    buyer_id CHAR(32) NOT NULL,
    status VARCHAR(16) NOT NULL,
    chain_id BIGINT NOT NULL,
    address TEXT,
    due CHAR(78) NOT NULL,
    credited CHAR(78) NOT NULL,
    -- Seen at the head but not yet final; base units.
    unfinal CHAR(78) NOT NULL,
    paying BOOLEAN NOT NULL,
    disputed BOOLEAN NOT NULL,
    held_reason TEXT,
    last_seq INTEGER NOT NULL,
    funded_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL,
    next_check_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX order_state_by_buyer ON order_state (buyer_id, status, created_at);
CREATE INDEX order_state_by_store ON order_state (store_id, status, created_at);
CREATE INDEX order_state_due ON order_state (next_check_at);

CREATE TABLE deposits (
    order_id CHAR(32) NOT NULL,
    seq INTEGER NOT NULL,
    chain_id BIGINT NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    credited_total CHAR(78) NOT NULL CHECK (length(credited_total) = 78),
    block_number BIGINT NOT NULL,
    block_hash CHAR(66) NOT NULL,
    block_at TIMESTAMP NOT NULL,
    credited_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, seq)
);

CREATE TABLE intent_answers (
    order_id CHAR(32) NOT NULL,
    n INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    reason TEXT NOT NULL,
    answered_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);

-- The announcement before a payout: committed, then the disputes are looked at, then it is settled.
CREATE TABLE payout_holds (
    order_id CHAR(32) NOT NULL,
    seq INTEGER NOT NULL,
    case_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    intent_n INTEGER,
    state TEXT NOT NULL CHECK (state IN ('held', 'planned', 'withdrawn')),
    held_at TIMESTAMP NOT NULL,
    settled_at TIMESTAMP,
    PRIMARY KEY (order_id, seq)
);
CREATE INDEX payout_holds_open ON payout_holds (state, held_at);

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
CREATE INDEX payouts_open ON payouts (state, planned_at);

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
    PRIMARY KEY (order_id, case_no, leg),
    UNIQUE (chain_id, from_address, nonce)
);

CREATE TABLE chain_attempts (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    tx_hash CHAR(66) NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    max_fee CHAR(78) NOT NULL,
    max_tip CHAR(78) NOT NULL,
    signed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, case_no, leg, attempt)
);

CREATE TABLE receipts (
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
    PRIMARY KEY (chain_id, tx_hash)
);
CREATE INDEX receipts_by_order ON receipts (order_id, case_no, leg);

CREATE TABLE alarms (
    id CHAR(32) NOT NULL PRIMARY KEY,
    kind VARCHAR(32) NOT NULL,
    order_id CHAR(32),
    message TEXT NOT NULL,
    raised_at TIMESTAMP NOT NULL
);
CREATE INDEX alarms_newest ON alarms (raised_at);

CREATE TRIGGER rates_no_update BEFORE UPDATE ON rates BEGIN SELECT RAISE(ABORT, 'rates is history'); END;
CREATE TRIGGER rates_no_delete BEFORE DELETE ON rates BEGIN SELECT RAISE(ABORT, 'rates is history'); END;
CREATE TRIGGER address_book_no_update BEFORE UPDATE ON address_book BEGIN SELECT RAISE(ABORT, 'address_book is history'); END;
CREATE TRIGGER address_book_no_delete BEFORE DELETE ON address_book BEGIN SELECT RAISE(ABORT, 'address_book is history'); END;
CREATE TRIGGER derivations_no_update BEFORE UPDATE ON derivations BEGIN SELECT RAISE(ABORT, 'derivations is history'); END;
CREATE TRIGGER derivations_no_delete BEFORE DELETE ON derivations BEGIN SELECT RAISE(ABORT, 'derivations is history'); END;
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals BEGIN SELECT RAISE(ABORT, 'seals is history'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals BEGIN SELECT RAISE(ABORT, 'seals is history'); END;
CREATE TRIGGER order_events_no_update BEFORE UPDATE ON order_events BEGIN SELECT RAISE(ABORT, 'order_events is history'); END;
CREATE TRIGGER order_events_no_delete BEFORE DELETE ON order_events BEGIN SELECT RAISE(ABORT, 'order_events is history'); END;
CREATE TRIGGER deposits_no_update BEFORE UPDATE ON deposits BEGIN SELECT RAISE(ABORT, 'deposits is history'); END;
CREATE TRIGGER deposits_no_delete BEFORE DELETE ON deposits BEGIN SELECT RAISE(ABORT, 'deposits is history'); END;
CREATE TRIGGER intent_answers_no_update BEFORE UPDATE ON intent_answers BEGIN SELECT RAISE(ABORT, 'intent_answers is history'); END;
CREATE TRIGGER intent_answers_no_delete BEFORE DELETE ON intent_answers BEGIN SELECT RAISE(ABORT, 'intent_answers is history'); END;
CREATE TRIGGER chain_attempts_no_update BEFORE UPDATE ON chain_attempts BEGIN SELECT RAISE(ABORT, 'chain_attempts is history'); END;
CREATE TRIGGER chain_attempts_no_delete BEFORE DELETE ON chain_attempts BEGIN SELECT RAISE(ABORT, 'chain_attempts is history'); END;
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;
CREATE TRIGGER alarms_no_update BEFORE UPDATE ON alarms BEGIN SELECT RAISE(ABORT, 'alarms is history'); END;
CREATE TRIGGER alarms_no_delete BEFORE DELETE ON alarms BEGIN SELECT RAISE(ABORT, 'alarms is history'); END;

-- What the operator asks of a payout that is held; escrow answers in the same row.
CREATE TABLE payout_requests (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    -- The chain tx that the operator found to have used a leg's nonce.
    tx_hash CHAR(66),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    outcome TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    PRIMARY KEY (order_id, case_no, seq)
);
CREATE INDEX payout_requests_open ON payout_requests (state, asked_at);

-- A wish for another address as escrow first saw it, under a MAC; it counts at a reading of the
-- clock of deadlines.
CREATE TABLE reseals (
    order_id CHAR(32) NOT NULL,
    party TEXT NOT NULL CHECK (party IN ('buyer', 'vendor')),
    address TEXT NOT NULL,
    due_micros BIGINT NOT NULL,
    mac CHAR(66) NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sealed', 'refused', 'withdrawn')),
    reason TEXT NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    settled_at TIMESTAMP,
    PRIMARY KEY (order_id, party)
);
CREATE INDEX reseals_due ON reseals (state, due_micros);

-- Terms that replace those of the first seal; the highest number counts.
CREATE TABLE later_seals (
    order_id CHAR(32) NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    chain_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    terms BLOB NOT NULL,
    mac CHAR(66) NOT NULL,
    sealed_at TIMESTAMP NOT NULL,
    signer TEXT,
    signature VARCHAR(132),
    PRIMARY KEY (order_id, seq)
);

CREATE TRIGGER later_seals_no_update BEFORE UPDATE ON later_seals BEGIN SELECT RAISE(ABORT, 'later_seals is history'); END;
CREATE TRIGGER later_seals_no_delete BEFORE DELETE ON later_seals BEGIN SELECT RAISE(ABORT, 'later_seals is history'); END;

-- What ties the ledger to the place where it lies, so that a copy of it does not run.
ALTER TABLE installation ADD COLUMN install_id CHAR(32);
ALTER TABLE installation ADD COLUMN place TEXT;
ALTER TABLE installation ADD COLUMN mac CHAR(66);

-- Bounds that the operator's command line sets; what is not here has its usual value.
CREATE TABLE limits (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

-- What orders and payouts are worth, for the bounds on their sums; US cents.
CREATE TABLE order_values (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    cents BIGINT NOT NULL CHECK (cents >= 0),
    sealed_at TIMESTAMP NOT NULL
);
CREATE TABLE payout_values (
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    chain_id BIGINT NOT NULL,
    cents BIGINT NOT NULL CHECK (cents >= 0),
    planned_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, case_no)
);
CREATE INDEX payout_values_by_day ON payout_values (chain_id, planned_at);

CREATE TRIGGER order_values_no_update BEFORE UPDATE ON order_values BEGIN SELECT RAISE(ABORT, 'order_values is history'); END;
CREATE TRIGGER order_values_no_delete BEFORE DELETE ON order_values BEGIN SELECT RAISE(ABORT, 'order_values is history'); END;
CREATE TRIGGER payout_values_no_update BEFORE UPDATE ON payout_values BEGIN SELECT RAISE(ABORT, 'payout_values is history'); END;
CREATE TRIGGER payout_values_no_delete BEFORE DELETE ON payout_values BEGIN SELECT RAISE(ABORT, 'payout_values is history'); END;

-- Heads of web's chain of evidence as escrow saw them.
CREATE TABLE evidence_anchors (
    n BIGINT NOT NULL PRIMARY KEY,
    head CHAR(66) NOT NULL,
    anchored_at TIMESTAMP NOT NULL
);
CREATE TRIGGER evidence_anchors_no_update BEFORE UPDATE ON evidence_anchors BEGIN SELECT RAISE(ABORT, 'evidence_anchors is history'); END;
CREATE TRIGGER evidence_anchors_no_delete BEFORE DELETE ON evidence_anchors BEGIN SELECT RAISE(ABORT, 'evidence_anchors is history'); END;

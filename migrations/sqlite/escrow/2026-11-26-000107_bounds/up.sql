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
    PRIMARY KEY (order_id, seq)
);

CREATE TRIGGER later_seals_no_update BEFORE UPDATE ON later_seals BEGIN SELECT RAISE(ABORT, 'later_seals is history'); END;
CREATE TRIGGER later_seals_no_delete BEFORE DELETE ON later_seals BEGIN SELECT RAISE(ABORT, 'later_seals is history'); END;

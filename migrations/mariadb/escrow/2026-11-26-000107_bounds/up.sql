-- What the operator asks of a payout that is held; escrow answers in the same row.
CREATE TABLE IF NOT EXISTS payout_requests (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    seq INT NOT NULL,
    -- The chain tx that the operator found to have used a leg's nonce.
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    outcome TEXT NOT NULL,
    asked_at DATETIME(6) NOT NULL,
    answered_at DATETIME(6),
    PRIMARY KEY (order_id, case_no, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS payout_requests_open ON payout_requests (state, asked_at);

-- A wish for another address as escrow first saw it, under a MAC; it counts at a reading of the
-- clock of deadlines.
CREATE TABLE IF NOT EXISTS reseals (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    party VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (party IN ('buyer', 'vendor')),
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    due_micros BIGINT NOT NULL,
    mac CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('waiting', 'sealed', 'refused', 'withdrawn')),
    reason TEXT NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    settled_at DATETIME(6),
    PRIMARY KEY (order_id, party)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS reseals_due ON reseals (state, due_micros);

-- Terms that replace those of the first seal; the highest number counts.
CREATE TABLE IF NOT EXISTS later_seals (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL CHECK (seq > 0),
    chain_id BIGINT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    terms BLOB NOT NULL,
    mac CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sealed_at DATETIME(6) NOT NULL,
    signer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    signature VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin,
    PRIMARY KEY (order_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What ties the ledger to the place where it lies, so that a copy of it does not run.
ALTER TABLE installation
    ADD COLUMN IF NOT EXISTS install_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    ADD COLUMN IF NOT EXISTS place TEXT,
    ADD COLUMN IF NOT EXISTS mac CHAR(66) CHARACTER SET ascii COLLATE ascii_bin;

-- Bounds that the operator's command line sets; what is not here has its usual value.
CREATE TABLE IF NOT EXISTS limits (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL,
    changed_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What orders and payouts are worth, for the bounds on their sums; US cents.
CREATE TABLE IF NOT EXISTS order_values (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    cents BIGINT NOT NULL CHECK (cents >= 0),
    sealed_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS payout_values (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    chain_id BIGINT NOT NULL,
    cents BIGINT NOT NULL CHECK (cents >= 0),
    planned_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, case_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS payout_values_by_day ON payout_values (chain_id, planned_at);

-- Heads of web's chain of evidence as escrow saw them.
CREATE TABLE IF NOT EXISTS evidence_anchors (
    n BIGINT NOT NULL PRIMARY KEY,
    head CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    anchored_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

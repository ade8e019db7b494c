CREATE TABLE IF NOT EXISTS escrow_heartbeat (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    started_at DATETIME(6) NOT NULL,
    beat_at DATETIME(6) NOT NULL,
    desk_at DATETIME(6) NOT NULL,
    chain_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Switches that only the operator's command line sets.
CREATE TABLE IF NOT EXISTS controls (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Which key this ledger belongs to: another phrase must not start on it.
CREATE TABLE IF NOT EXISTS installation (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    fingerprint CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    generation INT NOT NULL,
    created_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What escrow last saw of each chain that it serves, for pages and health.
CREATE TABLE IF NOT EXISTS chains (
    chain_id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('ok', 'down', 'wrong')),
    note TEXT NOT NULL,
    head_number BIGINT NOT NULL,
    final_number BIGINT NOT NULL,
    final_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    final_at DATETIME(6) NOT NULL,
    leg_fee CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(leg_fee) = 78),
    checked_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS rates (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    token VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    usd_micros BIGINT NOT NULL CHECK (usd_micros > 0),
    source TEXT NOT NULL,
    quoted_at DATETIME(6) NOT NULL,
    fetched_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS rates_newest ON rates (token, fetched_at);

CREATE TABLE IF NOT EXISTS address_book (
    owner_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    family VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    seen_at DATETIME(6) NOT NULL,
    counts_from DATETIME(6) NOT NULL,
    PRIMARY KEY (owner_kind, owner_id, purpose, family, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Key indexes ever used, in order and without a gap; never one twice.
CREATE TABLE IF NOT EXISTS derivations (
    purpose INT NOT NULL,
    generation INT NOT NULL,
    idx BIGINT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    issued_at DATETIME(6) NOT NULL,
    PRIMARY KEY (purpose, generation, idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS seals (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    chain_id BIGINT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    terms BLOB NOT NULL,
    mac CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sealed_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS order_events (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL,
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'RELEASED', 'CANCELLED', 'FAILED', 'FROZEN')),
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    actor_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    comment TEXT NOT NULL,
    case_no INT,
    intent_n INT,
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin,
    -- 1 on the event that ends case 0, else NULL: the constraint lets an order end once.
    terminal INT,
    hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, seq),
    UNIQUE KEY order_id_terminal (order_id, terminal)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One row an order for boards and badges; escrow rewrites it with each event.
CREATE TABLE IF NOT EXISTS order_state (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    buyer_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chain_id BIGINT NOT NULL,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    due CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    credited CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- Seen at the head but not yet final; base units.
    unfinal CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    paying BOOLEAN NOT NULL,
    disputed BOOLEAN NOT NULL,
    held_reason TEXT,
    last_seq INT NOT NULL,
    funded_at DATETIME(6),
    expires_at DATETIME(6) NOT NULL,
    next_check_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS order_state_by_buyer ON order_state (buyer_id, status, created_at);
CREATE INDEX IF NOT EXISTS order_state_by_store ON order_state (store_id, status, created_at);
CREATE INDEX IF NOT EXISTS order_state_due ON order_state (next_check_at);

CREATE TABLE IF NOT EXISTS deposits (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL,
    chain_id BIGINT NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    credited_total CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(credited_total) = 78),
    block_number BIGINT NOT NULL,
    block_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    block_at DATETIME(6) NOT NULL,
    credited_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS intent_answers (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL,
    outcome VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    reason TEXT NOT NULL,
    answered_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The announcement before a payout: committed, then the disputes are looked at, then it is settled.
CREATE TABLE IF NOT EXISTS payout_holds (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL,
    case_no INT NOT NULL,
    kind TEXT NOT NULL,
    intent_n INT,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('held', 'planned', 'withdrawn')),
    held_at DATETIME(6) NOT NULL,
    settled_at DATETIME(6),
    PRIMARY KEY (order_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS payout_holds_open ON payout_holds (state, held_at);

CREATE TABLE IF NOT EXISTS payouts (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('release', 'refund', 'residual')),
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('planned', 'done', 'held')),
    -- Credited total that this case settles up to; one deposit belongs to one case.
    watermark CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(watermark) = 78),
    available CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(available) = 78),
    fee_reserve CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(fee_reserve) = 78),
    held_reason TEXT,
    held_owner TEXT,
    held_deadline DATETIME(6),
    planned_at DATETIME(6) NOT NULL,
    done_at DATETIME(6),
    PRIMARY KEY (order_id, case_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS payouts_open ON payouts (state, planned_at);

CREATE TABLE IF NOT EXISTS legs (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    leg INT NOT NULL,
    role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer')),
    to_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    chain_id BIGINT NOT NULL,
    from_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    nonce BIGINT NOT NULL,
    gas_limit BIGINT NOT NULL,
    -- Ceiling of the fee per gas, base units; gas_limit times this is this leg's share of the reserve.
    fee_ceiling CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(fee_ceiling) = 78),
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('planned', 'signed', 'seen', 'final', 'reverted')),
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin,
    -- The block in which the chain tx was last seen.
    block_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin,
    state_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, case_no, leg),
    UNIQUE KEY chain_id_from_address_nonce (chain_id, from_address, nonce)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS chain_attempts (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    leg INT NOT NULL,
    attempt INT NOT NULL,
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    max_fee CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    max_tip CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    signed_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, case_no, leg, attempt)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS receipts (
    chain_id BIGINT NOT NULL,
    tx_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    case_no INT NOT NULL,
    leg INT NOT NULL,
    role TEXT NOT NULL,
    to_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    fee_paid CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(fee_paid) = 78),
    succeeded BOOLEAN NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    block_at DATETIME(6) NOT NULL,
    recorded_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chain_id, tx_hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS receipts_by_order ON receipts (order_id, case_no, leg);

CREATE TABLE IF NOT EXISTS alarms (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    message TEXT NOT NULL,
    raised_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS alarms_newest ON alarms (raised_at);

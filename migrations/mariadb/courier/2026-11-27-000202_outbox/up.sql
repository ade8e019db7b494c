-- How often a job is to run, and whether its last run failed.
ALTER TABLE courier_jobs
    ADD COLUMN IF NOT EXISTS period_secs INT NOT NULL DEFAULT 60,
    ADD COLUMN IF NOT EXISTS failed BOOLEAN NOT NULL DEFAULT FALSE;

-- What people are told: a row for each person, order, occasion and way of telling.
CREATE TABLE IF NOT EXISTS outbox (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('buyer', 'vendor', 'staff')),
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    what VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    occasion BIGINT NOT NULL,
    channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (channel IN ('site')),
    address VARCHAR(255) NOT NULL,
    note TEXT NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    due_at DATETIME(6),
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('waiting', 'sent')),
    attempts INT NOT NULL,
    next_try_at DATETIME(6) NOT NULL,
    sent_at DATETIME(6),
    UNIQUE (user_id, order_id, what, occasion, channel)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (state, next_try_at);
CREATE INDEX IF NOT EXISTS outbox_list ON outbox (user_id, channel, happened_at, id);
CREATE INDEX IF NOT EXISTS outbox_unread ON outbox (user_id, channel, sent_at);
CREATE INDEX IF NOT EXISTS outbox_told ON outbox (order_id, what, occasion);
CREATE INDEX IF NOT EXISTS outbox_by_age ON outbox (happened_at);

-- How far courier has read what the others write.
CREATE TABLE IF NOT EXISTS feeds (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    read_until DATETIME(6) NOT NULL,
    row_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    row_n INT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

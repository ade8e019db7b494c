-- How often a job is to run, and whether its last run failed.
ALTER TABLE courier_jobs ADD COLUMN period_secs INTEGER NOT NULL DEFAULT 60;
ALTER TABLE courier_jobs ADD COLUMN failed BOOLEAN NOT NULL DEFAULT FALSE;

-- What people are told: a row for each person, order, occasion and way of telling.
CREATE TABLE outbox (
    id CHAR(32) NOT NULL PRIMARY KEY,
    user_id CHAR(32) NOT NULL,
    role VARCHAR(16) NOT NULL CHECK (role IN ('buyer', 'vendor', 'staff')),
    order_id CHAR(32) NOT NULL,
    what VARCHAR(32) NOT NULL,
    occasion BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL CHECK (channel IN ('site')),
    address VARCHAR(255) NOT NULL,
    note TEXT NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP,
    state VARCHAR(16) NOT NULL CHECK (state IN ('waiting', 'sent')),
    attempts INTEGER NOT NULL,
    next_try_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    UNIQUE (user_id, order_id, what, occasion, channel)
);
CREATE INDEX outbox_waiting ON outbox (state, next_try_at);
CREATE INDEX outbox_list ON outbox (user_id, channel, happened_at, id);
CREATE INDEX outbox_unread ON outbox (user_id, channel, sent_at);
CREATE INDEX outbox_told ON outbox (order_id, what, occasion);
CREATE INDEX outbox_by_age ON outbox (happened_at);

-- How far courier has read what the others write.
CREATE TABLE feeds (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    read_until TIMESTAMP NOT NULL,
    row_id VARCHAR(32) NOT NULL,
    row_n INTEGER NOT NULL
);

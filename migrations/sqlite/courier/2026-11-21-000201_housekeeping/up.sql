CREATE TABLE courier_heartbeat (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    started_at TIMESTAMP NOT NULL,
    beat_at TIMESTAMP NOT NULL
);

CREATE TABLE courier_jobs (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome TEXT NOT NULL
);

-- Numbers that pages show beside a store; recounted from the other roles' tables.
CREATE TABLE store_stats (
    store_id CHAR(32) NOT NULL PRIMARY KEY,
    released_orders BIGINT NOT NULL,
    counted_at TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS courier_heartbeat (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    started_at DATETIME(6) NOT NULL,
    beat_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS courier_jobs (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    started_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6),
    outcome TEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Numbers that pages show beside a store; recounted from the other roles' tables.
CREATE TABLE IF NOT EXISTS store_stats (
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    released_orders BIGINT NOT NULL,
    counted_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

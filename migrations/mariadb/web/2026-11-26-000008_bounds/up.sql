-- A party's wish to be paid to another address than the sealed one, and its withdrawal: each once.
CREATE TABLE IF NOT EXISTS reseal_requests (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    party VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (party IN ('buyer', 'vendor')),
    step VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (step IN ('ask', 'withdraw')),
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, party, step),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (actor_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS reseal_requests_by_time ON reseal_requests (created_at);

-- The chain over what parties said and asked for: each entry binds a row and all entries before it.
CREATE TABLE IF NOT EXISTS evidence (
    n BIGINT NOT NULL PRIMARY KEY CHECK (n > 0),
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    row_key VARCHAR(96) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    digest CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    head CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    UNIQUE (kind, row_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS evidence_head (
    id INT NOT NULL PRIMARY KEY CHECK (id = 1),
    n BIGINT NOT NULL,
    head CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

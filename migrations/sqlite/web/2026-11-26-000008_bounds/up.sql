-- A party's wish to be paid to another address than the sealed one, and its withdrawal: each once.
CREATE TABLE reseal_requests (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    party TEXT NOT NULL CHECK (party IN ('buyer', 'vendor')),
    step TEXT NOT NULL CHECK (step IN ('ask', 'withdraw')),
    address TEXT NOT NULL,
    actor_id CHAR(32) NOT NULL REFERENCES users (id),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, party, step)
);
CREATE INDEX reseal_requests_by_time ON reseal_requests (created_at);

CREATE TRIGGER reseal_requests_no_update BEFORE UPDATE ON reseal_requests BEGIN SELECT RAISE(ABORT, 'reseal_requests is history'); END;
CREATE TRIGGER reseal_requests_no_delete BEFORE DELETE ON reseal_requests BEGIN SELECT RAISE(ABORT, 'reseal_requests is history'); END;

-- The chain over what parties said and asked for: each entry binds a row and all entries before it.
CREATE TABLE evidence (
    n BIGINT NOT NULL PRIMARY KEY CHECK (n > 0),
    kind VARCHAR(16) NOT NULL,
    row_key VARCHAR(96) NOT NULL,
    digest CHAR(66) NOT NULL,
    head CHAR(66) NOT NULL,
    UNIQUE (kind, row_key)
);
CREATE TABLE evidence_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    n BIGINT NOT NULL,
    head CHAR(66) NOT NULL
);

CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is history'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is history'); END;

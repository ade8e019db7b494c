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

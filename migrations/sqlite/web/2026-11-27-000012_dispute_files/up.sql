-- Files that go with statements in disputes; number 0 is the statement by which one was opened. Their
-- content lies in web's folder under its hash.
CREATE TABLE dispute_files (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    claim_n INTEGER NOT NULL CHECK (claim_n >= 0),
    n INTEGER NOT NULL CHECK (n > 0),
    author_id CHAR(32) NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('png', 'jpeg', 'webp', 'pdf', 'text')),
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    sha256 CHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, claim_n, n)
);
CREATE INDEX dispute_files_by_content ON dispute_files (sha256);
CREATE INDEX dispute_files_by_author ON dispute_files (author_id, created_at);

CREATE TRIGGER dispute_files_no_update BEFORE UPDATE ON dispute_files BEGIN SELECT RAISE(ABORT, 'dispute_files is history'); END;
CREATE TRIGGER dispute_files_no_delete BEFORE DELETE ON dispute_files BEGIN SELECT RAISE(ABORT, 'dispute_files is history'); END;

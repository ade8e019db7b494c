-- Files that go with statements in disputes; number 0 is the statement by which one was opened. Their
-- content lies in web's folder under its hash.
CREATE TABLE IF NOT EXISTS dispute_files (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    claim_n INT NOT NULL CHECK (claim_n >= 0),
    n INT NOT NULL CHECK (n > 0),
    author_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name TEXT NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('png', 'jpeg', 'webp', 'pdf', 'text')),
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, claim_n, n),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (author_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS dispute_files_by_content ON dispute_files (sha256);
CREATE INDEX IF NOT EXISTS dispute_files_by_author ON dispute_files (author_id, created_at);

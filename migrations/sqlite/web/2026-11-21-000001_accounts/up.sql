CREATE TABLE users (
    id CHAR(32) NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('customer', 'staff', 'admin')),
    refund_address TEXT,
    banned_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    password_changed_at TIMESTAMP NOT NULL
);

CREATE TABLE recovery_codes (
    user_id CHAR(32) NOT NULL REFERENCES users (id),
    code_hash CHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE sessions (
    token_hash CHAR(64) NOT NULL PRIMARY KEY,
    user_id CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    authenticated_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
    id CHAR(32) NOT NULL PRIMARY KEY,
    user_id CHAR(32) NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash CHAR(64) NOT NULL UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write')),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at);

-- Tries that count towards a limit on accounts: logins, recoveries, registrations.
CREATE TABLE attempts (
    bucket CHAR(64) NOT NULL,
    at TIMESTAMP NOT NULL,
    nonce CHAR(32) NOT NULL,
    PRIMARY KEY (bucket, at, nonce)
);
CREATE INDEX attempts_by_time ON attempts (at);

CREATE TABLE idempotency_keys (
    user_id CHAR(32) NOT NULL REFERENCES users (id),
    idem_key TEXT NOT NULL,
    request_hash CHAR(64) NOT NULL,
    target_id CHAR(32) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, idem_key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);

-- SQLite changes a CHECK only by making the table anew.
DROP TRIGGER address_requests_no_update;
DROP TRIGGER address_requests_no_delete;
DROP INDEX address_requests_by_owner;
DROP INDEX address_requests_by_time;
ALTER TABLE address_requests RENAME TO address_requests_before;

CREATE TABLE address_requests (
    id CHAR(32) NOT NULL PRIMARY KEY,
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('store', 'user')),
    owner_id CHAR(32) NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('payout', 'signer')),
    family TEXT NOT NULL CHECK (family IN ('evm')),
    address TEXT NOT NULL,
    requested_by CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    -- The wallet's signature over the challenge of this request; of a signer alone.
    proof VARCHAR(132)
);
INSERT INTO address_requests
    SELECT id, owner_kind, owner_id, purpose, family, address, requested_by, created_at, NULL
    FROM address_requests_before;
DROP TABLE address_requests_before;

CREATE INDEX address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX address_requests_by_time ON address_requests (created_at);
CREATE TRIGGER address_requests_no_update BEFORE UPDATE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;
CREATE TRIGGER address_requests_no_delete BEFORE DELETE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;

-- The consent of the order's signer, and until when it counts, in seconds since 1970.
ALTER TABLE order_intents ADD COLUMN signature VARCHAR(132);
ALTER TABLE order_intents ADD COLUMN signature_expires BIGINT;

ALTER TABLE order_intents DROP COLUMN signature_expires;
ALTER TABLE order_intents DROP COLUMN signature;

-- Requests that the earlier table does not know are lost.
DROP TRIGGER address_requests_no_update;
DROP TRIGGER address_requests_no_delete;
DROP INDEX address_requests_by_owner;
DROP INDEX address_requests_by_time;
ALTER TABLE address_requests RENAME TO address_requests_after;

CREATE TABLE address_requests (
    id CHAR(32) NOT NULL PRIMARY KEY,
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('store', 'user')),
    owner_id CHAR(32) NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('payout')),
    family TEXT NOT NULL CHECK (family IN ('evm')),
    address TEXT NOT NULL,
    requested_by CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL
);
INSERT INTO address_requests
    SELECT id, owner_kind, owner_id, purpose, family, address, requested_by, created_at
    FROM address_requests_after WHERE purpose = 'payout';
DROP TABLE address_requests_after;

CREATE INDEX address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX address_requests_by_time ON address_requests (created_at);
CREATE TRIGGER address_requests_no_update BEFORE UPDATE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;
CREATE TRIGGER address_requests_no_delete BEFORE DELETE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;

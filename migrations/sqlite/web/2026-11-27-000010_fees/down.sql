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
    purpose TEXT NOT NULL CHECK (purpose IN ('payout', 'signer')),
    family TEXT NOT NULL CHECK (family IN ('evm')),
    address TEXT NOT NULL,
    requested_by CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    -- The wallet's signature over the challenge of this request; of a signer alone.
    proof VARCHAR(132)
);
INSERT INTO address_requests
    SELECT id, owner_kind, owner_id, purpose, family, address, requested_by, created_at, proof
    FROM address_requests_after WHERE purpose <> 'referral';
DROP TABLE address_requests_after;

CREATE INDEX address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX address_requests_by_time ON address_requests (created_at);
CREATE TRIGGER address_requests_no_update BEFORE UPDATE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;
CREATE TRIGGER address_requests_no_delete BEFORE DELETE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;

DROP TABLE store_tiers;
DROP TABLE invitations;
DROP TABLE invite_codes;
DROP INDEX orders_by_referrer;
ALTER TABLE orders DROP COLUMN referral_bps;
ALTER TABLE orders DROP COLUMN referrer_id;
ALTER TABLE orders DROP COLUMN tier;

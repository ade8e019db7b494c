-- The store's tier when the order was placed, and who is paid which share of the commission.
ALTER TABLE orders ADD COLUMN tier VARCHAR(16) CHECK (tier IN ('gold', 'silver', 'bronze', 'free'));
ALTER TABLE orders ADD COLUMN referrer_id CHAR(32);
ALTER TABLE orders ADD COLUMN referral_bps INTEGER;
CREATE INDEX orders_by_referrer ON orders (referrer_id, created_at, id) WHERE referrer_id IS NOT NULL;

-- The code by which an account invites others, made when it is first looked for.
CREATE TABLE invite_codes (
    user_id CHAR(32) NOT NULL PRIMARY KEY REFERENCES users (id),
    code VARCHAR(16) NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL
);

-- Who was invited by whom, as the how-manieth, for ever.
CREATE TABLE invitations (
    user_id CHAR(32) NOT NULL PRIMARY KEY REFERENCES users (id),
    inviter_id CHAR(32) NOT NULL REFERENCES users (id),
    n INTEGER NOT NULL CHECK (n > 0),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (inviter_id, n),
    CHECK (user_id <> inviter_id)
);

-- Every change of a store's tier, who made it and why.
CREATE TABLE store_tiers (
    store_id CHAR(32) NOT NULL REFERENCES stores (id),
    n INTEGER NOT NULL,
    was VARCHAR(16) NOT NULL,
    tier VARCHAR(16) NOT NULL CHECK (tier IN ('gold', 'silver', 'bronze', 'free')),
    staff_id CHAR(32) NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (store_id, n)
);

CREATE TRIGGER invite_codes_no_update BEFORE UPDATE ON invite_codes BEGIN SELECT RAISE(ABORT, 'invite_codes is history'); END;
CREATE TRIGGER invite_codes_no_delete BEFORE DELETE ON invite_codes BEGIN SELECT RAISE(ABORT, 'invite_codes is history'); END;
CREATE TRIGGER invitations_no_update BEFORE UPDATE ON invitations BEGIN SELECT RAISE(ABORT, 'invitations is history'); END;
CREATE TRIGGER invitations_no_delete BEFORE DELETE ON invitations BEGIN SELECT RAISE(ABORT, 'invitations is history'); END;
CREATE TRIGGER store_tiers_no_update BEFORE UPDATE ON store_tiers BEGIN SELECT RAISE(ABORT, 'store_tiers is history'); END;
CREATE TRIGGER store_tiers_no_delete BEFORE DELETE ON store_tiers BEGIN SELECT RAISE(ABORT, 'store_tiers is history'); END;

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
    purpose TEXT NOT NULL CHECK (purpose IN ('payout', 'signer', 'referral')),
    family TEXT NOT NULL CHECK (family IN ('evm')),
    address TEXT NOT NULL,
    requested_by CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    -- The wallet's signature over the challenge of this request; of a signer alone.
    proof VARCHAR(132)
);
INSERT INTO address_requests
    SELECT id, owner_kind, owner_id, purpose, family, address, requested_by, created_at, proof
    FROM address_requests_before;
DROP TABLE address_requests_before;

CREATE INDEX address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX address_requests_by_time ON address_requests (created_at);
CREATE TRIGGER address_requests_no_update BEFORE UPDATE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;
CREATE TRIGGER address_requests_no_delete BEFORE DELETE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;

CREATE TABLE stores (
    id CHAR(32) NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    picture TEXT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('gold', 'silver', 'bronze', 'free')),
    suspended_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX stores_newest ON stores (created_at, id);

CREATE TABLE store_users (
    store_id CHAR(32) NOT NULL REFERENCES stores (id),
    user_id CHAR(32) NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'collaborator')),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (store_id, user_id)
);
CREATE INDEX store_users_by_user ON store_users (user_id);

CREATE TABLE items (
    id CHAR(32) NOT NULL PRIMARY KEY,
    store_id CHAR(32) NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    picture TEXT NOT NULL,
    -- The lowest price among the packages on sale; NULL keeps the item out of the window.
    from_cents BIGINT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP
);
CREATE INDEX items_by_store ON items (store_id, created_at, id);
CREATE INDEX items_newest ON items (created_at, id) WHERE from_cents IS NOT NULL AND withdrawn_at IS NULL;

CREATE TABLE packages (
    id CHAR(32) NOT NULL PRIMARY KEY,
    item_id CHAR(32) NOT NULL REFERENCES items (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('shipped', 'digital', 'service')),
    price_cents BIGINT NOT NULL CHECK (price_cents > 0),
    shipping_cents BIGINT NOT NULL CHECK (shipping_cents >= 0),
    handling_hours INTEGER NOT NULL CHECK (handling_hours BETWEEN 1 AND 720),
    created_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP
);
CREATE INDEX packages_by_item ON packages (item_id, price_cents);

-- What a store or a user asks escrow to enter into its address book. History.
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
CREATE INDEX address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX address_requests_by_time ON address_requests (created_at);
CREATE TRIGGER address_requests_no_update BEFORE UPDATE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;
CREATE TRIGGER address_requests_no_delete BEFORE DELETE ON address_requests BEGIN SELECT RAISE(ABORT, 'address_requests is history'); END;

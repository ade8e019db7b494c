CREATE TABLE IF NOT EXISTS stores (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key VARCHAR(255) NOT NULL UNIQUE,
    description TEXT NOT NULL,
    picture TEXT NOT NULL,
    tier VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (tier IN ('gold', 'silver', 'bronze', 'free')),
    suspended_at DATETIME(6),
    created_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS stores_newest ON stores (created_at, id);

CREATE TABLE IF NOT EXISTS store_users (
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('owner', 'collaborator')),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (store_id, user_id),
    FOREIGN KEY (store_id) REFERENCES stores (id),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS store_users_by_user ON store_users (user_id);

CREATE TABLE IF NOT EXISTS items (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    picture TEXT NOT NULL,
    -- The lowest price among the packages on sale; NULL keeps the item out of the window.
    from_cents BIGINT,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    withdrawn_at DATETIME(6),
    FOREIGN KEY (store_id) REFERENCES stores (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS items_by_store ON items (store_id, created_at, id);
CREATE INDEX IF NOT EXISTS items_newest ON items (created_at, id);

CREATE TABLE IF NOT EXISTS packages (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    item_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name TEXT NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('shipped', 'digital', 'service')),
    price_cents BIGINT NOT NULL CHECK (price_cents > 0),
    shipping_cents BIGINT NOT NULL CHECK (shipping_cents >= 0),
    handling_hours INT NOT NULL CHECK (handling_hours BETWEEN 1 AND 720),
    created_at DATETIME(6) NOT NULL,
    withdrawn_at DATETIME(6),
    FOREIGN KEY (item_id) REFERENCES items (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS packages_by_item ON packages (item_id, price_cents);

-- What a store or a user asks escrow to enter into its address book. History.
CREATE TABLE IF NOT EXISTS address_requests (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    owner_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (owner_kind IN ('store', 'user')),
    owner_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (purpose IN ('payout')),
    family VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (family IN ('evm')),
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    requested_by CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(6) NOT NULL,
    FOREIGN KEY (requested_by) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS address_requests_by_owner ON address_requests (owner_id, created_at);
CREATE INDEX IF NOT EXISTS address_requests_by_time ON address_requests (created_at);

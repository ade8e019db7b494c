-- The order as it was made; escrow seals what it reads here once.
CREATE TABLE IF NOT EXISTS orders (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    buyer_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chain_id BIGINT NOT NULL,
    token VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    total_cents BIGINT NOT NULL CHECK (total_cents > 0),
    rate_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    rate_usd_micros BIGINT NOT NULL CHECK (rate_usd_micros > 0),
    refund_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    commission_bps INT NOT NULL,
    tolerance_bps INT NOT NULL,
    handling_hours INT NOT NULL,
    inspection_hours INT NOT NULL,
    ships BOOLEAN NOT NULL,
    lines_hash CHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    FOREIGN KEY (buyer_id) REFERENCES users (id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS orders_by_buyer ON orders (buyer_id, created_at, id);
CREATE INDEX IF NOT EXISTS orders_by_store ON orders (store_id, created_at, id);
CREATE INDEX IF NOT EXISTS orders_by_time ON orders (created_at);

CREATE TABLE IF NOT EXISTS order_lines (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('package', 'shipping')),
    package_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    item_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    title TEXT NOT NULL,
    unit_cents BIGINT NOT NULL CHECK (unit_cents >= 0),
    quantity INT NOT NULL CHECK (quantity > 0),
    total_cents BIGINT NOT NULL CHECK (total_cents = unit_cents * quantity),
    PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Where the goods go: sealed under the site's key, erased after the end.
CREATE TABLE IF NOT EXISTS order_deliveries (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    ciphertext BLOB,
    created_at DATETIME(6) NOT NULL,
    erased_at DATETIME(6),
    FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Numbered requests to escrow: n is the count of answered intents plus one, so one is open at a time.
CREATE TABLE IF NOT EXISTS order_intents (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    action VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (action IN ('cancel', 'release', 'refund')),
    actor_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (actor_role IN ('buyer', 'vendor', 'staff')),
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS order_intents_by_time ON order_intents (created_at);

CREATE TABLE IF NOT EXISTS disputes (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    opened_by CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    opener_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (opener_role IN ('buyer', 'vendor')),
    reason TEXT NOT NULL,
    statement TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (opened_by) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS disputes_by_time ON disputes (created_at);

CREATE TABLE IF NOT EXISTS shipment_events (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq INT NOT NULL,
    status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (status IN ('DISPATCHED')),
    note TEXT NOT NULL,
    actor_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, seq),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (actor_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS shipment_events_by_time ON shipment_events (created_at);

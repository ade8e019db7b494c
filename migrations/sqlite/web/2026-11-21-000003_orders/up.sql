-- The order as it was made; escrow seals what it reads here once.
CREATE TABLE orders (
    id CHAR(32) NOT NULL PRIMARY KEY,
    buyer_id CHAR(32) NOT NULL REFERENCES users (id),
    store_id CHAR(32) NOT NULL REFERENCES stores (id),
    chain_id BIGINT NOT NULL,
    token TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    total_cents BIGINT NOT NULL CHECK (total_cents > 0),
    rate_id CHAR(32) NOT NULL,
    rate_usd_micros BIGINT NOT NULL CHECK (rate_usd_micros > 0),
    refund_address TEXT NOT NULL,
    commission_bps INTEGER NOT NULL,
    tolerance_bps INTEGER NOT NULL,
    handling_hours INTEGER NOT NULL,
    inspection_hours INTEGER NOT NULL,
    ships BOOLEAN NOT NULL,
    lines_hash CHAR(66) NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX orders_by_buyer ON orders (buyer_id, created_at, id);
CREATE INDEX orders_by_store ON orders (store_id, created_at, id);
CREATE INDEX orders_by_time ON orders (created_at);

CREATE TABLE order_lines (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('package', 'shipping')),
    package_id CHAR(32),
    item_id CHAR(32),
    title TEXT NOT NULL,
    unit_cents BIGINT NOT NULL CHECK (unit_cents >= 0),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    total_cents BIGINT NOT NULL CHECK (total_cents = unit_cents * quantity),
    PRIMARY KEY (order_id, n)
) WITHOUT ROWID;

-- Where the goods go: sealed under the site's key, erased after the end.
CREATE TABLE order_deliveries (
    order_id CHAR(32) NOT NULL PRIMARY KEY REFERENCES orders (id),
    ciphertext BLOB,
    created_at TIMESTAMP NOT NULL,
    erased_at TIMESTAMP
) WITHOUT ROWID;

-- Numbered requests to escrow: n is the count of answered intents plus one, so one is open at a time.
CREATE TABLE order_intents (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    action TEXT NOT NULL CHECK (action IN ('cancel', 'release', 'refund')),
    actor_id CHAR(32) NOT NULL,
    actor_role TEXT NOT NULL CHECK (actor_role IN ('buyer', 'vendor', 'staff')),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);
CREATE INDEX order_intents_by_time ON order_intents (created_at);

CREATE TABLE disputes (
    order_id CHAR(32) NOT NULL PRIMARY KEY REFERENCES orders (id),
    opened_by CHAR(32) NOT NULL REFERENCES users (id),
    opener_role TEXT NOT NULL CHECK (opener_role IN ('buyer', 'vendor')),
    reason TEXT NOT NULL,
    statement TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX disputes_by_time ON disputes (created_at);

CREATE TABLE shipment_events (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    seq INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('DISPATCHED')),
    note TEXT NOT NULL,
    actor_id CHAR(32) NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, seq)
);
CREATE INDEX shipment_events_by_time ON shipment_events (created_at);

CREATE TRIGGER orders_no_update BEFORE UPDATE ON orders BEGIN SELECT RAISE(ABORT, 'orders is history'); END;
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'orders is history'); END;
CREATE TRIGGER order_lines_no_update BEFORE UPDATE ON order_lines BEGIN SELECT RAISE(ABORT, 'order_lines is history'); END;
CREATE TRIGGER order_lines_no_delete BEFORE DELETE ON order_lines BEGIN SELECT RAISE(ABORT, 'order_lines is history'); END;
CREATE TRIGGER order_intents_no_update BEFORE UPDATE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;
CREATE TRIGGER order_intents_no_delete BEFORE DELETE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;
CREATE TRIGGER disputes_no_update BEFORE UPDATE ON disputes BEGIN SELECT RAISE(ABORT, 'disputes is history'); END;
CREATE TRIGGER disputes_no_delete BEFORE DELETE ON disputes BEGIN SELECT RAISE(ABORT, 'disputes is history'); END;
CREATE TRIGGER shipment_events_no_update BEFORE UPDATE ON shipment_events BEGIN SELECT RAISE(ABORT, 'shipment_events is history'); END;
CREATE TRIGGER shipment_events_no_delete BEFORE DELETE ON shipment_events BEGIN SELECT RAISE(ABORT, 'shipment_events is history'); END;

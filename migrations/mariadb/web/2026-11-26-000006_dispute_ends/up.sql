-- Requests about a dispute name what they are about.
ALTER TABLE order_intents MODIFY action VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (action IN ('cancel', 'release', 'refund', 'extend', 'resume', 'accept', 'rule', 'contest', 'confirm'));
ALTER TABLE order_intents ADD COLUMN IF NOT EXISTS about_n INT;

-- What a party proposes: the buyer's share of what is in escrow. The last one of each stands.
CREATE TABLE IF NOT EXISTS dispute_offers (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    author_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    author_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (author_role IN ('buyer', 'vendor')),
    buyer_bps INT NOT NULL CHECK (buyer_bps BETWEEN 0 AND 10000),
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (author_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- That the other party was shown an offer.
CREATE TABLE IF NOT EXISTS offer_views (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    offer_n INT NOT NULL,
    viewer_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, offer_n),
    FOREIGN KEY (order_id, offer_n) REFERENCES dispute_offers (order_id, n),
    FOREIGN KEY (viewer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What staff ask escrow to rule.
CREATE TABLE IF NOT EXISTS dispute_rulings (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    staff_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    buyer_bps INT NOT NULL CHECK (buyer_bps BETWEEN 0 AND 10000),
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (staff_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What the parties and staff say about a dispute.
CREATE TABLE IF NOT EXISTS dispute_claims (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    author_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    author_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (author_role IN ('buyer', 'vendor', 'staff')),
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (author_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS users_by_role ON users (role);

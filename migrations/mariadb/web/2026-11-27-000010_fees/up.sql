-- The store's tier when the order was placed, and who is paid which share of the commission.
ALTER TABLE orders
    ADD COLUMN IF NOT EXISTS tier VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin CHECK (tier IN ('gold', 'silver', 'bronze', 'free')),
    ADD COLUMN IF NOT EXISTS referrer_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    ADD COLUMN IF NOT EXISTS referral_bps INT;
CREATE INDEX IF NOT EXISTS orders_by_referrer ON orders (referrer_id, created_at, id);

-- The code by which an account invites others, made when it is first looked for.
CREATE TABLE IF NOT EXISTS invite_codes (
    user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    code VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    created_at DATETIME(6) NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Who was invited by whom, as the how-manieth, for ever.
CREATE TABLE IF NOT EXISTS invitations (
    user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    inviter_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    created_at DATETIME(6) NOT NULL,
    UNIQUE (inviter_id, n),
    CHECK (user_id <> inviter_id),
    FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (inviter_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Every change of a store's tier, who made it and why.
CREATE TABLE IF NOT EXISTS store_tiers (
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL,
    was VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    tier VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (tier IN ('gold', 'silver', 'bronze', 'free')),
    staff_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (store_id, n),
    FOREIGN KEY (store_id) REFERENCES stores (id),
    FOREIGN KEY (staff_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

ALTER TABLE address_requests MODIFY purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (purpose IN ('payout', 'signer', 'referral'));

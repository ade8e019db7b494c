-- What a store wants to lodge with escrow as a deposit. Its id lies in the same space as orders' ids.
CREATE TABLE IF NOT EXISTS vendor_deposits (
    id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    store_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lodged_by CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chain_id BIGINT NOT NULL,
    token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    token VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    decimals INT NOT NULL,
    amount CHAR(78) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (length(amount) = 78),
    return_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    FOREIGN KEY (store_id) REFERENCES stores (id),
    FOREIGN KEY (lodged_by) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS vendor_deposits_by_store ON vendor_deposits (store_id, created_at, id);
CREATE INDEX IF NOT EXISTS vendor_deposits_by_time ON vendor_deposits (created_at, id);

-- An owner asks to have a deposit back; again, under the next number, where escrow refused.
CREATE TABLE IF NOT EXISTS deposit_withdrawals (
    deposit_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL CHECK (n > 0),
    actor_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (deposit_id, n),
    FOREIGN KEY (deposit_id) REFERENCES vendor_deposits (id),
    FOREIGN KEY (actor_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS deposit_withdrawals_by_time ON deposit_withdrawals (created_at);

-- The least deposit of a store that sells a kind of package, in US cents; the last row of a kind counts.
CREATE TABLE IF NOT EXISTS deposit_rules (
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('shipped', 'digital', 'service')),
    n INT NOT NULL CHECK (n > 0),
    min_cents BIGINT NOT NULL CHECK (min_cents >= 0),
    staff_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (kind, n),
    FOREIGN KEY (staff_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What an offer, a ruling or the end of a dispute's time comes to.
ALTER TABLE payouts MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('release', 'refund', 'residual', 'split'));
-- Of a split: the buyer's share, and the ruling that it comes from.
ALTER TABLE payouts ADD COLUMN IF NOT EXISTS buyer_bps INT, ADD COLUMN IF NOT EXISTS ruling_n INT;
ALTER TABLE legs MODIFY role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver'));
ALTER TABLE order_deadlines MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund', 'dispute'));
-- The same of an announcement.
ALTER TABLE payout_holds ADD COLUMN IF NOT EXISTS buyer_bps INT, ADD COLUMN IF NOT EXISTS ruling_n INT;

-- Offers as escrow first saw them; without a share where it was none.
CREATE TABLE IF NOT EXISTS noted_offers (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL,
    author_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    author_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin,
    buyer_bps INT,
    noted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What staff ruled, under notice by escrow's clock.
CREATE TABLE IF NOT EXISTS rulings (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n INT NOT NULL,
    staff_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    buyer_bps INT NOT NULL,
    reason TEXT NOT NULL,
    state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN ('notice', 'contested', 'confirmed', 'replaced')),
    -- A second opinion, which nobody contests again.
    second BOOLEAN NOT NULL,
    -- Why it waits for a second staff member: buyer, vendor or limit.
    contested_by VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin,
    confirmed_by CHAR(32) CHARACTER SET ascii COLLATE ascii_bin,
    due_micros BIGINT NOT NULL,
    -- What the order came to in US cents, counted against what its author may rule in a day.
    cents BIGINT NOT NULL,
    noted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (order_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS rulings_by_state ON rulings (state, due_micros);
CREATE INDEX IF NOT EXISTS rulings_by_staff ON rulings (staff_id, noted_at);

-- Since when escrow has seen somebody as staff.
CREATE TABLE IF NOT EXISTS staff_seen (
    user_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    seen_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What a store wants to lodge with escrow as a deposit. Its id lies in the same space as orders' ids.
CREATE TABLE vendor_deposits (
    id CHAR(32) NOT NULL PRIMARY KEY,
    store_id CHAR(32) NOT NULL REFERENCES stores (id),
    lodged_by CHAR(32) NOT NULL REFERENCES users (id),
    chain_id BIGINT NOT NULL,
    token_address TEXT,
    token TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    return_address TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX vendor_deposits_by_store ON vendor_deposits (store_id, created_at, id);
CREATE INDEX vendor_deposits_by_time ON vendor_deposits (created_at, id);

-- An owner asks to have a deposit back; again, under the next number, where escrow refused.
CREATE TABLE deposit_withdrawals (
    deposit_id CHAR(32) NOT NULL REFERENCES vendor_deposits (id),
    n INTEGER NOT NULL CHECK (n > 0),
    actor_id CHAR(32) NOT NULL REFERENCES users (id),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (deposit_id, n)
);
CREATE INDEX deposit_withdrawals_by_time ON deposit_withdrawals (created_at);

-- The least deposit of a store that sells a kind of package, in US cents; the last row of a kind counts.
CREATE TABLE deposit_rules (
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('shipped', 'digital', 'service')),
    n INTEGER NOT NULL CHECK (n > 0),
    min_cents BIGINT NOT NULL CHECK (min_cents >= 0),
    staff_id CHAR(32) NOT NULL REFERENCES users (id),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, n)
);

CREATE TRIGGER vendor_deposits_no_update BEFORE UPDATE ON vendor_deposits BEGIN SELECT RAISE(ABORT, 'vendor_deposits is history'); END;
CREATE TRIGGER vendor_deposits_no_delete BEFORE DELETE ON vendor_deposits BEGIN SELECT RAISE(ABORT, 'vendor_deposits is history'); END;
CREATE TRIGGER deposit_withdrawals_no_update BEFORE UPDATE ON deposit_withdrawals BEGIN SELECT RAISE(ABORT, 'deposit_withdrawals is history'); END;
CREATE TRIGGER deposit_withdrawals_no_delete BEFORE DELETE ON deposit_withdrawals BEGIN SELECT RAISE(ABORT, 'deposit_withdrawals is history'); END;
CREATE TRIGGER deposit_rules_no_update BEFORE UPDATE ON deposit_rules BEGIN SELECT RAISE(ABORT, 'deposit_rules is history'); END;
CREATE TRIGGER deposit_rules_no_delete BEFORE DELETE ON deposit_rules BEGIN SELECT RAISE(ABORT, 'deposit_rules is history'); END;

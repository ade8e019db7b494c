-- Requests about a dispute name what they are about. SQLite changes a CHECK only by making the table
-- anew.
DROP TRIGGER order_intents_no_update;
DROP TRIGGER order_intents_no_delete;
DROP INDEX order_intents_by_time;
ALTER TABLE order_intents RENAME TO order_intents_before;

CREATE TABLE order_intents (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    action TEXT NOT NULL CHECK (action IN ('cancel', 'release', 'refund', 'extend', 'resume', 'accept', 'rule', 'contest', 'confirm')),
    actor_id CHAR(32) NOT NULL,
    actor_role TEXT NOT NULL CHECK (actor_role IN ('buyer', 'vendor', 'staff')),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- Number of the offer or ruling within the order.
    about_n INTEGER,
    PRIMARY KEY (order_id, n)
);
INSERT INTO order_intents
    SELECT order_id, n, action, actor_id, actor_role, request_id, created_at, NULL FROM order_intents_before;
DROP TABLE order_intents_before;

CREATE INDEX order_intents_by_time ON order_intents (created_at);
CREATE TRIGGER order_intents_no_update BEFORE UPDATE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;
CREATE TRIGGER order_intents_no_delete BEFORE DELETE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;

-- What a party proposes: the buyer's share of what is in escrow. The last one of each stands.
CREATE TABLE dispute_offers (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    author_id CHAR(32) NOT NULL REFERENCES users (id),
    author_role TEXT NOT NULL CHECK (author_role IN ('buyer', 'vendor')),
    buyer_bps INTEGER NOT NULL CHECK (buyer_bps BETWEEN 0 AND 10000),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);

-- That the other party was shown an offer.
CREATE TABLE offer_views (
    order_id CHAR(32) NOT NULL,
    offer_n INTEGER NOT NULL,
    viewer_id CHAR(32) NOT NULL REFERENCES users (id),
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, offer_n),
    FOREIGN KEY (order_id, offer_n) REFERENCES dispute_offers (order_id, n)
);

-- What staff ask escrow to rule.
CREATE TABLE dispute_rulings (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    staff_id CHAR(32) NOT NULL REFERENCES users (id),
    buyer_bps INTEGER NOT NULL CHECK (buyer_bps BETWEEN 0 AND 10000),
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);

-- What the parties and staff say about a dispute.
CREATE TABLE dispute_claims (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    author_id CHAR(32) NOT NULL REFERENCES users (id),
    author_role TEXT NOT NULL CHECK (author_role IN ('buyer', 'vendor', 'staff')),
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);

CREATE INDEX users_by_role ON users (role);

CREATE TRIGGER dispute_offers_no_update BEFORE UPDATE ON dispute_offers BEGIN SELECT RAISE(ABORT, 'dispute_offers is history'); END;
CREATE TRIGGER dispute_offers_no_delete BEFORE DELETE ON dispute_offers BEGIN SELECT RAISE(ABORT, 'dispute_offers is history'); END;
CREATE TRIGGER offer_views_no_update BEFORE UPDATE ON offer_views BEGIN SELECT RAISE(ABORT, 'offer_views is history'); END;
CREATE TRIGGER offer_views_no_delete BEFORE DELETE ON offer_views BEGIN SELECT RAISE(ABORT, 'offer_views is history'); END;
CREATE TRIGGER dispute_rulings_no_update BEFORE UPDATE ON dispute_rulings BEGIN SELECT RAISE(ABORT, 'dispute_rulings is history'); END;
CREATE TRIGGER dispute_rulings_no_delete BEFORE DELETE ON dispute_rulings BEGIN SELECT RAISE(ABORT, 'dispute_rulings is history'); END;
CREATE TRIGGER dispute_claims_no_update BEFORE UPDATE ON dispute_claims BEGIN SELECT RAISE(ABORT, 'dispute_claims is history'); END;
CREATE TRIGGER dispute_claims_no_delete BEFORE DELETE ON dispute_claims BEGIN SELECT RAISE(ABORT, 'dispute_claims is history'); END;

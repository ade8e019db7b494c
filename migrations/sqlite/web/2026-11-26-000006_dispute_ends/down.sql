DROP INDEX users_by_role;
DROP TABLE dispute_claims;
DROP TABLE dispute_rulings;
DROP TABLE offer_views;
DROP TABLE dispute_offers;

-- Requests that the earlier table does not know are lost.
DROP TRIGGER order_intents_no_update;
DROP TRIGGER order_intents_no_delete;
DROP INDEX order_intents_by_time;
ALTER TABLE order_intents RENAME TO order_intents_after;

CREATE TABLE order_intents (
    order_id CHAR(32) NOT NULL REFERENCES orders (id),
    n INTEGER NOT NULL CHECK (n > 0),
    action TEXT NOT NULL CHECK (action IN ('cancel', 'release', 'refund', 'extend', 'resume')),
    actor_id CHAR(32) NOT NULL,
    actor_role TEXT NOT NULL CHECK (actor_role IN ('buyer', 'vendor', 'staff')),
    request_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, n)
);
INSERT INTO order_intents
    SELECT order_id, n, action, actor_id, actor_role, request_id, created_at FROM order_intents_after
    WHERE action IN ('cancel', 'release', 'refund', 'extend', 'resume');
DROP TABLE order_intents_after;

CREATE INDEX order_intents_by_time ON order_intents (created_at);
CREATE TRIGGER order_intents_no_update BEFORE UPDATE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;
CREATE TRIGGER order_intents_no_delete BEFORE DELETE ON order_intents BEGIN SELECT RAISE(ABORT, 'order_intents is history'); END;

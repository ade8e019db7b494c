-- The clock of deadlines: how long escrow has been up and not paused, when it was last wound, and
-- until when nothing fires after a gap.
ALTER TABLE escrow_heartbeat ADD COLUMN ran_micros BIGINT NOT NULL DEFAULT 0;
ALTER TABLE escrow_heartbeat ADD COLUMN ran_at TIMESTAMP;
ALTER TABLE escrow_heartbeat ADD COLUMN quiet_until TIMESTAMP;

-- The deadline that runs for an order, as a reading of that clock.
CREATE TABLE order_deadlines (
    order_id CHAR(32) NOT NULL PRIMARY KEY,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund')),
    due_micros BIGINT NOT NULL,
    extended BOOLEAN NOT NULL,
    set_at TIMESTAMP NOT NULL
);
CREATE INDEX order_deadlines_due ON order_deadlines (due_micros);
CREATE INDEX order_state_open ON order_state (status, paying);

-- The clock of deadlines: how long escrow has been up and not paused, when it was last wound, and
-- until when nothing fires after a gap.
ALTER TABLE escrow_heartbeat
    ADD COLUMN IF NOT EXISTS ran_micros BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS ran_at DATETIME(6),
    ADD COLUMN IF NOT EXISTS quiet_until DATETIME(6);

-- The deadline that runs for an order, as a reading of that clock.
CREATE TABLE IF NOT EXISTS order_deadlines (
    order_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund')),
    due_micros BIGINT NOT NULL,
    extended BOOLEAN NOT NULL,
    set_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS order_deadlines_due ON order_deadlines (due_micros);
CREATE INDEX IF NOT EXISTS order_state_open ON order_state (status, paying);

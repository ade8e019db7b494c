-- How the jobs of escrow last ran.
CREATE TABLE IF NOT EXISTS escrow_jobs (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    period_secs INT NOT NULL,
    started_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6),
    outcome TEXT NOT NULL,
    failed BOOLEAN NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Lists of timers begin where the last round ended and end where their time does: none of them
-- looks at every open order.
DROP INDEX IF EXISTS order_state_open ON order_state;
CREATE INDEX IF NOT EXISTS order_state_open ON order_state (status, paying, order_id);
CREATE INDEX IF NOT EXISTS order_state_recent ON order_state (status, paying, updated_at);
CREATE INDEX IF NOT EXISTS order_state_funded ON order_state (status, funded_at);
CREATE INDEX IF NOT EXISTS order_state_unpaid ON order_state (status, expires_at);
CREATE INDEX IF NOT EXISTS order_events_by_time ON order_events (at, order_id, seq);
CREATE INDEX IF NOT EXISTS alarms_of_order ON alarms (order_id, kind);
CREATE INDEX IF NOT EXISTS payouts_late ON payouts (state, held_deadline);

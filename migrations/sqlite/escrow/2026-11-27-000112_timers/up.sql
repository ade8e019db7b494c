-- How the jobs of escrow last ran.
CREATE TABLE escrow_jobs (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    period_secs INTEGER NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome TEXT NOT NULL,
    failed BOOLEAN NOT NULL
);

-- Lists of timers begin where the last round ended and end where their time does: none of them
-- looks at every open order.
DROP INDEX order_state_open;
CREATE INDEX order_state_open ON order_state (status, paying, order_id);
CREATE INDEX order_state_recent ON order_state (status, paying, updated_at);
CREATE INDEX order_state_funded ON order_state (status, funded_at);
CREATE INDEX order_state_unpaid ON order_state (status, expires_at);
CREATE INDEX order_events_by_time ON order_events (at, order_id, seq);
CREATE INDEX alarms_of_order ON alarms (order_id, kind);
CREATE INDEX payouts_late ON payouts (state, held_deadline);

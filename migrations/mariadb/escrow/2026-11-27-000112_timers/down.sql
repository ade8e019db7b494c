DROP INDEX IF EXISTS payouts_late ON payouts;
DROP INDEX IF EXISTS alarms_of_order ON alarms;
DROP INDEX IF EXISTS order_events_by_time ON order_events;
DROP INDEX IF EXISTS order_state_unpaid ON order_state;
DROP INDEX IF EXISTS order_state_funded ON order_state;
DROP INDEX IF EXISTS order_state_recent ON order_state;
DROP INDEX IF EXISTS order_state_open ON order_state;
CREATE INDEX IF NOT EXISTS order_state_open ON order_state (status, paying);
DROP TABLE IF EXISTS escrow_jobs;

DROP INDEX IF EXISTS order_state_open ON order_state;
DROP TABLE IF EXISTS order_deadlines;
ALTER TABLE escrow_heartbeat DROP COLUMN IF EXISTS quiet_until, DROP COLUMN IF EXISTS ran_at, DROP COLUMN IF EXISTS ran_micros;

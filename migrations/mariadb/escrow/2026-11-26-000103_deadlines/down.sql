DROP INDEX order_state_open ON order_state;
DROP TABLE order_deadlines;
ALTER TABLE escrow_heartbeat DROP COLUMN quiet_until, DROP COLUMN ran_at, DROP COLUMN ran_micros;

DROP INDEX order_state_open;
DROP TABLE order_deadlines;
ALTER TABLE escrow_heartbeat DROP COLUMN quiet_until;
ALTER TABLE escrow_heartbeat DROP COLUMN ran_at;
ALTER TABLE escrow_heartbeat DROP COLUMN ran_micros;

DROP INDEX payouts_late;
DROP INDEX alarms_of_order;
DROP INDEX order_events_by_time;
DROP INDEX order_state_unpaid;
DROP INDEX order_state_funded;
DROP INDEX order_state_recent;
DROP INDEX order_state_open;
CREATE INDEX order_state_open ON order_state (status, paying);
DROP TABLE escrow_jobs;

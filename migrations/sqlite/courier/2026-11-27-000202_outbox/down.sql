DROP TABLE feeds;
DROP TABLE outbox;
ALTER TABLE courier_jobs DROP COLUMN failed;
ALTER TABLE courier_jobs DROP COLUMN period_secs;

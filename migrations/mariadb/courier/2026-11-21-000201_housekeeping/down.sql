DROP TABLE IF EXISTS store_stats;
DROP TABLE IF EXISTS courier_jobs;
DROP TABLE IF EXISTS courier_heartbeat;

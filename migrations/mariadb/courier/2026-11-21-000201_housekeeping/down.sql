DROP TABLE store_stats;
DROP TABLE courier_jobs;
DROP TABLE courier_heartbeat;

ALTER TABLE legs DROP COLUMN by_transfer;
DROP TABLE top_ups;

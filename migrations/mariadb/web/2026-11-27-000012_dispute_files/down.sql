DROP TABLE IF EXISTS dispute_files;

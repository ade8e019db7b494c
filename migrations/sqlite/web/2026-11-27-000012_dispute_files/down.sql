DROP TABLE dispute_files;

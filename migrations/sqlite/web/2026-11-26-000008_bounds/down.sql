DROP TABLE reseal_requests;

DROP TABLE IF EXISTS reseal_requests;

DROP TABLE IF EXISTS evidence_head;
DROP TABLE IF EXISTS evidence;
DROP TABLE IF EXISTS reseal_requests;

DROP TABLE evidence_head;
DROP TABLE evidence;
DROP TABLE reseal_requests;

DROP TABLE idempotency_keys;
DROP TABLE attempts;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE recovery_codes;
DROP TABLE users;

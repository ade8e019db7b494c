ALTER TABLE seals DROP COLUMN signature;
ALTER TABLE seals DROP COLUMN signer;
DROP TABLE site_keys;

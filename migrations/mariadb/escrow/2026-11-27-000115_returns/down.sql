UPDATE legs SET nonce = 1000000000 + 1000 * case_no + leg WHERE nonce IS NULL;
ALTER TABLE legs MODIFY nonce BIGINT NOT NULL;

-- A leg that the gas wallet carries takes no nonce of the order's address, where legs in another asset
-- may be chain txs of its own.
ALTER TABLE legs MODIFY nonce BIGINT;
UPDATE legs SET nonce = NULL WHERE token_address IS NOT NULL AND NOT by_transfer;

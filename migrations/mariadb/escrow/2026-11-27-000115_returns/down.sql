-- There is no way back once a payout sent back what strayed: before, every leg was one in its order's asset.
CREATE TABLE IF NOT EXISTS no_way_back (strays_returned INTEGER NOT NULL CHECK (strays_returned = 0));
INSERT INTO no_way_back
    SELECT COUNT(*) FROM legs JOIN strays ON strays.order_id = legs.order_id
        AND strays.chain_id = legs.chain_id AND strays.token_address = COALESCE(legs.token_address, '');
DROP TABLE no_way_back;

UPDATE legs SET nonce = 1000000000 + 1000 * case_no + leg WHERE nonce IS NULL;
ALTER TABLE legs MODIFY nonce BIGINT NOT NULL;

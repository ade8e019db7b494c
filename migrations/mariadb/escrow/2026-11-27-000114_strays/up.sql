-- Money may stray to an order's address on another chain too.
ALTER TABLE strays ADD COLUMN IF NOT EXISTS chain_id BIGINT NOT NULL DEFAULT 0 AFTER order_id;
UPDATE strays JOIN order_state ON order_state.order_id = strays.order_id
SET strays.chain_id = order_state.chain_id WHERE strays.chain_id = 0;
ALTER TABLE strays ALTER COLUMN chain_id DROP DEFAULT, DROP PRIMARY KEY, ADD PRIMARY KEY (order_id, chain_id, token_address);
ALTER TABLE book_accounts DROP PRIMARY KEY, ADD PRIMARY KEY (order_id, chain_id, token_address, account);

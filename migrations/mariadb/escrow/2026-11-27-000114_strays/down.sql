DELETE book_accounts FROM book_accounts JOIN order_state ON order_state.order_id = book_accounts.order_id
WHERE book_accounts.chain_id <> order_state.chain_id;
ALTER TABLE book_accounts DROP PRIMARY KEY, ADD PRIMARY KEY (order_id, token_address, account);
DELETE strays FROM strays JOIN order_state ON order_state.order_id = strays.order_id
WHERE strays.chain_id <> order_state.chain_id;
ALTER TABLE strays DROP PRIMARY KEY, ADD PRIMARY KEY (order_id, token_address), DROP COLUMN IF EXISTS chain_id;

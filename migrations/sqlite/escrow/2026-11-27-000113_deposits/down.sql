ALTER TABLE order_state DROP COLUMN deposit;

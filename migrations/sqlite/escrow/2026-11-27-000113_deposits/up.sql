-- Whether it is a vendor's deposit and no order.
ALTER TABLE order_state ADD COLUMN deposit BOOLEAN NOT NULL DEFAULT 0;

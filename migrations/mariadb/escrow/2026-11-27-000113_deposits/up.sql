-- Whether it is a vendor's deposit and no order.
ALTER TABLE order_state ADD COLUMN IF NOT EXISTS deposit BOOLEAN NOT NULL DEFAULT 0;

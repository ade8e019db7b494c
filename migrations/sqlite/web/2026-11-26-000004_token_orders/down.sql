ALTER TABLE orders DROP COLUMN leg_fee;
ALTER TABLE orders DROP COLUMN token_address;

-- The contract of the token that an order is paid in; NULL for the chain's coin.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS token_address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
-- What each leg of a token's payout is charged, as the buyer was shown it.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS leg_fee CHAR(78) CHARACTER SET ascii COLLATE ascii_bin;

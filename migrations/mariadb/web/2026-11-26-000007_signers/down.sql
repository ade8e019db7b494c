ALTER TABLE order_intents DROP COLUMN IF EXISTS signature_expires;
ALTER TABLE order_intents DROP COLUMN IF EXISTS signature;
ALTER TABLE address_requests DROP COLUMN IF EXISTS proof;
-- Requests that the earlier table does not know are lost.
DELETE FROM address_requests WHERE purpose <> 'payout';
ALTER TABLE address_requests MODIFY purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (purpose IN ('payout'));

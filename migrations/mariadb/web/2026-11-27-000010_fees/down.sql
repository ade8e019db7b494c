-- Requests that the earlier table does not know are lost.
DELETE FROM address_requests WHERE purpose = 'referral';
ALTER TABLE address_requests MODIFY purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (purpose IN ('payout', 'signer'));

DROP TABLE IF EXISTS store_tiers;
DROP TABLE IF EXISTS invitations;
DROP TABLE IF EXISTS invite_codes;
DROP INDEX IF EXISTS orders_by_referrer ON orders;
ALTER TABLE orders DROP COLUMN IF EXISTS referral_bps, DROP COLUMN IF EXISTS referrer_id, DROP COLUMN IF EXISTS tier;

ALTER TABLE dispute_offers DROP COLUMN IF EXISTS signature_expires;
ALTER TABLE dispute_offers DROP COLUMN IF EXISTS signature;

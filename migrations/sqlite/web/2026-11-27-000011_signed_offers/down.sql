ALTER TABLE dispute_offers DROP COLUMN signature_expires;
ALTER TABLE dispute_offers DROP COLUMN signature;

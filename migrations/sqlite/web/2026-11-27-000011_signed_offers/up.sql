-- The buyer's signer signs an offer too; until when that counts, in seconds since 1970.
ALTER TABLE dispute_offers ADD COLUMN signature VARCHAR(132);
ALTER TABLE dispute_offers ADD COLUMN signature_expires BIGINT;

-- The buyer's signer signs an offer too; until when that counts, in seconds since 1970.
ALTER TABLE dispute_offers ADD COLUMN IF NOT EXISTS signature VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE dispute_offers ADD COLUMN IF NOT EXISTS signature_expires BIGINT;

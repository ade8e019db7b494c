-- The signature of the buyer's signer that escrow checked when it noted an offer.
ALTER TABLE noted_offers ADD COLUMN IF NOT EXISTS signature VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin;

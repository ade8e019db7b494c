-- The signature of the buyer's signer that escrow checked when it noted an offer.
ALTER TABLE noted_offers ADD COLUMN signature VARCHAR(132);

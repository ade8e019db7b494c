ALTER TABLE noted_offers DROP COLUMN signature;

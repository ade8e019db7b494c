ALTER TABLE noted_offers DROP COLUMN IF EXISTS signature;

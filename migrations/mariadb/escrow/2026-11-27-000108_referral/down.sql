ALTER TABLE chains DROP COLUMN IF EXISTS resolver;

-- What the earlier table does not know is lost.
DELETE FROM legs WHERE role = 'referral';
ALTER TABLE legs MODIFY role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver'));

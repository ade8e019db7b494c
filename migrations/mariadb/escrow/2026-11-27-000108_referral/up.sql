-- Whoever brought the buyer is paid by a leg too.
ALTER TABLE legs MODIFY role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer', 'resolver', 'referral'));

-- Whether a fee is taken for rulings about orders of this chain.
ALTER TABLE chains ADD COLUMN IF NOT EXISTS resolver BOOLEAN NOT NULL DEFAULT 0;

DROP TABLE IF EXISTS staff_seen;
DROP TABLE IF EXISTS rulings;
DROP TABLE IF EXISTS noted_offers;
ALTER TABLE payout_holds DROP COLUMN IF EXISTS ruling_n, DROP COLUMN IF EXISTS buyer_bps;

-- What the earlier tables do not know is lost.
DELETE FROM order_deadlines WHERE kind NOT IN ('handling', 'inspection', 'refund');
ALTER TABLE order_deadlines MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('handling', 'inspection', 'refund'));
DELETE FROM legs WHERE role NOT IN ('vendor', 'commission', 'buyer');
ALTER TABLE legs MODIFY role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (role IN ('vendor', 'commission', 'buyer'));
DELETE FROM payouts WHERE kind NOT IN ('release', 'refund', 'residual');
ALTER TABLE payouts DROP COLUMN IF EXISTS ruling_n, DROP COLUMN IF EXISTS buyer_bps;
ALTER TABLE payouts MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (kind IN ('release', 'refund', 'residual'));

DROP INDEX IF EXISTS users_by_role ON users;
DROP TABLE IF EXISTS dispute_claims;
DROP TABLE IF EXISTS dispute_rulings;
DROP TABLE IF EXISTS offer_views;
DROP TABLE IF EXISTS dispute_offers;

-- Requests that the earlier table does not know are lost.
DELETE FROM order_intents WHERE action NOT IN ('cancel', 'release', 'refund', 'extend', 'resume');
ALTER TABLE order_intents DROP COLUMN IF EXISTS about_n;
ALTER TABLE order_intents MODIFY action VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (action IN ('cancel', 'release', 'refund', 'extend', 'resume'));

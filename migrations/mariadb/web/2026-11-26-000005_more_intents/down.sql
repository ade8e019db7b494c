-- Requests that the earlier table does not know are lost.
DELETE FROM order_intents WHERE action NOT IN ('cancel', 'release', 'refund');
ALTER TABLE order_intents MODIFY action VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (action IN ('cancel', 'release', 'refund'));

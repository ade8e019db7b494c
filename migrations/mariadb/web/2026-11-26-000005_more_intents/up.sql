ALTER TABLE order_intents MODIFY action VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (action IN ('cancel', 'release', 'refund', 'extend', 'resume'));

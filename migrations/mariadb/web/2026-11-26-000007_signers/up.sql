ALTER TABLE address_requests MODIFY purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    CHECK (purpose IN ('payout', 'signer'));
-- The wallet's signature over the challenge of this request; of a signer alone.
ALTER TABLE address_requests ADD COLUMN IF NOT EXISTS proof VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin;

-- The consent of the order's signer, and until when it counts, in seconds since 1970.
ALTER TABLE order_intents ADD COLUMN IF NOT EXISTS signature VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE order_intents ADD COLUMN IF NOT EXISTS signature_expires BIGINT;

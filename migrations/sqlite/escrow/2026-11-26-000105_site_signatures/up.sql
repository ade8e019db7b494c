-- The address of the key by which this site signs terms, of each generation that it had.
CREATE TABLE site_keys (
    generation INTEGER NOT NULL PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    since TIMESTAMP NOT NULL
);
CREATE TRIGGER site_keys_no_update BEFORE UPDATE ON site_keys BEGIN SELECT RAISE(ABORT, 'site_keys is history'); END;
CREATE TRIGGER site_keys_no_delete BEFORE DELETE ON site_keys BEGIN SELECT RAISE(ABORT, 'site_keys is history'); END;

-- The site's signature over the terms (EIP-191), and by which of its keys; seals from before have none.
ALTER TABLE seals ADD COLUMN signer TEXT;
ALTER TABLE seals ADD COLUMN signature VARCHAR(132);

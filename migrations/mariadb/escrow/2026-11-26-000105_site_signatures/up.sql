-- The address of the key by which this site signs terms, of each generation that it had.
CREATE TABLE IF NOT EXISTS site_keys (
    generation INT NOT NULL PRIMARY KEY,
    address VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    since DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The site's signature over the terms (EIP-191), and by which of its keys; seals from before have none.
ALTER TABLE seals ADD COLUMN IF NOT EXISTS signer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin;
ALTER TABLE seals ADD COLUMN IF NOT EXISTS signature VARCHAR(132) CHARACTER SET ascii COLLATE ascii_bin;

CREATE TABLE receipts_rebuilt (
    chain_id BIGINT NOT NULL,
    tx_hash CHAR(66) NOT NULL,
    order_id CHAR(32) NOT NULL,
    case_no INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    role TEXT NOT NULL,
    to_address TEXT NOT NULL,
    amount CHAR(78) NOT NULL CHECK (length(amount) = 78),
    fee_paid CHAR(78) NOT NULL CHECK (length(fee_paid) = 78),
    succeeded BOOLEAN NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash CHAR(66) NOT NULL,
    block_at TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chain_id, tx_hash)
);
INSERT INTO receipts_rebuilt SELECT * FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_rebuilt RENAME TO receipts;
CREATE INDEX receipts_by_order ON receipts (order_id, case_no, leg);
CREATE TRIGGER receipts_no_update BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;
CREATE TRIGGER receipts_no_delete BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'receipts is history'); END;
ALTER TABLE deposits DROP COLUMN tx_hash;
ALTER TABLE deposits DROP COLUMN from_address;
ALTER TABLE legs DROP COLUMN token_address;
ALTER TABLE order_state DROP COLUMN decimals;
ALTER TABLE order_state DROP COLUMN token;
ALTER TABLE order_state DROP COLUMN token_address;
DROP TABLE strays;
DROP TABLE relays;
DROP TABLE gas_wallets;
DROP TABLE tokens;

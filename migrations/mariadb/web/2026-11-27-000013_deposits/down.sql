DROP TABLE IF EXISTS deposit_rules;
DROP TABLE IF EXISTS deposit_withdrawals;
DROP TABLE IF EXISTS vendor_deposits;

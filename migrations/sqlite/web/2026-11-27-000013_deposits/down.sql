DROP TABLE deposit_rules;
DROP TABLE deposit_withdrawals;
DROP TABLE vendor_deposits;

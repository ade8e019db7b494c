DROP TABLE IF EXISTS book_sights;
DROP TABLE IF EXISTS book_totals;
DROP TABLE IF EXISTS book_accounts;
DROP TABLE IF EXISTS journal_lines;
DROP TABLE IF EXISTS journal_entries;

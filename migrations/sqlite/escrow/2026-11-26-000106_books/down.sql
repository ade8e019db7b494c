DROP TABLE book_sights;
DROP TABLE book_totals;
DROP TABLE book_accounts;
DROP TABLE journal_lines;
DROP TABLE journal_entries;

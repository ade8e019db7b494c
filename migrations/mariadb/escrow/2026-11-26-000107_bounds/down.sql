DROP TABLE IF EXISTS later_seals;
DROP TABLE IF EXISTS reseals;
DROP TABLE IF EXISTS payout_requests;

DROP TABLE later_seals;
DROP TABLE reseals;
DROP TABLE payout_requests;

DROP TABLE address_requests;
DROP TABLE packages;
DROP TABLE items;
DROP TABLE store_users;
DROP TABLE stores;

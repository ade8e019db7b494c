-- Up to which notice somebody has read what he was told.
CREATE TABLE notice_marks (
    user_id CHAR(32) NOT NULL PRIMARY KEY REFERENCES users (id),
    read_until TIMESTAMP NOT NULL
);

DROP TABLE IF EXISTS notice_marks;

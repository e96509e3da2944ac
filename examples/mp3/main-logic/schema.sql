-- What VOA_ts.MainLogic writes to.
CREATE TABLE mp3_list (
  title VARCHAR(255) NOT NULL,
  url VARCHAR(2048) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

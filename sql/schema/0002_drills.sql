-- Restore drills: what the restored copy must satisfy, and how the drills went.

CREATE TABLE assertions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- what a rowid of backup_assertions means, so never used twice
  name TEXT NOT NULL UNIQUE,
  sql TEXT NOT NULL,
  expect TEXT -- NULL: the answer must be true
);

CREATE TABLE drills (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL, -- of the backup
  started_at TEXT NOT NULL,
  trigger TEXT NOT NULL,
  ok INTEGER NOT NULL,
  failed_check TEXT, -- the first one; NULL: none, or the drill did not get as far as its checks
  error TEXT,
  warnings TEXT,
  restore_seconds REAL,
  data_age_seconds REAL,
  bytes INTEGER,
  report TEXT -- JSON; NULL: the drill did not get as far as its checks
);

CREATE INDEX drills_passed ON drills (id) WHERE ok;

-- When an operation last succeeded.
CREATE INDEX runs_by_operation ON runs (operation, status, started_at);

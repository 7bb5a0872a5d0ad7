-- The catalog of one backup directory. Times are UTC text as in every table of sqbackup ("2026-11-20 10:30:00.000"), so
-- that they compare as text; *_time are nanoseconds since 1970, as the file system gives them.

-- database_id, owner_path, scanned
CREATE TABLE meta (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE settings (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE backups (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- a list in progress tells by it what has come since, so never used twice
  name TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  trigger TEXT NOT NULL,
  format TEXT NOT NULL,
  status TEXT NOT NULL,
  size INTEGER NOT NULL,
  database_size INTEGER,
  page_size INTEGER,
  tables INTEGER,
  rows INTEGER,
  sha256 TEXT,
  note TEXT,
  labels TEXT,
  pinned INTEGER NOT NULL,
  verified_at TEXT,
  duration REAL,
  -- How the files looked when this row was read from them: a row whose files look different now is read again.
  manifest_time INTEGER NOT NULL, -- 0: there is none, the file was imported
  marks_time INTEGER,             -- 0: there are none; NULL: read them again
  data_size INTEGER NOT NULL,     -- -1: the file is missing
  data_time INTEGER NOT NULL      -- of imported files; 0 for the others
);

CREATE INDEX backups_by_created ON backups (created_at);
CREATE INDEX backups_by_status ON backups (status);
CREATE INDEX backups_imported ON backups (created_at) WHERE manifest_time = 0;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- also names the lock that the run's process holds, so never used twice
  operation TEXT NOT NULL,
  trigger TEXT NOT NULL,
  name TEXT NOT NULL,
  actor TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  bytes INTEGER NOT NULL,
  progress REAL NOT NULL,
  error_code TEXT NOT NULL,
  error TEXT NOT NULL
);

CREATE INDEX runs_running ON runs (id) WHERE status = 'running';

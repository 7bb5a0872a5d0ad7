-- Copies of backups off the machine. A place is a URL that ends in '/'.

CREATE TABLE copies (
  name TEXT NOT NULL, -- of the backup
  place TEXT NOT NULL,
  url TEXT NOT NULL,
  uploaded_at TEXT NOT NULL,
  PRIMARY KEY (name, place)
) WITHOUT ROWID;

-- What tells this writer from another one: see docs/format/remote.md.
CREATE TABLE places (
  place TEXT PRIMARY KEY NOT NULL,
  token TEXT NOT NULL,   -- that was written there last; empty: none
  pending TEXT NOT NULL  -- that may have been written since; empty: none
) WITHOUT ROWID;

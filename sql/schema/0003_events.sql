-- What happened, for whoever is told of it or follows it. Only ever added to; the oldest rows go.

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- readers remember the last one that they have seen, so never used twice
  at TEXT NOT NULL,
  type TEXT NOT NULL, -- "backup.failed": the operation as in runs, or "health", and what became of it
  trigger TEXT NOT NULL, -- as in runs
  name TEXT NOT NULL, -- of the backup; empty: none
  run TEXT NOT NULL, -- UUID of the run; empty: none
  ok INTEGER NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  details TEXT NOT NULL -- JSON object of texts
);

-- In meta from now on: delivered (the last event that needs no delivery any more), health (the checks that failed when
-- it was last looked at).

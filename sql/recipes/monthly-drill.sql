-- The monthly restore drill: restores the newest backup beside the live database, asks it what must be true, and shows
-- how long the restore took. Ends with an error when a check fails, so that cron tells.
--
--   sqlite3 -bail app.db ".load ./libsqbackup" ".read monthly-drill.sql"
--
-- Put your own questions in place of these two. docs/guides/restore-drills.md explains each step.
--
--@ SELECT backup_now();

BEGIN IMMEDIATE;
DELETE FROM backup_assertions;
INSERT INTO backup_assertions(name, sql, expect) VALUES
  ('users are there', 'SELECT count(*) > 0 FROM users', NULL),
  ('the first user', 'SELECT name FROM users WHERE id = 1', 'Ada');
COMMIT;
SELECT backup_drill('{"fresh_within":"1d"}') ->> '$.name' AS drilled;  -- => backup-2026-11-20T10-30-00-000Z.sqlite
SELECT started_at, ok, bytes, round(restore_seconds) AS restore_seconds, warnings FROM backup_drills
  ORDER BY id DESC LIMIT 12;
-- => 2026-11-20 10:30:00.000|1|...

-- On a new machine: makes a database file from the newest backup in a directory app.db-backups that was copied there.
--
--   sqlite3 app.db ".load ./libsqbackup" ".read move.sql" && mv restored.db app.db
--
-- app.db need not exist yet. Give the file the owner and mode that the application needs.
-- docs/guides/moving-an-app.md explains each step.
--
--@ SELECT backup_now();

SELECT name, created_at, rows FROM backups ORDER BY created_at DESC LIMIT 1;
-- => backup-2026-11-20T10-30-00-000Z.sqlite|2026-11-20 10:30:00.000|103
SELECT backup_verify('latest');                           -- => ok
SELECT backup_restore('latest', '{"to":"restored.db"}');  -- => .../restored.db
ATTACH 'restored.db' AS restored;
SELECT count(*) AS tables_restored FROM restored.sqlite_schema WHERE type = 'table';  -- => 2
DETACH restored;

-- Everything is gone, and on a new machine there is nothing but the directory app.db-backups, copied back whole: makes
-- the database from it, in its place, and starts the backups again.
--
--   sqlite3 -bail app.db ".load ./libsqbackup" ".read new-machine.sql"
--
-- Give the file the owner and mode that the application needs. docs/guides/moving-an-app.md explains each step.
--
--@ SELECT backup_config('interval', '1h'), backup_config('keep_last', '30');
--@ INSERT INTO backup_assertions(name, sql) VALUES ('users are there', 'SELECT count(*) > 0 FROM users');
--@ SELECT backup_now(), backup_now('{"note":"the last one"}');
--@ .shell mkdir new-machine && cp -r app.db-backups new-machine/
--@ .open new-machine/app.db
--@ .load ./libsqbackup

-- There is no database yet (opening made an empty file), but its backups are listed.
SELECT name, created_at, rows, note FROM backups ORDER BY created_at DESC LIMIT 1;
-- => backup-2026-11-20T10-30-00-000Z.sqlite|2026-11-20 10:30:00.000|103|the last one
SELECT backup_verify('latest');  -- => ok
SELECT backup_config('allow_restore', 'on');  -- => on
SELECT backup_restore('latest') IS NOT NULL AS restored;  -- => 1
SELECT backup_config('allow_restore', NULL);  -- => off
PRAGMA integrity_check;  -- => ok
SELECT count(*) AS users FROM users;  -- => 3
PRAGMA journal_mode = wal;  -- => wal
-- The settings came along with catalog.db, and so did the assertions and the log. Where it was left out of the copy,
-- this shows nothing: set them again now.
SELECT key, value FROM backup_settings WHERE source = 'stored' ORDER BY key;
-- => interval|1h
-- => keep_last|30
SELECT backup_drill() ->> '$.ok' AS drilled;  -- => 1
-- Whether the next backup will work here; then start it, in the process that stays: the application's.
SELECT backup_check() ->> '$.ok' AS checked;  -- => 1
SELECT backup_start() ->> '$.state';  -- => started

-- A database whose file is damaged: finds out, proves the newest good backup, restores it to a file beside, compares,
-- and puts it in place of the damaged content, with the applications connected.
--
--   sqlite3 app.db ".load ./libsqbackup" ".read corrupted.sql"
--
-- Do not stop anything first, and do not delete the -wal file. Up to allow_restore nothing changes the database. Without
-- -bail: a damaged database may answer with errors, and the restore proves the backup itself. Where it answers nothing
-- but "file is not a database", docs/guides/after-a-mistake.md has the way around it, and explains each step.
--
--@ INSERT INTO users SELECT 10 + id, 'name ' || id, hex(randomblob(60)) FROM events;
--@ SELECT backup_now();
--@ .shell dd if=/dev/zero of=app.db bs=4096 seek=4 count=1 conv=notrunc status=none
--@ PRAGMA shrink_memory;

-- What is wrong? 'ok' means that the file is not the problem.
PRAGMA quick_check(1);
-- => *** in database main ***
-- => ...Page 5: btreeInitPage() returns error code 11
-- The newest backup that is whole, and proof of it.
CREATE TEMP TABLE good AS SELECT name, created_at FROM backups
  WHERE status = 'completed' AND trigger NOT IN ('imported', 'pre_restore') ORDER BY created_at DESC LIMIT 1;
SELECT name, created_at FROM good;  -- => backup-2026-11-20T10-30-00-000Z.sqlite|2026-11-20 10:30:00.000
SELECT backup_verify(name) FROM good;  -- => ok
-- What it holds, in a file beside.
SELECT backup_restore(name, '{"to":"good.db"}') FROM good;  -- => .../good.db
ATTACH 'good.db' AS copy;
PRAGMA copy.integrity_check;  -- => ok
SELECT table_name, rows FROM good, backup_contents(good.name) ORDER BY table_name;
-- => events|100
-- => users|103
-- What came after it would be lost. Ask this of each table that can still be read, and keep the answer.
SELECT count(*) AS events_since FROM main.events WHERE id NOT IN (SELECT id FROM copy.events);  -- => 0
DETACH copy;
-- Back in place: one transaction. What is returned is the undo: the damaged state, kept as a backup like any other.
SELECT backup_config('allow_restore', 'on');  -- => on
SELECT backup_restore((SELECT name FROM good)) AS undo;  -- => backup-2026-11-20T10-31-00-000Z.sqlite
SELECT backup_config('allow_restore', NULL);  -- => off
PRAGMA integrity_check;  -- => ok
SELECT count(*) AS users FROM users;  -- => 103
SELECT name AS undo FROM backups WHERE trigger = 'pre_restore' ORDER BY created_at DESC LIMIT 1;
-- => backup-2026-11-20T10-31-00-000Z.sqlite
SELECT backup_now('{"note":"after the repair"}');  -- => backup-2026-11-20T10-32-00-000Z.sqlite
DROP TABLE good;

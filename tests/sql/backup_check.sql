-- backup_check: tries what tonight's backup will need.
PRAGMA journal_mode=wal;
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT value ->> '$.name', value ->> '$.ok', CASE WHEN value ->> '$.name' NOT IN ('clock', 'schedule', 'SQLite') THEN value ->> '$.detail' END FROM json_each(backup_check(), '$.checks');
SELECT replace(backup_check() ->> '$.directory', backup_check() ->> '$.database', ''), backup_check() ->> '$.ok';
.shell ls -A app.db-backups | grep -v journal
SELECT operation, trigger, status, name FROM backup_log;
SELECT backup_now();
INSERT INTO backup_assertions(name, sql) VALUES ('right', 'SELECT 1 FROM users'), ('mistyped', 'SELECT 1 FROM user');
SELECT value FROM json_each(backup_check(), '$.warnings') WHERE value NOT LIKE 'SQLite%';
DELETE FROM backup_assertions;

-- What would fail.
.shell sqlite3 app.db-backups/catalog.db "INSERT INTO settings VALUES ('keep_last', 'many')"
SELECT backup_check();
SELECT backup_config('keep_last', NULL);
.shell sqlite3 app.db-backups/catalog.db "UPDATE backups SET created_at = '2099-01-01 00:00:00.000'"
SELECT backup_check();
.shell rm app.db-backups/catalog.db
SELECT backup_config('scratch', 'missing');
SELECT backup_check();
SELECT operation, status, error_code FROM backup_log;
SELECT backup_config('scratch', NULL);
SELECT backup_check() ->> '$.ok';
ATTACH ':memory:' AS memory;
SELECT backup_check('{"schema":"memory"}');
PRAGMA locking_mode=exclusive;
SELECT backup_check();
PRAGMA locking_mode=normal;
SELECT count(*) FROM users;

-- Other databases, and what is none.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
SELECT backup_check('{"schema":"other"}') ->> '$.ok';
SELECT backup_check('{"database":"other.db"}') ->> '$.ok';
.shell head -c 5000 /dev/zero | tr '\0' x > text
SELECT backup_check('{"database":"text"}');
.shell ls -d text-backups 2>&1 | sed 's/.*No such/No such/'
SELECT backup_check('{"database":"missing.db"}');
SELECT backup_check('{"level":"full"}');
SELECT backup_check(1);
SELECT backup_check('{}', 2);

-- What a JSON backup would fail with tonight.
SELECT backup_config('format', 'json'), backup_config('exclude_tables', 'gone');
SELECT backup_check();
SELECT backup_config('exclude_tables', NULL);
SELECT c.value ->> 'detail' FROM json_each(backup_check(), '$.checks') AS c WHERE c.value ->> 'name' = 'format';

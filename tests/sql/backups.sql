-- backups: one row a backup. No column name needs quotes.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
SELECT count(*) FROM backups;
SELECT backup_now('{"note":"first"}');
SELECT backup_now('{"note":"second", "labels":{"n":2}}');
SELECT backup_now('{"note":"third"}');
.mode line
SELECT name, created_at, trigger, format, status, size, database_size, page_size, tables, rows, sha256, encrypted,
  note, labels, pinned, path, url, uploaded_at, verified_at, duration > 0 FROM backups LIMIT 1;
.mode list
SELECT name FROM pragma_table_info('backups');
SELECT name FROM pragma_table_xinfo('backups') WHERE hidden;

-- Every order and condition gives what SQLite alone would give.
SELECT note FROM backups ORDER BY created_at DESC LIMIT 1;
SELECT note FROM backups ORDER BY name DESC;
SELECT note FROM backups ORDER BY note DESC, name;
SELECT note FROM backups WHERE name = (SELECT max(name) FROM backups);
SELECT note FROM backups WHERE name < (SELECT max(name) FROM backups) ORDER BY name DESC;
SELECT note FROM backups WHERE created_at BETWEEN datetime('now', '-1 minute') AND datetime('now', '+1 minute');
SELECT note FROM backups WHERE created_at > '2100';
SELECT note FROM backups WHERE created_at < '2100' AND note <> 'first';
SELECT note FROM backups WHERE upper(name) = name COLLATE NOCASE;
SELECT note FROM backups WHERE name = upper(name) COLLATE NOCASE;
SELECT count(*) FROM backups WHERE name = 1;
SELECT count(*) FROM backups WHERE name > 1;
SELECT count(*) FROM backups WHERE name = NULL;
SELECT count(*) FROM backups WHERE name IS NULL;
SELECT count(*) FROM backups WHERE created_at > x'00';
SELECT count(*) FROM backups WHERE name IN (SELECT name FROM backups);
SELECT count(*) FROM backups a JOIN backups b USING (name) WHERE a.rows = 2;
EXPLAIN QUERY PLAN SELECT * FROM backups WHERE name = 'x';
EXPLAIN QUERY PLAN SELECT * FROM backups WHERE created_at < '2026' ORDER BY created_at DESC;
EXPLAIN QUERY PLAN SELECT * FROM backups ORDER BY size;

-- Another database: an argument, a condition, a join.
ATTACH 'other.db' AS other;
CREATE TABLE other.things(x);
SELECT backup_now('{"schema":"other", "note":"of other"}');
SELECT note FROM backups('other.db');
SELECT note FROM backups WHERE database = 'other.db';
CREATE TABLE tenants(file TEXT);
INSERT INTO tenants VALUES ('app.db'), ('other.db');
SELECT file, count(*) FROM tenants JOIN backups ON backups.database = tenants.file GROUP BY file;
SELECT file, max(note) FROM tenants, backups(tenants.file) GROUP BY file;
SELECT note FROM backups WHERE database IN (SELECT file FROM tenants) ORDER BY created_at DESC LIMIT 1;
SELECT count(*) FROM backups(NULL);
SELECT count(*) FROM backups('missing.db');
SELECT count(*) FROM backups('a' || char(0));
SELECT count(*) FROM backups('');

-- What a statement's own calls add is not in its list: it ends.
SELECT count(backup_now('{"database":"other.db"}')) FROM backups('other.db');
SELECT count(backup_now('{"database":"other.db"}')) FROM backups('other.db') ORDER BY created_at DESC;
SELECT count(*) FROM backups('other.db');
SELECT count(backup_verify('latest', '{"database":"other.db"}')) > 0 FROM backup_log('other.db');

-- A user's own table of that name wins; backup_list is the same table as ours.
CREATE TABLE backups(mine TEXT);
INSERT INTO backups VALUES ('the user''s own');
SELECT * FROM backups;
SELECT note FROM backup_list;

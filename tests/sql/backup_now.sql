-- backup_now: takes one backup of a live database and returns its name.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');

SELECT backup_now();
SELECT backup_now(NULL);
SELECT backup_now('{}');
SELECT backup_now('{"note":"before v42", "labels":{"release":42, "by":"Ada", "tested":true}, "pinned":true}');
SELECT backup_now(json_object('note', 'it''s me', 'row_counts', 0, 'format', 'sqlite'));
SELECT name, note, labels, pinned, tables, rows FROM backups;

-- An attached database, and another file.
ATTACH 'other.db' AS other;
CREATE TABLE other.things(x);
INSERT INTO other.things VALUES (1), (2), (3);
SELECT backup_now('{"schema":"other"}');
SELECT backup_now(json_object('database', 'other.db', 'note', 'by path'));
DETACH other;
SELECT backup_now('{"database":"other.db"}');
SELECT name, note, rows, path FROM backups('other.db');

-- Many databases in one statement.
CREATE TABLE tenants(path TEXT);
INSERT INTO tenants VALUES ('app.db'), ('other.db');
SELECT backup_now(json_object('database', path, 'note', 'all tenants')) FROM tenants;

-- Inside a transaction it takes the last committed state.
BEGIN;
INSERT INTO users VALUES (3, 'Edsger');
SELECT backup_now('{"note":"inside a transaction"}');
ROLLBACK;
SELECT table_name, rows FROM backup_contents('latest');

-- Refused.
SELECT backup_now('{"notes":"a slip of the pen"}');
SELECT backup_now('{"note":1}');
SELECT backup_now('{"note":"one", "note":"two"}');
SELECT backup_now('{"note":"a\u0000b"}');
SELECT backup_now('{"pinned":"yes"}');
SELECT backup_now('{"pinned":2}');
SELECT backup_now('{"labels":"text"}');
SELECT backup_now('{"labels":{"a":[1]}}');
SELECT backup_now('{"labels":{"a":1, "a":2}}');
SELECT backup_now('{"format":"zip"}');
SELECT backup_now('{"database":null}');
SELECT backup_now('{"database":""}');
SELECT backup_now('{"database":"missing.db"}');
SELECT backup_now('{"database":"."}');
SELECT backup_now('{"schema":"missing"}');
SELECT backup_now('{"schema":"temp"}');
SELECT backup_now('{"database":"app.db", "schema":"main"}');
SELECT backup_now('{"note":"open"');
SELECT backup_now('["note"]');
SELECT backup_now('note');
SELECT backup_now(42);
SELECT backup_now(x'7b7d');
SELECT backup_now('{}', '{}');
SELECT count(*) FROM backups;

-- Rows as JSON.
SELECT backup_now('{"format":"json","note":"rows"}') LIKE '%Z.json';
SELECT backup_now('{"format":"json+zstd","exclude_tables":["users"]}') LIKE '%Z.json.zst';
SELECT format, tables, rows, page_size FROM backups WHERE format LIKE 'json%' ORDER BY name;
SELECT backup_now('{"format":"json","exclude_tables":["nothing"]}');
SELECT backup_now('{"format":"json","exclude_tables":["sqlite_schema"]}');
SELECT backup_now('{"format":"json","exclude_tables":"t"}');
SELECT backup_now('{"format":"json","exclude_tables":["t",1]}');
SELECT backup_now('{"format":"sqlite","exclude_tables":["t"]}');
SELECT backup_now('{"exclude_tables":[]}');
SELECT backup_now('{"format":"JSON"}');
SELECT backup_config('exclude_tables', '["t", "u, v"]');
SELECT backup_config('exclude_tables', 't ,u');
SELECT backup_config('exclude_tables', 't,,u');
SELECT backup_config('exclude_tables', '["t"');
SELECT backup_config('exclude_tables', '[1]');
SELECT backup_config('exclude_tables', 'nothing');
SELECT backup_now('{"format":"json"}');
SELECT backup_now('{"format":"json","exclude_tables":[]}') LIKE '%Z.json';
SELECT backup_config('exclude_tables', NULL);

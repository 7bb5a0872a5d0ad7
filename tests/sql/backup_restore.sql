-- backup_restore: puts a past state back, into the live database or to a new file.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
SELECT backup_now();
DELETE FROM users;

-- To a new file, without touching the database.
SELECT backup_restore('latest', '{"to":"copy.db"}');
ATTACH 'copy.db' AS copy;
SELECT * FROM copy.users;
DETACH copy;
SELECT count(*) FROM users;
SELECT backup_restore('latest', '{"to":"copy.db"}');
SELECT backup_restore('latest', '{"to":"copy.db", "overwrite":true}');

-- Live: refused until it is allowed; the pre_restore backup is the undo.
SELECT backup_restore('latest');
SELECT backup_config('allow_restore', 'on');
SELECT backup_restore('latest');
SELECT * FROM users;
SELECT trigger FROM backups ORDER BY created_at;
SELECT backup_restore(name) FROM (SELECT name FROM backups WHERE trigger = 'pre_restore');
SELECT count(*) FROM users;

-- `latest` is the newest that no restore made; a time means the newest at or before it.
SELECT backup_restore('latest');
SELECT count(*) FROM users;
SELECT backup_restore('0 seconds ago', '{"to":"now.db"}');
SELECT backup_restore('1 year ago', '{"to":"old.db"}');

-- Another database, by path and by schema.
ATTACH 'other.db' AS other;
CREATE TABLE other.things(x);
INSERT INTO other.things VALUES (1);
SELECT backup_now('{"schema":"other"}');
DELETE FROM other.things;
SELECT backup_restore('latest', '{"schema":"other"}');
UPDATE backup_settings SET value = 'on' WHERE key = 'allow_restore' AND database = 'other.db';
SELECT backup_restore('latest', '{"schema":"other"}');
SELECT * FROM other.things;

-- Refused.
BEGIN;
INSERT INTO users VALUES (9, 'Nobody');
SELECT backup_restore('latest');
COMMIT;
SELECT backup_restore('latest', '{"to":"app.db", "overwrite":true}');
SELECT backup_restore('latest', '{"to":""}');
SELECT backup_restore('latest', '{"to":"missing/copy.db"}');
SELECT backup_restore('latest', '{"to":"."}');
SELECT backup_restore('latest', '{"to":"a\u0000b"}');
SELECT backup_restore('latest', '{"overwrite":true}');
SELECT backup_restore('latest', '{"from":"copy.db"}');
SELECT backup_restore('latest', '{"to":["x"]}');
SELECT backup_restore('no such backup', '{"to":"x.db"}');
SELECT backup_restore('../users', '{"to":"x.db"}');
SELECT backup_restore('', '{"to":"x.db"}');
SELECT backup_restore(NULL);
SELECT backup_restore(1);
SELECT backup_restore();
SELECT name FROM users ORDER BY id;

-- Rows as JSON: the tables of the backup, and nothing else.
CREATE TABLE pets(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE toys(name TEXT);
INSERT INTO pets(name) VALUES('Rex'), ('Tom');
INSERT INTO toys VALUES('ball');
SELECT backup_config('allow_restore', 'on');
SELECT backup_now('{"format":"json","exclude_tables":["toys"]}') LIKE '%.json';
DELETE FROM pets;
UPDATE toys SET name = 'stick';
CREATE TEMP TABLE rows_undo AS SELECT backup_restore('latest') AS name;
SELECT name FROM pets;
SELECT name FROM toys;
SELECT backup_restore(name) LIKE '%.sqlite' FROM temp.rows_undo;
SELECT count(*) FROM pets;
ALTER TABLE pets ADD COLUMN age;
SELECT backup_restore('latest');
SELECT backup_restore('latest', '{"to":"pets.db","reindex_later":1}');
ATTACH 'pets.db' AS pets_copy;
SELECT group_concat(name) FROM pets_copy.pets;
DETACH pets_copy;
SELECT backup_restore('latest', '{"reindex_later":1}');
SELECT backup_restore('latest', '{"to":"pets2.db","level":"checksum"}');
SELECT backup_restore('latest', '{"to":"pets3.db","level":"half"}');
SELECT backup_restore('latest', '{"level":"quick"}');

-- backup_assertions: what restore drills ask.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT count(*) FROM backup_assertions;
.shell test ! -e app.db-backups || echo a directory was made
INSERT INTO backup_assertions(name, sql) VALUES ('users', 'SELECT count(*) > 0 FROM users');
INSERT INTO backup_assertions VALUES ('newest', 'SELECT max(id) FROM users; -- the last', 7), ('version', 'PRAGMA user_version', '0');
SELECT name, sql, expect, typeof(expect), database FROM backup_assertions;
UPDATE backup_assertions SET expect = '8' WHERE name = 'newest';
UPDATE backup_assertions SET name = 'any user', sql = 'SELECT EXISTS (SELECT 1 FROM users)' WHERE name = 'users';
DELETE FROM backup_assertions WHERE name = 'version';
SELECT name, sql, expect FROM backup_assertions;
UPDATE backup_assertions SET name = name, expect = NULL WHERE name = 'newest';
SELECT name, sql, expect FROM backup_assertions;

-- ROLLBACK takes back, as far as its savepoint.
BEGIN;
DELETE FROM backup_assertions WHERE name = 'newest';
SAVEPOINT s;
INSERT INTO backup_assertions(name, sql) VALUES ('b', 'SELECT 1'), ('c', 'SELECT 1');
UPDATE backup_assertions SET name = upper(name), sql = 'SELECT 2';
DELETE FROM backup_assertions WHERE name = 'C';
SELECT name, sql FROM backup_assertions;
ROLLBACK TO s;
SELECT name, sql FROM backup_assertions;
ROLLBACK;
SELECT name, sql FROM backup_assertions;
BEGIN;
DELETE FROM backup_assertions;
COMMIT;
SELECT count(*) FROM backup_assertions;

-- Each database has its own.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
INSERT INTO backup_assertions(name, sql, database) VALUES ('a', 'SELECT 1', 'other.db');
INSERT INTO backup_assertions(name, sql) VALUES ('a', 'SELECT 1');
UPDATE backup_assertions SET sql = 'SELECT 2' WHERE database = 'other.db';
SELECT name, sql, database FROM backup_assertions UNION ALL SELECT name, sql, database FROM backup_assertions('other.db');
DELETE FROM backup_assertions WHERE database = 'other.db';
SELECT count(*) FROM backup_assertions('other.db');

-- They follow when the directory changes.
SELECT backup_config('directory', 'elsewhere');
SELECT name, sql FROM backup_assertions;
UPDATE backup_assertions SET sql = 'SELECT 3';
INSERT INTO backup_assertions(name, sql) VALUES ('of elsewhere', 'SELECT 4');
-- Where the new place has one of the same name, that stays.
SELECT backup_config('directory', NULL);
SELECT name, sql FROM backup_assertions;
DELETE FROM backup_assertions WHERE name = 'of elsewhere';

-- Refused, and nothing changed.
INSERT INTO backup_assertions(name, sql) VALUES ('b', 'SELECT 1'), ('a', 'SELECT 2');
UPDATE backup_assertions SET name = 'x', sql = 'SELECT';
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'SELECT * FORM users');
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'SELECT ''open');
INSERT INTO backup_assertions(name, sql) VALUES ('x', '');
INSERT INTO backup_assertions(name, sql) VALUES ('x', ' -- nothing');
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'SELECT 1; SELECT 2');
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'SELECT * FROM users; SELECT 2');
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'CREATE TABLE t(x)');
INSERT INTO backup_assertions(name, sql) VALUES ('x', 'SELECT 1' || char(0));
INSERT INTO backup_assertions(name, sql) VALUES ('x', 1);
INSERT INTO backup_assertions(name, sql) VALUES ('', 'SELECT 1');
INSERT INTO backup_assertions(name, sql) VALUES (NULL, 'SELECT 1');
INSERT INTO backup_assertions(name, sql, expect) VALUES ('x', 'SELECT 1', x'00');
INSERT INTO backup_assertions(name, sql, database) VALUES ('x', 'SELECT 1', 'missing.db');
UPDATE backup_assertions SET database = 'other.db';
SELECT count(*) FROM backup_assertions('missing.db');
SELECT name, sql, expect FROM backup_assertions;
SELECT count(*) FROM users;

-- DELETE FROM backups: refused as a whole, acted on at COMMIT, undone by ROLLBACK.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT backup_now('{"note":"1"}');
SELECT backup_now('{"note":"2"}');
SELECT backup_now('{"note":"3"}');
SELECT backup_now('{"note":"4"}');
SELECT backup_now('{"note":"5"}');
SELECT backup_now('{"note":"6"}');

DELETE FROM backups WHERE note = '1';
SELECT changes(), group_concat(note) FROM backups;

-- ROLLBACK keeps them all.
BEGIN;
DELETE FROM backups WHERE note IN ('2', '3');
SELECT group_concat(note) FROM backups;
ROLLBACK;
SELECT group_concat(note) FROM backups;

-- Savepoints, and the table under both its names.
BEGIN;
SAVEPOINT one;
DELETE FROM backups WHERE note = '2';
SAVEPOINT two;
DELETE FROM backup_list WHERE note = '3';
SELECT group_concat(note) FROM backups;
ROLLBACK TO two;
SELECT group_concat(note) FROM backup_list;
ROLLBACK TO one;
SELECT group_concat(note) FROM backups;
DELETE FROM backup_list WHERE note = '3';
RELEASE one;
COMMIT;
SELECT group_concat(note) FROM backups;

-- A statement that is refused takes nothing, nor does it end the transaction.
UPDATE backups SET pinned = 1 WHERE note = '5';
BEGIN;
INSERT INTO users VALUES (1, 'Ada');
DELETE FROM backups WHERE note = '2';
DELETE FROM backups WHERE note >= '4';
SELECT group_concat(note) FROM backups;
COMMIT;
SELECT group_concat(note) FROM backups;
SELECT count(*) FROM users;
DELETE FROM backups WHERE note = '5' AND force = 1;

-- What was pinned in this transaction stays.
BEGIN;
UPDATE backups SET pinned = 1 WHERE note = '6';
DELETE FROM backups WHERE note = '6';
ROLLBACK;

-- The last restorable backup goes only by force.
UPDATE backups SET pinned = 0;
DELETE FROM backups;
SELECT group_concat(note) FROM backups;
DELETE FROM backups WHERE note <> '6';
DELETE FROM backups;
DELETE FROM backups WHERE force = 1;
SELECT count(*) FROM backups;
DELETE FROM backups;

-- Of two databases in one statement.
ATTACH 'other.db' AS other;
CREATE TABLE other.things(x);
SELECT backup_now('{"note":"a"}');
SELECT backup_now('{"note":"b"}');
SELECT backup_now('{"schema":"other", "note":"a"}');
SELECT backup_now('{"schema":"other", "note":"b"}');
DELETE FROM backups WHERE database IN ('app.db', 'other.db') AND note = 'a';
SELECT group_concat(note) FROM backups;
SELECT group_concat(note) FROM backups('other.db');
SELECT operation, status, count(*) FROM backup_log WHERE operation = 'delete' GROUP BY 1, 2;

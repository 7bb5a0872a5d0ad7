-- UPDATE backups: pinned, note and labels; acted on at COMMIT.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT backup_now('{"note":"1"}');
SELECT backup_now('{"note":"2", "labels":{"a":1}}');
UPDATE backups SET pinned = 1, note = 'keep', labels = json_object('why', 'audit') WHERE note = '1';
SELECT note, pinned, labels FROM backups;
UPDATE backups SET pinned = 0, note = NULL, labels = NULL WHERE note = 'keep';
SELECT note IS NULL, pinned, labels IS NULL FROM backups;
BEGIN;
UPDATE backups SET note = 'not for long';
SELECT note FROM backups;
SAVEPOINT s;
UPDATE backup_list SET note = 'shorter still', pinned = 1;
SELECT note, pinned FROM backups;
ROLLBACK TO s;
SELECT note, pinned FROM backups;
ROLLBACK;
SELECT note FROM backups;

-- UPDATE ... FROM, and a column set to what it is.
CREATE TABLE notes(name TEXT, note TEXT);
INSERT INTO notes SELECT name, 'size ' || size FROM backups;
UPDATE backups SET note = notes.note FROM notes WHERE notes.name = backups.name;
SELECT note FROM backups;
UPDATE backups SET note = 'same size', size = size;
SELECT note FROM backups;

-- Refused, and nothing changed.
UPDATE backups SET note = 'wrong', size = 1;
UPDATE backups SET name = 'mine.sqlite';
UPDATE backups SET path = '/etc/passwd';
UPDATE backups SET database = 'other.db';
UPDATE backups SET force = 1;
UPDATE backups SET rowid = 7;
UPDATE backups SET pinned = 'yes';
UPDATE backups SET pinned = NULL;
UPDATE backups SET pinned = 2;
UPDATE backups SET note = 5;
UPDATE backups SET note = 'a' || char(0);
UPDATE backups SET labels = '[1]';
UPDATE backups SET labels = '{"a":null}';
UPDATE backups SET labels = 'text';
INSERT INTO backups(name) VALUES ('mine.sqlite');
SELECT note, pinned, labels FROM backups;

-- backup_delete: removes one backup; needs no write transaction on the database.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT backup_now('{"note":"first"}');
SELECT backup_now('{"note":"second"}');
SELECT backup_now('{"note":"third", "pinned":true}');
SELECT backup_delete(name) FROM backups WHERE note = 'first';
SELECT note FROM backups;

-- Refused: pinned, the last one, bad names.
SELECT backup_delete(name) FROM backups WHERE note = 'third';
UPDATE backups SET pinned = 0;
SELECT backup_delete(name) FROM backups WHERE note = 'third';
SELECT backup_delete(name) FROM backups;
SELECT backup_delete(name, '{"force":true}') FROM backups;
SELECT count(*) FROM backups;
SELECT backup_delete('missing.sqlite');
SELECT backup_delete('../app.db');
SELECT backup_delete('/etc/passwd');
SELECT backup_delete('a' || char(0) || 'b');
SELECT backup_delete('');
SELECT backup_delete('latest');
SELECT backup_delete(NULL);
SELECT backup_delete('x', '{"really":true}');
SELECT count(*) FROM users;

-- backup_rekey: other keys for an encrypted backup; its name.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
SELECT backup_config('encrypt_to', 'age1w3tyke4gev25vaxxsvcgqu4484rf6ejpmavs57p6yz6lhy2sfs5swrvwyn');
SELECT backup_now('{"note":"of the manifest"}');
UPDATE backups SET pinned = 1, note = 'of the marks';

-- No key that opens it is here.
SELECT backup_rekey('latest');

SELECT backup_config('identity', 'AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6');
SELECT backup_verify('latest');
CREATE TEMP TABLE before AS SELECT name, sha256, size, verified_at, note, pinned, tables, rows FROM backups;
SELECT backup_rekey('latest', '{"encrypt_to":"passphrase"}');
SELECT backup_config('passphrase', 'correct horse');
SELECT backup_rekey('latest', '{"encrypt_to":"passphrase"}');
SELECT b.sha256 = a.sha256, a.verified_at = b.verified_at, b.note, b.pinned, b.tables, b.rows
FROM backups AS b JOIN temp.before AS a USING (name);
SELECT operation, name = (SELECT name FROM backups), status, error_code FROM backup_log;

-- The old key alone opens it no more; the new one does.
SELECT backup_config('passphrase', NULL);
SELECT backup_restore('latest', '{"to":"copy.db"}');
SELECT backup_verify('latest', '{"level":"full"}');
SELECT backup_config('passphrase', 'correct horse');
SELECT backup_verify('latest', '{"level":"full"}');

-- To whom the setting says, by name.
SELECT backup_rekey(name) = name FROM backups;
SELECT backup_config('passphrase', NULL);
SELECT backup_verify('latest');
SELECT backup_rekey('latest', json_object('encrypt_to', json_array('age1w3tyke4gev25vaxxsvcgqu4484rf6ejpmavs57p6yz6lhy2sfs5swrvwyn')));
SELECT backup_drill() ->> '$.ok';

-- Never plain, and nothing but encrypted backups of our own.
SELECT backup_rekey('latest', '{"encrypt_to":"[]"}');
SELECT backup_rekey('latest', '{"encrypt_to":[]}');
SELECT backup_rekey('latest', '{"encrypt_to":"nobody"}');
SELECT backup_rekey('latest', '{"encrypt_to":[1]}');
SELECT backup_rekey('latest', '{"encrypt_to":1}');
SELECT backup_config('encrypt_to', '[]');
SELECT backup_rekey('latest');
SELECT backup_now();
SELECT backup_rekey('latest', '{"encrypt_to":"passphrase"}');
SELECT backup_config('passphrase', 'correct horse');
SELECT backup_rekey('latest', '{"encrypt_to":"passphrase"}');
.shell cp app.db-backups/*.age app.db-backups/theirs.sqlite.age
SELECT backup_rekey('theirs.sqlite.age', '{"encrypt_to":"passphrase"}');

-- Refused.
SELECT backup_rekey('missing.sqlite.age', '{"encrypt_to":"passphrase"}');
SELECT backup_rekey('latest', '{"to":"passphrase"}');
SELECT backup_rekey('a/b', '{"encrypt_to":"passphrase"}');
SELECT backup_rekey(NULL);

-- A few bytes changed.
.shell for f in app.db-backups/backup-*.age; do printf XXXXXXXX | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
SELECT backup_rekey(name, '{"encrypt_to":"passphrase"}') FROM backups WHERE name LIKE 'backup-%.age';
SELECT status FROM backups WHERE name LIKE 'backup-%.age';

-- It can be deleted like any other.
UPDATE backups SET pinned = 0 WHERE name LIKE 'backup-%.age';
DELETE FROM backups WHERE name LIKE 'backup-%.age';
SELECT count(*) FROM backups WHERE name LIKE 'backup-%.age';

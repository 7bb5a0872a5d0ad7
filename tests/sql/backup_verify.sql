-- backup_verify: 'ok', or an error that names the first thing wrong.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
SELECT backup_now();
SELECT verified_at IS NULL FROM backups;
SELECT backup_verify('latest');
SELECT backup_verify('latest', '{"level":"checksum"}');
SELECT backup_verify('latest', '{"level":"quick"}');
SELECT backup_verify('latest', '{"level":"full"}');
SELECT backup_verify(name) FROM backups;
SELECT verified_at IS NOT NULL FROM backups;

-- A database that a user copied into the directory is listed, and can be proven too.
VACUUM INTO 'app.db-backups/from-elsewhere.db';
SELECT name, trigger, status, sha256 IS NULL FROM backups ORDER BY name DESC LIMIT 1;
SELECT backup_verify('from-elsewhere.db');

-- A stranger's file that is none.
.output app.db-backups/notes.txt
.print this is no database at all, and it is longer than the hundred bytes of an SQLite header, to be sure of it.
.output
SELECT backup_verify('notes.txt');

-- One byte changed.
.shell for f in app.db-backups/*.sqlite; do printf X | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
SELECT backup_verify(name) FROM backups WHERE trigger = 'manual';
SELECT status, verified_at IS NULL FROM backups WHERE trigger = 'manual';
SELECT backup_restore(name, '{"to":"damaged.db"}') FROM backups WHERE trigger = 'manual';
BEGIN;
INSERT INTO users VALUES (3, 'Edsger');
SELECT backup_verify(name) FROM backups WHERE trigger = 'manual';
COMMIT;
SELECT count(*) FROM users;

-- Refused.
SELECT backup_verify('latest', '{"level":"deep"}');
SELECT backup_verify('latest', '{"depth":"full"}');
SELECT backup_verify('missing.sqlite');
SELECT backup_verify('a/b');
SELECT backup_verify('..');
SELECT backup_verify('a' || char(0) || 'b');
SELECT backup_verify('a' || char(10) || 'b');
SELECT backup_verify('catalog.db');
SELECT backup_verify(NULL);
SELECT backup_verify(x'00');
SELECT backup_verify('latest', '{"database":"missing.db"}');

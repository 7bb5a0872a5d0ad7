-- backup_drill, backup_drills: a restore into a scratch place, proven and recorded.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Edsger'), (4, 'Barbara');
SELECT backup_drill();
SELECT count(*) FROM backup_drills;
SELECT backup_now();
INSERT INTO backup_assertions(name, sql) VALUES ('some users', 'SELECT count(*) > 0 FROM users');
SELECT value ->> '$.name', value ->> '$.ok', value ->> '$.detail' FROM json_each(backup_drill() -> '$.checks');
SELECT id, name, ok, failed_check, error, warnings, bytes, trigger FROM backup_drills;
SELECT restore_seconds > 0, data_age_seconds >= 0, started_at > datetime('now', '-1 minute'), report ->> '$.ok' FROM backup_drills;
SELECT verified_at IS NOT NULL FROM backups;
SELECT operation, trigger, name, status, bytes > 0 FROM backup_log WHERE operation = 'drill';
SELECT backup_drill('{"fresh_within":"1h"}') ->> '$.checks[#-1].name';
.shell ! ls -A app.db-backups | grep drill

-- A failed one is recorded, then an error. The stored bytes are sound, so the backup is.
INSERT INTO backup_assertions(name, sql, expect) VALUES ('Zoe', 'SELECT name FROM users WHERE id = 1', 'Zoe');
SELECT backup_drill();
SELECT backup_drill('{"fresh_within":"0s"}');
SELECT id, ok, failed_check, error FROM backup_drills;
SELECT status FROM backups;
SELECT operation, status, error_code, error FROM backup_log WHERE operation = 'drill' AND status = 'failed';
DELETE FROM backup_assertions;

-- What has gone since the last that passed is told.
DELETE FROM users WHERE id > 1;
SELECT backup_now();
SELECT backup_drill() -> '$.warnings';
SELECT warnings FROM backup_drills ORDER BY id DESC LIMIT 1;

-- Points, scratch places, other databases.
SELECT backup_drill(json_object('point', name)) ->> '$.tables[0].rows' FROM backups;
.shell mkdir elsewhere
SELECT backup_drill('{"scratch":"elsewhere"}') ->> '$.ok';
SELECT backup_config('scratch', 'elsewhere');
SELECT backup_drill() ->> '$.ok';
.shell ls -A elsewhere
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
SELECT backup_now('{"schema":"other"}');
SELECT backup_drill('{"schema":"other"}') ->> '$.tables[0].name';
SELECT backup_drill('{"database":"other.db"}') ->> '$.tables[0].name';
SELECT count(*) FROM backup_drills('other.db');
-- It ends, though each row drills again.
SELECT count(backup_drill('{"database":"other.db"}')) FROM backup_drills('other.db');
SELECT count(*) FROM backup_drills WHERE database = 'other.db';

-- Damage is marked.
.shell for f in app.db-backups/*.sqlite; do printf X | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
SELECT backup_drill();
SELECT status, verified_at FROM backups ORDER BY created_at DESC LIMIT 1;

-- Refused.
SELECT backup_drill('{"pont":"latest"}');
SELECT backup_drill('{"fresh_within":"soon"}');
SELECT backup_drill('{"fresh_within":60}');
SELECT backup_drill('{"scratch":""}');
SELECT backup_drill('{"scratch":"missing"}');
SELECT backup_drill('{"point":"missing.sqlite"}');
SELECT backup_drill('{"point":"../app.db"}');
SELECT backup_drill('{"database":"other.db","schema":"other"}');
SELECT backup_drill('{"database":"missing.db"}');
SELECT backup_drill('latest');
SELECT ok, failed_check, error, report FROM backup_drills ORDER BY id DESC LIMIT 1;
DELETE FROM backup_drills;
SELECT count(*) FROM backup_drills('missing.db');
SELECT count(*) FROM users;

-- backup_status: one JSON object.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT key, type FROM json_each(backup_status());
SELECT backup_status() ->> '$.backups.count', backup_status() ->> '$.backups.latest';
SELECT backup_now();
SELECT backup_now('{"pinned":true}');
SELECT key, type FROM json_each(backup_status(), '$.backups');
SELECT backup_status() ->> '$.backups.count', backup_status() ->> '$.backups.pinned', backup_status() ->> '$.backups.bytes';
SELECT key, type FROM json_each(backup_status(), '$.backups.latest');
SELECT backup_status() ->> '$.backups.latest.age_seconds' < 60;
SELECT backup_status() ->> '$.last_error';
.shell for f in app.db-backups/*.sqlite; do printf damage | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
SELECT backup_verify('latest');
SELECT backup_status() ->> '$.backups.completed', backup_status() ->> '$.backups.damaged';
SELECT backup_status() ->> '$.last_error.operation', backup_status() ->> '$.last_error.error_code';
SELECT key, value ->> 'value', value ->> 'source' FROM json_each(backup_status(), '$.settings');
SELECT backup_status('{"database":"missing.db"}');
SELECT backup_status('{"verbose":true}');

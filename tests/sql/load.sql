-- Loading registers and does nothing else; loading again changes nothing, whoever asks.
CREATE TABLE users(id INTEGER PRIMARY KEY);
.shell ls
SELECT count(*) FROM backups;
SELECT backup_status() ->> '$.backups.count';
SELECT backup_verify('latest');
.shell ls
SELECT load_extension((SELECT './libsqbackup'));
SELECT backup_now();
SELECT load_extension('./libsqbackup') FROM (SELECT backup_verify('latest'));
SELECT count(*) FROM backups;
SELECT count(DISTINCT name) FROM pragma_function_list WHERE name LIKE 'backup%';

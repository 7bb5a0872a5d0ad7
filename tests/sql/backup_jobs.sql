-- backup_jobs: what is running now, in any process. Here nothing is.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT name FROM pragma_table_info('backup_jobs');
SELECT count(*) FROM backup_jobs;
SELECT backup_now();
SELECT count(*) FROM backup_jobs;
SELECT count(*) FROM backup_jobs('missing.db');
DELETE FROM backup_jobs;

-- backup_config: one setting, read or set.
SELECT backup_config('row_counts');
SELECT backup_config('row_counts', 'off');
SELECT backup_config('row_counts');
SELECT backup_config('row_counts', 1);
SELECT backup_config('row_counts', 'No');
SELECT backup_config('row_counts', NULL);
SELECT backup_config('format');
SELECT backup_config('directory');
SELECT backup_config('directory', 'elsewhere');
CREATE TABLE users(id);
SELECT backup_now();
SELECT path FROM backups;
SELECT backup_config('directory', NULL);
SELECT count(*) FROM backups;

-- Refused.
SELECT backup_config('colour');
SELECT backup_config('colour', 'red');
SELECT backup_config('row_counts', 'perhaps');
SELECT backup_config('format', 'zip');
SELECT backup_config('row_counts', x'01');
SELECT backup_config('directory', 'a' || char(0) || 'b');
SELECT backup_config('directory', '');
SELECT backup_config(NULL);
SELECT backup_config(1);
SELECT backup_config();
SELECT backup_config('row_counts', 'on', '{}');

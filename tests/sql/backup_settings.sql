-- backup_settings: every setting, its value in force and where that comes from.
SELECT key, value, default_value, source FROM backup_settings;
SELECT count(*) FROM backup_settings WHERE description IS NULL;
UPDATE backup_settings SET value = 'off' WHERE key = 'row_counts';
SELECT value, source FROM backup_settings WHERE key = 'row_counts';
SELECT backup_config('row_counts');
UPDATE backup_settings SET value = 1 WHERE key = 'row_counts';
SELECT value, source FROM backup_settings WHERE key = 'row_counts';
UPDATE backup_settings SET value = NULL WHERE key = 'row_counts';
SELECT value, source FROM backup_settings WHERE key = 'row_counts';

-- ROLLBACK sets back, as far as its savepoint.
BEGIN;
UPDATE backup_settings SET value = 'off' WHERE key = 'row_counts';
SAVEPOINT s;
UPDATE backup_settings SET value = 'on' WHERE key IN ('row_counts', 'allow_restore');
SELECT key, value FROM backup_settings WHERE key IN ('row_counts', 'allow_restore');
ROLLBACK TO s;
SELECT key, value FROM backup_settings WHERE key IN ('row_counts', 'allow_restore');
ROLLBACK;
SELECT key, value, source FROM backup_settings WHERE key IN ('row_counts', 'allow_restore');

-- Each database has its own.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
UPDATE backup_settings SET value = 'on' WHERE key = 'allow_restore' AND database = 'other.db';
SELECT value FROM backup_settings('other.db') WHERE key = 'allow_restore';
SELECT value FROM backup_settings WHERE key = 'allow_restore';

-- Refused, and nothing changed.
UPDATE backup_settings SET value = 'perhaps' WHERE key = 'row_counts';
UPDATE backup_settings SET value = x'00' WHERE key = 'row_counts';
UPDATE backup_settings SET value = 'on' WHERE key IN ('row_counts', 'allow_restore', 'format');
UPDATE backup_settings SET key = 'colour';
UPDATE backup_settings SET source = 'default';
INSERT INTO backup_settings(key, value) VALUES ('colour', 'red');
DELETE FROM backup_settings;
SELECT key, value, source FROM backup_settings WHERE key <> 'directory';

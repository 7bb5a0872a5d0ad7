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

-- A secret is never shown. ROLLBACK sets it back too.
UPDATE backup_settings SET value = 'a secret of many words and no prefix' WHERE key = 'webhook_secret';
UPDATE backup_settings SET value = 'smtp://me:OpenSesame@localhost' WHERE key = 'smtp_url';
UPDATE backup_settings SET value = 'https://example.com/token' WHERE key = 'ping_url';
SELECT key, value, source FROM backup_settings WHERE key IN ('webhook_secret', 'smtp_url', 'ping_url');
SELECT backup_status() -> '$.settings.webhook_secret', backup_status() -> '$.settings.smtp_url';
.shell ! grep -c -e 'many words' -e OpenSesame app.db-backups/catalog.db
BEGIN;
UPDATE backup_settings SET value = NULL WHERE key = 'smtp_url';
SELECT value, source FROM backup_settings WHERE key = 'smtp_url';
ROLLBACK;
SELECT value, source FROM backup_settings WHERE key = 'smtp_url';
UPDATE backup_settings SET value = NULL WHERE key IN ('webhook_secret', 'smtp_url', 'ping_url');

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

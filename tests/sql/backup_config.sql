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

-- Targets of alerts: a secret is taken and never given back.
SELECT backup_config('ping_url', 'https://hc-ping.com/KEY');
SELECT backup_config('webhook_url', 'https://example.com/hook');
SELECT backup_config('webhook_secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
SELECT backup_config('webhook_secret');
SELECT backup_config('smtp_url', 'smtp://me:OpenSesame@mail.example.com');
SELECT backup_config('smtp_url', NULL) IS NULL;
SELECT backup_config('mail_to', 'a@example.com, b@example.com');
SELECT backup_config('mail_from', 'backup@example.com');

-- Refused.
SELECT backup_config('ping_url', 'ftp://example.com/TOKEN');
SELECT backup_config('ping_url', '');
SELECT backup_config('ping_url');
SELECT backup_config('webhook_url', 'https://example.com/TOKEN#x');
SELECT backup_config('webhook_secret', 'OpenSesame');
SELECT backup_config('webhook_secret', '***');
SELECT backup_config('smtp_url', 'smtp://me:Open@Sesame@mail.example.com');
SELECT backup_config('smtp_url', '***');
SELECT backup_config('mail_to', 'nobody');
SELECT backup_config('mail_from', 'a@example.com, b@example.com');
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

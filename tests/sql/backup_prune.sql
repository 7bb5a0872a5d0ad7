-- backup_prune, backup_prune_plan: retention by the settings.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT backup_prune();
SELECT count(*) FROM backup_prune_plan;
.shell test ! -e app.db-backups || echo a directory was made
SELECT backup_now('{"note":"1"}');
SELECT backup_now('{"note":"2"}');
SELECT backup_now('{"note":"3"}');
SELECT backup_now('{"note":"4"}');
SELECT backup_now('{"note":"5"}');

-- Without a policy what was made by hand stays; the default is ten; with a limit alone it is no rule.
SELECT note, keep, reasons FROM backup_prune_plan JOIN backups USING (name);
SELECT backup_config('keep_last', 10);
SELECT note, keep, reasons FROM backup_prune_plan JOIN backups USING (name);
SELECT backup_config('keep_last', NULL);
SELECT backup_config('keep_at_most', 4);
SELECT note, keep, reasons FROM backup_prune_plan JOIN backups USING (name);
SELECT backup_config('keep_last', 2);
UPDATE backups SET pinned = 1 WHERE note = '2';
SELECT note, p.created_at = b.created_at AS same_time, keep, reasons FROM backup_prune_plan AS p JOIN backups AS b USING (name);
SELECT backup_prune('{"dry_run":true}');
SELECT backup_prune('{"dry_run":1}');
SELECT count(*) FROM backups;
SELECT backup_prune();
SELECT note FROM backups;
SELECT backup_prune();
SELECT operation, trigger, name, status, error FROM backup_log WHERE operation IN ('prune', 'delete');

-- What is limited away still leaves the newest; a live restore's undo stays.
SELECT backup_config('keep_last', NULL);
SELECT backup_config('keep_at_most', 1);
SELECT backup_config('allow_restore', 'on');
SELECT backup_restore('latest');
SELECT backup_now('{"note":"6"}');
SELECT trigger, note, keep, replace(reasons, b.created_at, 'its time') FROM backup_prune_plan JOIN backups AS b USING (name);
SELECT backup_prune();
SELECT trigger, note FROM backups;

-- Another database, by file and by schema.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
SELECT backup_now('{"schema":"other"}');
SELECT backup_now('{"schema":"other"}');
UPDATE backup_settings SET value = 1 WHERE key = 'keep_last' AND database = 'other.db';
SELECT keep, reasons FROM backup_prune_plan('other.db');
SELECT keep FROM backup_prune_plan WHERE database = 'other.db' ORDER BY created_at;
SELECT backup_prune('{"schema":"other", "dry_run":true}');
SELECT backup_prune('{"database":"other.db"}');
SELECT count(*) FROM backups('other.db');

-- Refused.
SELECT backup_prune('{"dryrun":true}');
SELECT backup_prune('{"dry_run":"yes"}');
SELECT backup_prune('{"database":"other.db","schema":"other"}');
SELECT backup_prune('{"database":"missing.db"}');
SELECT backup_prune('latest');
SELECT count(*) FROM backup_prune_plan('missing.db');
DELETE FROM backup_prune_plan;
SELECT count(*) FROM users;

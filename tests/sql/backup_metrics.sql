-- backup_metrics: the backups of this process's databases, for Prometheus.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
CREATE TEMP TABLE page(line);
CREATE TEMP TRIGGER lines AFTER INSERT ON page WHEN instr(new.line, char(10)) BEGIN
  DELETE FROM page;
  INSERT INTO page SELECT value FROM json_each('["' || replace(replace(replace(new.line, '\', '\\'), '"', '\"'), char(10), '","') || '"]') WHERE value <> '';
END;

-- Nothing is known yet.
INSERT INTO page SELECT backup_metrics();
SELECT line FROM page WHERE line LIKE '# TYPE%' OR line LIKE '# HELP%';
SELECT line FROM page WHERE line NOT LIKE '#%' AND line NOT LIKE 'sqbackup_info%';
SELECT line = 'sqbackup_info{version="' || (backup_version() ->> '$.version') || '",sqlite_version="' || sqlite_version() || '"} 1' FROM page WHERE line LIKE 'sqbackup_info%';

-- All is. Times, durations and sizes of disks differ from run to run.
SELECT backup_now(), backup_now();
SELECT backup_verify('latest');
SELECT backup_drill() ->> '$.ok';
SELECT backup_config('interval', '1h');
SELECT backup_start() ->> '$.leader';
INSERT INTO page SELECT backup_metrics();
SELECT CASE WHEN line LIKE '%seconds{%' OR line LIKE '%free_bytes{%' THEN rtrim(line, '0123456789. ') ELSE line END FROM page
  WHERE line NOT LIKE '#%' AND line NOT LIKE 'sqbackup_info%' AND line NOT LIKE 'sqbackup_next_backup%';
SELECT CAST(substr(line, instr(line, '} ') + 2) AS REAL) - unixepoch() BETWEEN -60 AND 1 FROM page
  WHERE line LIKE 'sqbackup_last%timestamp_seconds{%';
SELECT backup_stop() ->> '$.state';

-- One that cannot be looked at says so, and hides no other.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
SELECT backup_now('{"schema":"other"}') IS NOT NULL;
.shell sqlite3 other.db-backups/catalog.db "PRAGMA user_version=999"
INSERT INTO page SELECT backup_metrics();
SELECT line FROM page WHERE line LIKE '%database_up{%' OR line LIKE '%other.db%' AND line NOT LIKE '#%';
SELECT database LIKE '%/other.db', problem IS NOT NULL FROM backup_fleet WHERE NOT ok;
SELECT backup_metrics('{}');

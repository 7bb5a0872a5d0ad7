-- backup_events: what happened, in its order.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
SELECT count(*) FROM backup_events;
SELECT backup_now();
SELECT backup_verify('latest');
SELECT backup_drill() IS NOT NULL;
INSERT INTO backup_assertions(name, sql) VALUES ('some users', 'SELECT count(*) > 0 FROM users');
SELECT backup_drill();
SELECT backup_config('allow_restore', 'on');
SELECT backup_restore('latest');
SELECT backup_now('{"database":"missing.db"}');
SELECT backup_delete(name) FROM backups WHERE trigger = 'pre_restore';
SELECT id, at, type, name, ok, title FROM backup_events;
SELECT id, text FROM backup_events WHERE NOT ok;
SELECT id, details FROM backup_events WHERE type IN ('backup.completed', 'drill.failed');
SELECT e.type, l.operation, l.status FROM backup_events AS e JOIN backup_log AS l ON l.id = e.details ->> '$.log_id' WHERE e.id <= 3;
SELECT count(DISTINCT run), min(length(run)), max(length(run)) FROM backup_events;

-- Followed by id, narrowed by time.
SELECT id FROM backup_events WHERE id > 5 ORDER BY id;
SELECT id FROM backup_events WHERE id >= 3 AND id < 5;
SELECT id FROM backup_events WHERE id = 4;
SELECT id FROM backup_events WHERE id > '5' AND id < 6.5;
SELECT id FROM backup_events WHERE id > 3 ORDER BY id DESC LIMIT 2;
SELECT count(*) FROM backup_events WHERE id > 9223372036854775806 OR id < -9223372036854775807;
SELECT count(*) FROM backup_events WHERE id > NULL;
SELECT count(*) > 0 FROM backup_events WHERE at > datetime('now', '-1 minute') AND at < datetime('now', '+1 minute');
SELECT count(*) FROM backup_events WHERE at > datetime('now', '+1 minute');
SELECT count(*) FROM backup_events WHERE at = (SELECT at FROM backup_events WHERE id = 1) AND id = 1;
EXPLAIN QUERY PLAN SELECT id FROM backup_events WHERE id > 5 AND at > '2026-01-01';

-- It ends, though each row adds one.
SELECT count(backup_verify('latest')) FROM backup_events WHERE id <= 2;

-- Another database's.
ATTACH 'other.db' AS other;
CREATE TABLE other.t(x);
SELECT backup_now('{"schema":"other"}');
SELECT id, type, title FROM backup_events('other.db');
SELECT count(*) FROM backup_events WHERE database = 'other.db';
SELECT count(*) FROM backup_events('missing.db');
INSERT INTO backup_events(type) VALUES ('x');
DELETE FROM backup_events;
UPDATE backup_events SET ok = 1;

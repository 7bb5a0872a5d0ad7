-- Backs up every database of a list, proves what it made, and removes what is older than thirty days.
--
--   sqlite3 tenants.db ".load ./libsqbackup" ".read tenants.sql"
--
-- The list is the table tenants(path). docs/guides/many-databases.md explains each step.
--
--@ CREATE TABLE tenants(path TEXT PRIMARY KEY);
--@ ATTACH 'anna.db' AS anna; CREATE TABLE anna.orders(id); DETACH anna;
--@ ATTACH 'bert.db' AS bert; CREATE TABLE bert.orders(id); DETACH bert;
--@ INSERT INTO tenants VALUES ('anna.db'), ('bert.db');

SELECT path, backup_now(json_object('database', path, 'note', 'nightly')) AS name FROM tenants;
-- => anna.db|backup-2026-11-20T10-30-00-000Z.sqlite
-- => bert.db|backup-2026-11-20T10-30-00-100Z.sqlite
SELECT path, backup_verify('latest', json_object('database', path)) AS verified FROM tenants;
-- => anna.db|ok
-- => bert.db|ok
SELECT t.path, name, backup_delete(name, json_object('database', t.path)) AS removed FROM tenants AS t, backups(t.path)
  WHERE created_at < datetime('now', '-30 days') AND NOT pinned;

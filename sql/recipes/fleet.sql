-- A fleet of databases, one for each tenant: starts the schedulers of all from one table, shows how they are, backs up
-- those that have no backup, and drills one at random.
--
--   in the process that stays: load the library, and run this on its connection to tenants.db
--
-- The list is the table tenants(path, active). The schedulers end with the connection. docs/guides/many-databases.md
-- explains each step.
--
--@ CREATE TABLE tenants(path TEXT PRIMARY KEY, active INTEGER NOT NULL DEFAULT 1);
--@ ATTACH 'anna.db' AS anna; CREATE TABLE anna.orders(id); DETACH anna;
--@ ATTACH 'bert.db' AS bert; CREATE TABLE bert.orders(id); DETACH bert;
--@ ATTACH 'carl.db' AS carl; CREATE TABLE carl.orders(id); DETACH carl;
--@ INSERT INTO tenants VALUES ('anna.db', 1), ('bert.db', 1), ('carl.db', 0);
--@ SELECT backup_now(json_object('database', path)), backup_now(json_object('database', path)) FROM tenants WHERE active;
--@ SELECT backup_verify('latest', json_object('database', path)) FROM tenants WHERE active;

SELECT path, backup_start(json_object('database', path)) ->> '$.state' AS scheduler FROM tenants WHERE active;
-- => anna.db|started
-- => bert.db|started
SELECT database, state, ok, failing, problem FROM backup_fleet;
-- => .../anna.db|leader|1||
-- => .../bert.db|leader|1||
-- Who has no good backup from the last day, whether anybody looks after it or not.
SELECT t.path FROM tenants AS t WHERE NOT EXISTS (
  SELECT 1 FROM backups(t.path) WHERE status = 'completed' AND created_at > datetime('now', '-1 day'));
-- => carl.db
-- And mends that.
SELECT t.path, backup_now(json_object('database', t.path)) AS name FROM tenants AS t WHERE NOT EXISTS (
  SELECT 1 FROM backups(t.path) WHERE status = 'completed' AND created_at > datetime('now', '-1 day'));
-- => carl.db|backup-2026-11-20T10-30-00-000Z.sqlite
-- A drill of one, another each time. MATERIALIZED: chosen first, so that no other one is drilled.
WITH chosen AS MATERIALIZED (SELECT path FROM tenants ORDER BY random() LIMIT 1)
  SELECT path, backup_drill(json_object('database', path)) ->> '$.ok' AS passed FROM chosen;
-- => ...|1
-- When each was last drilled, the longest ago first.
SELECT t.path, max(d.started_at) AS last_drill FROM tenants AS t LEFT JOIN backup_drills AS d ON d.database = t.path
  GROUP BY t.path ORDER BY last_drill;
-- => ...
-- => ...
-- => ...
SELECT sum(ok) AS drills FROM tenants AS t, backup_drills(t.path);  -- => 1

-- Brings back rows that were deleted by mistake, from the newest backup, and changes nothing else.
--
--   sqlite3 app.db ".load ./libsqbackup" ".read undelete.sql"
--
-- Put your table in place of `users`, its primary key in place of `id`, and if the newest backup already lacks the
-- rows, a name or a time in place of 'latest'. docs/guides/after-a-mistake.md explains each step.
--
--@ SELECT backup_now();
--@ DELETE FROM users WHERE id < 3;

SELECT backup_restore('latest', '{"to":"undelete.db"}');  -- => .../undelete.db
ATTACH 'undelete.db' AS past;
BEGIN IMMEDIATE;
INSERT INTO main.users SELECT * FROM past.users WHERE id NOT IN (SELECT id FROM main.users);
SELECT changes() AS rows_brought_back;  -- => 2
COMMIT;
DETACH past;

-- backup_upload, backup_download, backup_adopt: copies in another place, a directory here.
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace');
CREATE TEMP VIEW here AS SELECT 'file://' || substr(file, 1, length(file) - length('/app.db')) AS url
  FROM pragma_database_list WHERE name = 'main';

-- No place, or none that is one.
SELECT backup_now('{"note":"of the manifest"}');
SELECT backup_upload('latest');
SELECT backup_upload('latest', '{"url":"nas"}');
SELECT backup_upload('latest', '{"url":"s3://"}');
SELECT backup_upload('latest', '{"url":"file://nas"}');
SELECT backup_upload('latest', json_object('url', url || '/nas')) FROM temp.here;
SELECT backup_upload('latest', json_object('url', url || '/app.db-backups')) FROM temp.here;
SELECT backup_config('url', 'https://example.com');
SELECT backup_config('region', 'a b');
SELECT backup_config('access_key_id', 'a b');
SELECT backup_config('path_style', 'maybe');

-- There.
.shell mkdir nas
SELECT replace(backup_config('url', url || '/nas'), url, '...') FROM temp.here;
UPDATE backups SET pinned = 1, note = 'of the marks';
SELECT replace(backup_upload('latest'), url, '...') FROM temp.here;
SELECT replace(b.url, h.url, '...') = '.../nas/' || name, uploaded_at >= created_at FROM backups AS b, temp.here AS h;
SELECT replace(backup_upload(name), h.url, '...') FROM backups AS b, temp.here AS h;
SELECT operation, trigger, status FROM backup_log ORDER BY id;
.shell ls -A nas | sed 's/backup-[0-9TZ-]*/BACKUP/' | sort
.shell grep -c . nas/RECOVERY.txt | grep -q '^[1-9]' && cmp app.db-backups/backup-*.sqlite nas/backup-*.sqlite && echo same

-- And back.
SELECT backup_download('latest');
.shell rm app.db-backups/backup-*
SELECT count(*) FROM backups;
SELECT backup_download('latest');
SELECT note, pinned, url IS NOT NULL FROM backups;
SELECT backup_verify('latest', '{"level":"full"}');
SELECT backup_download('backup-2020-01-01T00-00-00-000Z.sqlite');
SELECT backup_download('../users');

-- Straight to a new file, on a machine that knows nothing else.
SELECT replace(backup_restore(url || '/nas/latest', '{"to":"new.db"}'), substr(url, 8), '...') FROM temp.here;
ATTACH 'new.db' AS new;
SELECT name FROM new.users;
SELECT backup_restore(url || '/nas/latest', '{"to":"new.db"}') FROM temp.here;
SELECT backup_restore(url || '/nas/latest') FROM temp.here;
SELECT backup_restore(url || '/nas/backup-2020-01-01T00-00-00-000Z.sqlite', '{"to":"newer.db"}') FROM temp.here;
SELECT backup_restore(url || '/nowhere/latest', '{"to":"newer.db"}') FROM temp.here;
.shell ls -A | sort

-- Another database in the same place.
SELECT length(backup_now('{"schema":"new"}')) > 0;
SELECT backup_upload('latest', json_object('schema', 'new', 'url', url || '/nas')) FROM temp.here;
SELECT replace(backup_adopt(url || '/nas', '{"schema":"new"}'), url, '...') FROM temp.here;
SELECT replace(backup_upload('latest', '{"schema":"new"}'), url, '...') FROM temp.here;
SELECT backup_upload('latest');

-- What is of another database does not become this one's latest.
SELECT backup_download('latest');
SELECT replace(backup_restore(url || '/nas/LATEST', '{"to":"other.db"}'), substr(url, 8), '...') FROM temp.here;

-- Places that are none, points that mean nothing, targets that would do harm.
SELECT backup_upload('latest', json_object('url', url || '/new.db-backups')) FROM temp.here;
SELECT backup_restore(url || '/nas', '{"to":"newer.db"}') FROM temp.here;
SELECT backup_restore(url || '/nas/', '{"to":"newer.db"}') FROM temp.here;
SELECT backup_restore('file:///latest', '{"to":"newer.db"}');
SELECT backup_restore(url || '/nas/latest', '{"to":"nas/newer.db"}') FROM temp.here;
SELECT backup_restore(url || '/nas/latest', '{"to":"app.db-backups/newer.db"}') FROM temp.here;
SELECT backup_config('endpoint', 'https://key:secret@localhost');
.shell ln -s new.db-backups .newer.db.sqbackup-download
SELECT backup_restore(url || '/nas/latest', '{"to":"newer.db"}') FROM temp.here;
SELECT count(*) FROM backups('new.db');
.shell rm .newer.db.sqbackup-download

-- A copy that lost bytes is sent again.
SELECT length(backup_adopt(url || '/nas')) > 0 FROM temp.here;
SELECT length(backup_upload('latest')) > 0;
.shell f=$(basename app.db-backups/backup-*.sqlite); printf XXXXXXXX | dd of="nas/$f" bs=1 seek=5000 conv=notrunc status=none; cmp -s "app.db-backups/$f" "nas/$f" || echo differs
SELECT length(backup_upload('latest')) > 0;
.shell f=$(basename app.db-backups/backup-*.sqlite); cmp "app.db-backups/$f" "nas/$f" && echo same

-- One spelling for one place.
.shell ln -s nas nas-too
SELECT replace(backup_upload('latest', json_object('url', url || '/./nas-too/')), url, '...') FROM temp.here;

-- A manifest there that cannot be read.
.shell f=$(ls nas/backup-*.sqlite.json | tail -n 1); cp "$f" kept; echo garbage > "$f"
SELECT backup_restore(url || '/nas/latest', '{"to":"newer.db"}') FROM temp.here;
.shell mv kept $(ls nas/backup-*.sqlite.json | tail -n 1)

-- A few bytes changed there.
.shell for f in nas/backup-*.sqlite; do printf XXXXXXXX | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
SELECT backup_restore(url || '/nas/latest', '{"to":"newer.db"}') FROM temp.here;
.shell ls -A | sort
SELECT backup_upload(NULL);
SELECT backup_upload('latest', '{"to":"x"}');
SELECT backup_download(1);
SELECT backup_adopt('nas');

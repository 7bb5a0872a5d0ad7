#!/bin/sh
# The scenarios in the sqlite3 shell: host.sh MODULE DIRECTORY SCENARIO [SECONDS].
set -eu
module=${1%.so} directory=$2 scenario=$3 seconds=${4-}

shell() {
  sqlite3 -batch -bail -cmd '.timeout 10000' -cmd ".load '$module'" "$directory/app.db"
}

expect() {
  [ "$1" = "$2" ] || { echo "'$1', not '$2'"; exit 1; }
}

refused() {
  if output=$(echo "$1;" | shell 2>&1); then echo "not refused: $1"; exit 1; fi
  case $output in *"$2"*) ;; *) echo "$1: $output"; exit 1 ;; esac
}

create() {
  shell >/dev/null <<SQL
PRAGMA journal_mode = wal;
CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO item SELECT value, hex(randomblob(10)) FROM generate_series(1, 1000);
SQL
}

work() {
  name=$(echo "SELECT backup_now();" | shell)
  expect "$(echo 'SELECT name, status, rows FROM backups;' | shell)" "$name|completed|1000"
  expect "$(echo "SELECT backup_verify('$name');" | shell)" ok
  echo "DELETE FROM item WHERE id > 10;" | shell
  refused "SELECT backup_restore('latest')" SQB-AUTH-01
  expect "$(echo "SELECT backup_config('allow_restore', 'on');" | shell)" on
  found=$(shell <<SQL
SELECT count(*) FROM item;
CREATE TEMP TABLE undo AS SELECT backup_restore('$name') AS name;
SELECT count(*) FROM item;
PRAGMA integrity_check;
SELECT trigger FROM backups JOIN undo USING(name);
SQL
)
  expect "$(echo $found)" "10 1000 ok pre_restore"
}

refuse() {
  shell <<SQL
CREATE VIEW takes AS SELECT backup_now();
CREATE VIEW lists AS SELECT * FROM backups;
CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END;
SQL
  refused "SELECT * FROM takes" "unsafe use"
  refused "SELECT * FROM lists" "unsafe use"
  refused "INSERT INTO item(text) VALUES('x')" "unsafe use"
}

# Ends by .exit with a status, which closes nothing in order.
exit_early() {
  status=0
  printf 'SELECT backup_now();\n.exit 7\n' | shell >/dev/null || status=$?
  expect "$status" 7
  expect "$(echo 'SELECT count(*) FROM backups;' | shell)" 1
}

# scheduler COMMAND: ends the shell by COMMAND when the scheduler has been at work for so many seconds.
scheduler() {
  status=0
  printf '%s\n' "SELECT backup_config('interval', '1s');" "SELECT backup_start() ->> 'leader';" \
    ".shell sleep $seconds" "$1" | shell >"$directory/said" || status=$?
  expect "$(cat "$directory/said") $status" "1s
1 0"
}

create
case $scenario in
  work) work ;;
  refuse) refuse ;;
  exit) exit_early ;;
  scheduler-close) scheduler .quit ;;
  scheduler-exit) scheduler '.exit 0' ;;
esac
echo "ok $scenario"

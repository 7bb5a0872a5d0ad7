# The scenarios in Tcl: host.tcl MODULE DIRECTORY SCENARIO [SECONDS]. Tcl never closes a connection at its exit.
package require sqlite3
lassign $argv module directory scenario seconds
set rows 1000

proc open_as {name} {
  global module directory
  sqlite3 $name $directory/app.db
  $name timeout 10000
  $name enable_load_extension 1
  $name eval {SELECT load_extension($module)}
}

proc create {} {
  global rows
  open_as db
  db eval {
    PRAGMA journal_mode = wal;
    CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($rows AS INTEGER))
      INSERT INTO item SELECT i, hex(randomblob(10)) FROM n;
  }
}

proc expect {found wanted} {
  if {$found ne $wanted} {error "'$found', not '$wanted'"}
}

proc refused {sql text} {
  if {![catch {db eval $sql} message]} {error "not refused: $sql"}
  if {[string first $text $message] < 0} {error "$sql: $message"}
}

proc work {} {
  global rows
  create
  open_as other
  set name [db onecolumn {SELECT backup_now()}]
  expect [db eval {SELECT name, status, rows FROM backups}] [list $name completed $rows]
  expect [db onecolumn {SELECT backup_verify($name)}] ok
  db eval {DELETE FROM item WHERE id > 10}
  expect [other onecolumn {SELECT count(*) FROM item}] 10
  refused {SELECT backup_restore('latest')} SQB-AUTH-01
  db eval {SELECT backup_config('allow_restore', 'on')}
  set undo [db onecolumn {SELECT backup_restore($name)}]
  expect [db onecolumn {SELECT count(*) FROM item}] $rows
  expect [other onecolumn {SELECT count(*) FROM item}] $rows
  expect [other onecolumn {PRAGMA integrity_check}] ok
  expect [db onecolumn {SELECT trigger FROM backups WHERE name = $undo}] pre_restore
  db eval {INSERT INTO item(text) VALUES('after')}
  db close
  other close
}

proc refuse {} {
  create
  db eval {
    CREATE VIEW takes AS SELECT backup_now();
    CREATE VIEW lists AS SELECT * FROM backups;
    CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END;
  }
  refused {SELECT * FROM takes} "unsafe use"
  refused {SELECT * FROM lists} "unsafe use"
  refused {INSERT INTO item(text) VALUES('x')} "unsafe use"
  expect [db onecolumn {SELECT count(*) FROM backups}] 0
}

# The process ends inside a statement, nothing closed.
proc exit_inside {} {
  create
  db eval {SELECT backup_now()}
  db eval {SELECT backup_now()}
  db eval {SELECT name FROM backups} {
    puts "ok exit"
    exit 0
  }
}

# A connection whose scheduler has been at work for so many seconds.
proc scheduler {} {
  global seconds
  create
  db eval {SELECT backup_config('interval', '1s')}
  expect [db onecolumn {SELECT backup_start() ->> 'leader'}] 1
  after [expr {int($seconds * 1000)}]
}

switch $scenario {
  scheduler-close {scheduler; db close}
  scheduler-exit {scheduler}
  work {work}
  refuse {refuse}
  exit {exit_inside}
}
puts "ok $scenario"

# The scenarios in Ruby (the sqlite3 gem): host.rb MODULE DIRECTORY SCENARIO [SECONDS].
require "sqlite3"

MODULE, DIRECTORY, SCENARIO, SECONDS = ARGV
ROWS = 1000

def connect
  db = SQLite3::Database.new("#{DIRECTORY}/app.db")
  db.busy_timeout(10_000)
  db.enable_load_extension(true)
  db.load_extension(MODULE)
  db
end

def create
  db = connect
  db.execute("PRAGMA journal_mode = wal")
  db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT)")
  db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < #{ROWS})
              INSERT INTO item SELECT i, hex(randomblob(10)) FROM n")
  db
end

def expect(found, wanted)
  raise "#{found.inspect}, not #{wanted.inspect}" unless found == wanted
end

def refused(db, sql, text)
  db.execute(sql)
rescue SQLite3::Exception => error
  raise "#{sql}: #{error.message}" unless error.message.include?(text)
else
  raise "not refused: #{sql}"
end

def work
  db, other = create, connect
  name = db.get_first_value("SELECT backup_now()")
  expect(db.execute("SELECT name, status, rows FROM backups").map(&:to_a), [[name, "completed", ROWS]])
  expect(db.get_first_value("SELECT backup_verify(?)", name), "ok")
  db.execute("DELETE FROM item WHERE id > 10")
  expect(other.get_first_value("SELECT count(*) FROM item"), 10)
  refused(db, "SELECT backup_restore('latest')", "SQB-AUTH-01")
  db.get_first_value("SELECT backup_config('allow_restore', 'on')")
  undo = db.get_first_value("SELECT backup_restore(?)", name)
  expect(db.get_first_value("SELECT count(*) FROM item"), ROWS)
  expect(other.get_first_value("SELECT count(*) FROM item"), ROWS)
  expect(other.get_first_value("PRAGMA integrity_check"), "ok")
  expect(db.get_first_value("SELECT trigger FROM backups WHERE name = ?", undo), "pre_restore")
  db.execute("INSERT INTO item(text) VALUES('after')")
  db.close
  other.close
end

def refuse
  db = create
  db.execute("CREATE VIEW takes AS SELECT backup_now()")
  db.execute("CREATE VIEW lists AS SELECT * FROM backups")
  db.execute("CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END")
  refused(db, "SELECT * FROM takes", "unsafe use")
  refused(db, "SELECT * FROM lists", "unsafe use")
  refused(db, "INSERT INTO item(text) VALUES('x')", "unsafe use")
  expect(db.get_first_value("SELECT count(*) FROM backups"), 0)
end

# The process ends inside a statement, nothing closed.
def leave
  $db = create
  2.times { $db.get_first_value("SELECT backup_now()") }
  $rows = $db.prepare("SELECT name FROM backups")
  $rows.step
end

def fork_child
  db = create
  db.get_first_value("SELECT backup_now()")
  child = fork do
    refused(db, "SELECT backup_now()", "SQB-FORK-01")
    refused(db, "SELECT * FROM backups", "SQB-FORK-01")
    fresh = connect
    expect(fresh.get_first_value("SELECT backup_verify(backup_now())"), "ok")
    fresh.close
    exit 7
  end
  expect(Process.wait2(child)[1].exitstatus, 7)
  expect(db.get_first_value("SELECT backup_verify(backup_now())"), "ok")
  expect(db.get_first_value("SELECT count(*) FROM backups"), 3)
  expect(db.get_first_value("PRAGMA integrity_check"), "ok")
  db.execute("INSERT INTO item(text) VALUES('after')")
end

# A connection whose scheduler has been at work for so many seconds.
def scheduler
  db = create
  db.get_first_value("SELECT backup_config('interval', '1s')")
  expect(db.get_first_value("SELECT backup_start() ->> 'leader'"), 1)
  sleep(SECONDS.to_f)
  db
end

def scheduler_close
  scheduler.close
end

def scheduler_exit
  $db = scheduler
end

def scheduler_exec
  $db = scheduler
  exec("echo", "ok #{SCENARIO}")
end

def scheduler_fork
  db = scheduler
  child = fork do
    refused(db, "SELECT backup_now()", "SQB-FORK-01")
    exit 7
  end
  expect(Process.wait2(child)[1].exitstatus, 7)
  expect(db.get_first_value("SELECT backup_verify(backup_now())"), "ok")
end

{ "work" => :work, "refuse" => :refuse, "exit" => :leave, "fork" => :fork_child,
  "scheduler-close" => :scheduler_close, "scheduler-exit" => :scheduler_exit, "scheduler-exec" => :scheduler_exec,
  "scheduler-fork" => :scheduler_fork }
  .fetch(SCENARIO).then { |scenario| send(scenario) }
puts "ok #{SCENARIO}"
$stdout.flush

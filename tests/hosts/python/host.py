"""The scenarios in Python (sqlite3 of the standard library): host.py MODULE DIRECTORY SCENARIO [SECONDS]."""

import os
import sqlite3
import sys
import threading
import time

MODULE, DIRECTORY, SCENARIO = sys.argv[1:4]
PATH = f"{DIRECTORY}/app.db"
ROWS = 1000


def connect(path=PATH):
    db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    db.enable_load_extension(True)
    db.load_extension(MODULE.removesuffix(".so"))
    return db


def create(rows=ROWS, width=10):
    db = connect()
    db.execute("PRAGMA journal_mode = wal")
    db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT)")
    db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
               "INSERT INTO item SELECT i, hex(randomblob(?)) FROM n", (rows, width))
    return db


def one(db, sql, *values):
    return db.execute(sql, values).fetchone()[0]


def expect(found, wanted):
    assert found == wanted, f"{found!r}, not {wanted!r}"


def refused(db, sql, text):
    try:
        db.execute(sql).fetchall()
    except sqlite3.Error as error:
        assert text in str(error), f"{sql}: {error}"
    else:
        raise AssertionError(f"not refused: {sql}")


def work():
    db, other = create(), connect()
    name = one(db, "SELECT backup_now()")
    expect(db.execute("SELECT name, status, rows FROM backups").fetchall(), [(name, "completed", ROWS)])
    expect(one(db, "SELECT backup_verify(?)", name), "ok")
    db.execute("DELETE FROM item WHERE id > 10")
    expect(one(other, "SELECT count(*) FROM item"), 10)
    refused(db, "SELECT backup_restore('latest')", "SQB-AUTH-01")
    expect(one(db, "SELECT backup_config('allow_restore', 'on')"), "on")
    undo = one(db, "SELECT backup_restore(?)", name)
    expect(one(db, "SELECT count(*) FROM item"), ROWS)
    expect(one(other, "SELECT count(*) FROM item"), ROWS)
    expect(one(other, "PRAGMA integrity_check"), "ok")
    expect(one(db, "SELECT trigger FROM backups WHERE name = ?", undo), "pre_restore")
    db.execute("INSERT INTO item(text) VALUES('after')")
    db.close()
    other.close()


def refuse():
    db = create()
    db.execute("CREATE VIEW takes AS SELECT backup_now()")
    db.execute("CREATE VIEW lists AS SELECT * FROM backups")
    db.execute("CREATE TRIGGER took AFTER INSERT ON item BEGIN SELECT backup_now(); END")
    db.execute("CREATE TRIGGER dropped AFTER DELETE ON item BEGIN DELETE FROM backups; END")
    refused(db, "SELECT * FROM takes", "unsafe use")
    refused(db, "SELECT * FROM lists", "unsafe use")
    refused(db, "INSERT INTO item(text) VALUES('x')", "unsafe use")
    refused(db, "DELETE FROM item", "unsafe use")
    expect(one(db, "SELECT count(*) FROM backups"), 0)


def close():
    """A connection closes while another one, on another thread, takes a backup."""
    create(20000, 500).close()
    names = []
    for _ in range(5):
        idle, busy = connect(), connect()
        expect(one(idle, "SELECT count(*) >= 0 FROM backups"), 1)
        started = threading.Event()

        def back_up():
            started.set()
            names.append(one(busy, "SELECT backup_now()"))
            busy.close()

        thread = threading.Thread(target=back_up)
        thread.start()
        started.wait()
        idle.close()
        thread.join()
    db = connect()
    expect(one(db, "SELECT count(*) FROM backups WHERE status = 'completed'"), len(set(names)))
    expect(len(names), 5)
    expect(one(db, "SELECT backup_verify('latest')"), "ok")


def exit_busy():
    """The process ends, nothing closed, while a thread takes backups."""
    db, idle = create(20000, 500), connect()
    one(idle, "SELECT count(*) FROM backups")
    started = threading.Event()

    def back_up():
        while True:
            one(db, "SELECT backup_now()")
            started.set()

    threading.Thread(target=back_up, daemon=True).start()
    started.wait()


def fork():
    db = create()
    one(db, "SELECT backup_now()")
    child = os.fork()
    if child == 0:
        refused(db, "SELECT backup_now()", "SQB-FORK-01")
        refused(db, "SELECT * FROM backups", "SQB-FORK-01")
        fresh = connect()
        expect(one(fresh, "SELECT backup_verify(backup_now())"), "ok")
        fresh.close()
        sys.exit(7)  # with everything the interpreter does at its end, the inherited connection's close included
    expect(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
    expect(one(db, "SELECT backup_verify(backup_now())"), "ok")
    expect(one(db, "SELECT count(*) FROM backups"), 3)
    expect(one(db, "PRAGMA integrity_check"), "ok")
    db.execute("INSERT INTO item(text) VALUES('after')")
    expect(one(connect(), "SELECT count(*) FROM item"), ROWS + 1)


def scheduler(db=None):
    """A connection whose scheduler has been at work for so many seconds."""
    db = db or create()
    one(db, "SELECT backup_config('interval', '1s')")
    expect(one(db, "SELECT backup_start() ->> 'leader'"), 1)
    time.sleep(float(sys.argv[4]))
    return db


def scheduler_close():
    scheduler().close()
    for _ in range(10):  # what the closed one has left would be stumbled over
        scheduler(connect()).close()


def scheduler_exit():
    global kept
    kept = scheduler()


def scheduler_exec():
    db = scheduler()
    os.execvp("echo", ["echo", f"ok {SCENARIO}"])
    db.close()


def scheduler_fork():
    db = scheduler()
    child = os.fork()
    if child == 0:
        refused(db, "SELECT backup_now()", "SQB-FORK-01")
        sys.exit(7)
    expect(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
    expect(one(db, "SELECT backup_verify(backup_now())"), "ok")


{"work": work, "refuse": refuse, "close": close, "exit": exit_busy, "fork": fork, "scheduler-close": scheduler_close,
 "scheduler-exit": scheduler_exit, "scheduler-exec": scheduler_exec, "scheduler-fork": scheduler_fork}[SCENARIO]()
print(f"ok {SCENARIO}", flush=True)

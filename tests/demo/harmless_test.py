"""`scripts/demo FILE` leaves FILE, its log and its directory as they were: harmless_test.py DEMO MODULE."""

import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

DEMO, MODULE = sys.argv[1:]


def state(directory):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def make(path, journal_mode):
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA journal_mode = {journal_mode}")
    db.executescript("CREATE TABLE item(id INTEGER PRIMARY KEY, text TEXT);"
                     "CREATE TABLE \"odd 'name'\"(a); CREATE VIEW v AS SELECT * FROM item;")
    with db:
        db.executemany("INSERT INTO item(text) VALUES(?)", [("x" * 100,)] * 5000)
    return db


def run_demo(path):
    done = subprocess.run([sys.executable, DEMO, MODULE, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    assert done.returncode == 0 and "# all as it should be" in done.stdout, done.stdout
    return done.stdout


def leave_by_crash(path):
    """The file and its log as a process that died left them."""
    db = make(path.with_name("whole.db"), "wal")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path.with_name('whole.db')}{suffix}", f"{path}{suffix}")
    db.close()
    path.with_name("whole.db").unlink()


def check(name, journal_mode, how):
    with tempfile.TemporaryDirectory(prefix="sqbackup-demo-test-") as scratch:
        directory = pathlib.Path(scratch)
        if how == "crashed":
            db = leave_by_crash(directory / name)
        else:
            db = make(directory / name, journal_mode)
        if how == "closed":
            db.close()
        before = state(directory)
        output = run_demo(directory / name)
        after = state(directory)
        before.pop(f"{name}-shm", None)  # the readers' marks of a log that is in use
        after.pop(f"{name}-shm", None)
        assert after == before, f"{name}: before {before}, after {after}\n{output}"
        assert "byte for byte" in output, output
        if how == "open":
            db.close()


check("plain.db", "delete", "closed")
check("closed wal.db", "wal", "closed")
check("it's open.db", "wal", "open")
check("crashed.db", "wal", "crashed")
refused = subprocess.run([sys.executable, DEMO, MODULE, os.devnull], capture_output=True, text=True, timeout=120)
assert refused.returncode != 0, refused.stdout
print("ok")

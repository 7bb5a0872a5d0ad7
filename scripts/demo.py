"""The story that scripts/demo tells: demo.py MODULE [FILE].

Everything is done through the sqlite3 shell with the library loaded, and every statement is shown before its output.
Exits with an error if anything is not as it should be.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SEPARATOR = "[end of output]"
ACCOUNTS, BALANCE = 100, 1000

SCHEMA = """
CREATE TABLE package(id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT, section TEXT, size INTEGER, description TEXT);
CREATE TABLE dependency(package INTEGER NOT NULL REFERENCES package, needs TEXT NOT NULL);
CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
CREATE TABLE transfer(id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, amount INTEGER);
"""


def fail(text):
    sys.exit(f"demo: {text}")


def ensure(condition, text):
    if not condition:
        fail(f"not as it should be: {text}")


def say(text):
    print(f"\n# {text}", flush=True)


class Shell:
    """One sqlite3 shell, connected the whole time."""

    def __init__(self, module, *arguments, environment=None):
        self.process = subprocess.Popen(
            ["sqlite3", "-batch", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", env={**os.environ, **(environment or {})})
        self.hidden(".timeout 10000")
        self.hidden(".mode column --wrap 0")
        self.hidden(".nullvalue -")
        stem = str(module).removesuffix(".so")
        print(f"sqlite> .load {stem}")
        loaded = self.hidden(f'.load "{stem}"')
        ensure(loaded == "", loaded)

    def hidden(self, line):
        self.process.stdin.write(f"{line}\n.print {SEPARATOR}\n")
        self.process.stdin.flush()
        lines = []
        for text in self.process.stdout:
            if text.rstrip() == SEPARATOR:
                return "".join(lines)
            lines.append(text.rstrip() + "\n")
        fail("the shell ended: " + "".join(lines))

    def run(self, sql, error=False):
        """Shows and runs one statement. `error`: whether it is meant to fail."""
        print(f"sqlite> {sql};", flush=True)
        output = self.hidden(sql + ";")
        print(output, end="", flush=True)
        failed = re.search(r"^(Runtime error|Parse error|Error)\b", output, re.MULTILINE) is not None
        ensure(failed == error, f"this {'failed' if failed else 'should have been refused'}")
        return output

    def value(self, sql):
        self.hidden(".mode list\n.headers off")
        text = self.hidden(sql + ";").strip()
        self.hidden(".mode column --wrap 0\n.headers on")
        return text

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


# -- the database, and the application that works in it


def catalogue():
    """(name, version, section, size, description, dependencies) of every package the machine knows."""
    text = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True).stdout
    for record in text.decode("utf-8", "replace").split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", record, re.MULTILINE))
        if "Package" in fields:
            needs = [need.split()[0] for need in re.split(r"[,|]", fields.get("Depends", "")) if need.strip()]
            yield (fields["Package"], fields.get("Version"), fields.get("Section"), int(fields.get("Size", 0)),
                   fields.get("Description", fields.get("Description-en")), needs)


def make_database(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = wal")
    connection.executescript(SCHEMA)
    with connection:
        for number, (*fields, needs) in enumerate(catalogue(), 1):
            connection.execute("INSERT INTO package VALUES(?,?,?,?,?,?)", [number, *fields])
            connection.executemany("INSERT INTO dependency VALUES(?,?)", [(number, need) for need in needs])
        connection.executemany("INSERT INTO account VALUES(?,?)", [(n, BALANCE) for n in range(1, ACCOUNTS + 1)])
    connection.close()


def write_for_ever(path):
    """The application: one connection that moves money between accounts, so that the sum never changes."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    number = 0
    while True:
        number += 1
        source, target, amount = number % ACCOUNTS + 1, number * 7 % ACCOUNTS + 1, number % 50
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE account SET balance = balance - ? WHERE id = ?", (amount, source))
            connection.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (amount, target))
            connection.execute("INSERT INTO transfer(source, target, amount) VALUES(?,?,?)", (source, target, amount))
            connection.execute("COMMIT")
            print(number, flush=True)
        except sqlite3.Error as error:
            print(f"error: {error}", flush=True)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        time.sleep(0.002)


class Writer:
    """The application as a second process."""

    def __init__(self, path, log):
        self.log = log
        with open(log, "w") as output:
            self.process = subprocess.Popen([sys.executable, __file__, "--write", path], stdout=output)

    def lines(self):
        return self.log.read_text().splitlines()

    def wait_for_commits(self, count):
        """Returns once the writer has made `count` more commits."""
        wanted, deadline = self.commits() + count, time.monotonic() + 60
        while self.commits() < wanted:
            ensure(self.process.poll() is None, "the writer ended")
            ensure(time.monotonic() < deadline, "the writer stands still")
            time.sleep(0.01)

    def commits(self):
        return sum(line.isdigit() for line in self.lines())

    def errors(self):
        return [line for line in self.lines() if line.startswith("error")]

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def overwrite_the_middle(path):
    """What a failing disk does: garbage over pages in the middle of the file, below all that has it open."""
    with sqlite3.connect(path, timeout=30) as blocker, sqlite3.connect(path, timeout=30) as checkpointer:
        blocker.execute("BEGIN IMMEDIATE")  # so that no commit meets the checkpoint
        busy, log, done = checkpointer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        ensure((busy, log) == (0, done), "the log did not reach the file")
        size = os.stat(path).st_size
        first = size // 3 // 4096 * 4096
        with subprocess.Popen(["dd", f"of={path}", "bs=4096", f"seek={first // 4096}", "conv=notrunc", "status=none"],
                              stdin=subprocess.PIPE) as dd:
            dd.stdin.write(b"\xa5" * (size // 8 // 4096 * 4096))
    blocker.close()
    checkpointer.close()


# -- the two demonstrations

COUNTS = """SELECT (SELECT count(*) FROM package) AS packages, (SELECT count(*) FROM dependency) AS dependencies,
       (SELECT sum(balance) FROM account) AS sum_of_balances"""
WHOLE = "SELECT (SELECT count(*) FROM package) || ' ' || (SELECT count(*) FROM dependency) || ' ' || " \
        "(SELECT sum(balance) FROM account)"
LIST = "SELECT name, created_at, trigger, size, tables, rows, note FROM backups"


def demonstrate(module, directory):
    path = directory / "shop.db"
    say("A database made from this machine's package catalogue, in WAL mode, and an application at work in it")
    make_database(path)
    writer = Writer(path, directory / "writer.log")
    try:
        tell_the_story(module, path, writer)
    finally:
        writer.stop()


def tell_the_story(module, path, writer):
    writer.wait_for_commits(50)
    print(f"$ sqlite3 {path.name}", flush=True)
    shell = Shell(module, str(path))
    shell.run(COUNTS)
    whole = shell.value(WHOLE)
    ensure(whole.endswith(f" {ACCOUNTS * BALANCE}"), f"the sum of balances in {whole}")
    ensure(int(whole.split()[0]) > 1000, f"only {whole.split()[0]} packages in apt-cache dumpavail")

    say("Back it up, while the application goes on writing")
    shell.run("SELECT backup_now()")
    shell.run("""SELECT backup_now('{"note":"before the accident"}')""")
    good = shell.value("SELECT name FROM backups ORDER BY name DESC LIMIT 1")
    shell.run(LIST)
    shell.run("SELECT table_name, rows FROM backup_contents('latest')")
    ensure(shell.run("SELECT backup_verify('latest')").split()[-1] == "ok", "the backup does not verify")

    say("An accident: a table gone, nine rows of ten deleted, money out of nothing")
    shell.run("DROP TABLE dependency")
    shell.run("DELETE FROM package WHERE id % 10 <> 0")
    shell.run("UPDATE account SET balance = balance + 5")
    shell.run("SELECT (SELECT count(*) FROM package) AS packages, (SELECT sum(balance) FROM account) AS sum_of_balances")

    say("Put it back, into the live database. That has to be allowed first")
    shell.run(f"SELECT backup_restore('{good}')", error=True)
    shell.run("SELECT backup_config('allow_restore', 'on')")
    commits, transfers = writer.commits(), int(shell.value("SELECT count(*) FROM transfer"))
    undo = shell.run(f"SELECT backup_restore('{good}') AS the_undo").split()[-1]
    shell.run(COUNTS)
    ensure(shell.value(WHOLE) == whole, f"restored {shell.value(WHOLE)}, not {whole}")
    lost = transfers - int(shell.value(f"SELECT rows FROM backup_contents('{good}') WHERE table_name = 'transfer'"))
    ensure(lost > 0, "the application made no commits between backup and restore")
    print(f"# what was committed after the backup, {lost} transfers or more, is in the undo and not in the database")
    ensure(shell.run("PRAGMA integrity_check").split()[-1] == "ok", "the restored database is not sound")
    writer.wait_for_commits(50)
    ensure(not writer.errors(), f"the application met {writer.errors()[:1]}")
    ensure(shell.value(WHOLE) == whole, "the application broke the sum")
    print(f"# the application kept its connection: {writer.commits() - commits} commits since, no error")
    shell.run(LIST)
    ensure(undo in shell.value("SELECT group_concat(name) FROM backups WHERE trigger = 'pre_restore'"), "no undo")

    say("Worse: garbage over an eighth of the file, below everybody who has it open")
    shell.close()
    overwrite_the_middle(path)
    writer.wait_for_commits(1)
    print(f"$ sqlite3 {path.name}", flush=True)
    shell = Shell(module, str(path))
    ensure("ok" not in shell.run("SELECT * FROM pragma_integrity_check(3)").split(), "the damage does not show")
    shell.run(f"SELECT backup_restore('{good}') AS the_undo")
    shell.run(COUNTS)
    ensure(shell.value(WHOLE) == whole, f"restored {shell.value(WHOLE)}, not {whole}")
    ensure(shell.run("PRAGMA integrity_check").split()[-1] == "ok", "the restored database is not sound")
    writer.wait_for_commits(50)
    ensure(shell.value(WHOLE) == whole, "the application broke the sum")
    print(f"# the application still has its connection: {writer.commits()} commits in all")

    say("What was done is on record, and the backups are ordinary files that any tool reads")
    shell.run("SELECT operation, trigger, status, name FROM backup_log ORDER BY id")
    backup = pathlib.Path(f"{path}-backups") / good
    print(f"$ ls {backup.parent.name}\n" + "\n".join(sorted(os.listdir(backup.parent))))
    print(f"$ sqlite3 {backup.name} 'SELECT count(*) FROM package'")
    count = subprocess.run(["sqlite3", "-readonly", backup, "SELECT count(*) FROM package"], check=True,
                           capture_output=True, text=True).stdout.strip()
    print(count)
    ensure(count == whole.split()[0], "the stock shell reads something else")
    shell.close()


def state_of(file):
    """The bytes of the database and of what stands beside it under its name, but for the readers' marks of its log."""
    beside = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
    return {path.name: digest_of(path) for path in beside if path.is_file() and path.name != f"{file.name}-shm"}


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def demonstrate_harmless(module, directory, file):
    restored = directory / "restored.db"
    before = state_of(file)
    say(f"{file} is only read; what is written goes to {directory}, which is removed at the end")
    print(f"$ SQBACKUP_DIRECTORY={directory} sqlite3")
    shell = Shell(module, ":memory:", environment={"SQBACKUP_DIRECTORY": str(directory)})
    print(f"sqlite> .parameter set @file {file}")
    quoted = str(file).replace("'", "''")
    shell.hidden(f".parameter init\nINSERT INTO sqlite_parameters VALUES('@file', '{quoted}');")
    place = shell.value("SELECT value FROM backup_settings(@file) WHERE key = 'directory'")
    ensure(place.startswith(str(directory)), f"backups of this file would go to '{place}', which is stored for it")
    shell.run("SELECT backup_now(json_object('database', @file))")
    shell.run("SELECT name, created_at, size, tables, rows, round(duration, 2) AS seconds FROM backups(@file)")
    shell.run("SELECT table_name, rows FROM backup_contents('latest', @file)")
    verdict = shell.run("SELECT backup_verify('latest', json_object('database', @file))")
    ensure(verdict.split()[-1] == "ok", "the backup does not verify")

    say("Restored to a new file, and compared with what was backed up")
    shell.run(f"SELECT backup_restore('latest', json_object('database', @file, 'to', '{restored}'))")
    expected = shell.value("SELECT table_name, rows FROM backup_contents('latest', @file) ORDER BY 1")
    shell.close()
    with sqlite3.connect(f"file:{restored}?mode=ro", uri=True) as copy:
        ensure(copy.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the restored file is not sound")
    for line in expected.splitlines():
        table, rows = line.rsplit("|", 1)
        quoted = table.replace('"', '""')
        if rows != "-":
            counted = copy.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]
            ensure(counted == int(rows), f"{table}: {counted} rows restored, {rows} backed up")
    copy.close()
    print(f"# the restored file is sound, and all {len(expected.splitlines())} tables have the rows they had")

    if state_of(file) == before:
        print(f"# {file} is byte for byte what it was, and nothing new stands beside it")
    else:
        print(f"# {file} changed meanwhile: another process is at work in it")


def main():
    if sys.argv[1] == "--write":
        write_for_ever(sys.argv[2])
    module = pathlib.Path(sys.argv[1]).resolve()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="sqbackup-demo-"))
    began = time.monotonic()
    try:
        if len(sys.argv) > 2:
            demonstrate_harmless(module, directory, pathlib.Path(sys.argv[2]).resolve())
        else:
            demonstrate(module, directory)
    finally:
        shutil.rmtree(directory)
    print(f"\n# all as it should be ({time.monotonic() - began:.0f} s)")


main()

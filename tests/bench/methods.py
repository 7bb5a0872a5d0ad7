"""The ways of copying a live database that are compared. Each measurement is a process of its own:

    methods.py METHOD MODULE SOURCE TARGET

prints {"started", "finished", "seconds", "peak"}: the monotonic clock around the statement and what makes its result
durable, and the most memory that the process had, in bytes. SOURCE is a database, or a backup to restore.
"""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import time

import rows

CP = "cp + sync"
OURS = "backup_now, no counts"
OURS_COUNTED = "backup_now"
SHELL = ".backup"
ONE_STEP = "backup API, one step"
VACUUM = "VACUUM INTO"
HASH = "openssl sha256, no copy"
ZSTD = "backup_now, zstd"
ZSTD_STOCK = "zstd -3 -T2"
AGE = "backup_now, zstd and age"
UNZSTD = "backup_restore of zstd"
UNZSTD_UNCHECKED = "backup_restore of zstd, level checksum"
UNZSTD_STOCK = "zstd -d -T0"
JSON = "backup_now, json"
JSON_LOAD = "backup_restore of json, level checksum"
PYTHON = "JSON by Python"
PYTHON_LOAD = "JSON back by Python"
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def peak_memory(pid):
    """The largest resident size of a process so far, without what it was before exec(); 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
        return int(found.group(1)) * 1024 if found else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0


def sync(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def spawn(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def connect(database, module=None):
    connection = sqlite3.connect(database, isolation_level=None, timeout=60)
    if module:
        connection.enable_load_extension(True)
        connection.load_extension(module)
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return connection


def cp(module, database, target):
    def work():
        spawn("cp", "--reflink=never", database, target)
        sync(target)
    return work


def backup_now(options):
    def prepare(module, database, target):
        connection = connect(database, module)
        return lambda: connection.execute("SELECT backup_now(?)", (options,)).fetchone()
    return prepare


def shell_backup(module, database, target):
    def work():
        spawn("sqlite3", "-init", "/dev/null", database, f".backup '{target}'")
        sync(target)
    return work


def one_step(module, database, target):
    connection, copy = connect(database), sqlite3.connect(target, isolation_level=None)

    def work():
        connection.backup(copy, pages=-1)
        sync(target)
    return work


def vacuum_into(module, database, target):
    connection = connect(database)

    def work():
        connection.execute("VACUUM INTO ?", (target,))
        sync(target)
    return work


def openssl_sha256(module, database, target):
    return lambda: subprocess.run(["openssl", "dgst", "-sha256", database], check=True, stdout=subprocess.DEVNULL)


def stock_zstd(*arguments):
    def prepare(module, source, target):
        def work():
            spawn("zstd", "-q", *arguments, source, "-o", target)
            sync(target)
        return work
    return prepare


def backup_encrypted(module, database, target):
    os.environ["SQBACKUP_ENCRYPT_TO"] = RECIPIENT
    return backup_now('{"row_counts":false, "format":"zstd"}')(module, database, target)


def backup_restore(level):
    def prepare(module, source, target):
        directory = os.path.dirname(source)
        connection = connect(directory.removesuffix("-backups"), module)
        options = json.dumps({"to": target, "level": level})
        return lambda: connection.execute("SELECT backup_restore(?, ?)", (os.path.basename(source), options)).fetchone()
    return prepare


METHODS = {
    CP: cp,
    OURS: backup_now('{"row_counts":false}'),
    OURS_COUNTED: backup_now("{}"),
    SHELL: shell_backup,
    ONE_STEP: one_step,
    VACUUM: vacuum_into,
    HASH: openssl_sha256,
    ZSTD: backup_now('{"row_counts":false, "format":"zstd"}'),
    ZSTD_STOCK: stock_zstd("-3", "-T2"),
    AGE: backup_encrypted,
    UNZSTD: backup_restore("full"),
    UNZSTD_UNCHECKED: backup_restore("checksum"),
    UNZSTD_STOCK: stock_zstd("-d", "-T0"),
    JSON: backup_now('{"row_counts":false, "format":"json"}'),
    JSON_LOAD: backup_restore("checksum"),
    PYTHON: lambda module, source, target: lambda: rows.dump(source, target),
    PYTHON_LOAD: lambda module, source, target: lambda: rows.load(source, target),
}


def shell_start_up(database):
    """What the shell takes to start and end around one statement; `.backup` runs in it."""
    times = []
    for _ in range(3):
        started = time.monotonic()
        spawn("sqlite3", "-init", "/dev/null", database, "PRAGMA schema_version")
        times.append(time.monotonic() - started)
    return min(times)


def clean(database, target):
    """Back to the state before a run, the removal included: it is written, and no longer in the next run's way."""
    directory = pathlib.Path(database + "-backups")
    for path in [*directory.glob("backup-*"), *directory.glob(".backup-*")]:
        path.unlink()
    clean_target(target)


def clean_target(target):
    for path in pathlib.Path(target).parent.glob(pathlib.Path(target).name + "*"):
        path.unlink()
    subprocess.run(["sync", "-f", pathlib.Path(target).parent], check=True)


def start(method, module, database, target):
    """Starts a measurement; its result is `result_of`'s."""
    command = [sys.executable, "-B", __file__, method, module, database, target]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def result_of(process):
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{process.args[3]} failed with status {process.returncode}")
    return json.loads(output.splitlines()[-1])


def measure(method, module, database, target):
    result = result_of(start(method, module, database, target))
    clean(database, target)
    return result["seconds"]


def forget_all(database):
    shutil.rmtree(database + "-backups", ignore_errors=True)


def main():
    method, module, database, target = sys.argv[1:]
    overhead = shell_start_up(database) if method == SHELL else 0
    work = METHODS[method](module, database, target)
    started = time.monotonic()
    work()
    finished = time.monotonic()
    print(json.dumps({"started": started, "finished": finished, "seconds": finished - started - overhead,
                      "peak": peak_memory(os.getpid())}))


if __name__ == "__main__":
    main()

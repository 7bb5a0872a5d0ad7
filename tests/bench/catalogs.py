"""A catalog with few and with many backups: what a look at it costs."""

import datetime
import hashlib
import json
import os
import random
import sqlite3
import statistics
import time

import methods
from tables import milliseconds, table

LIMIT = 3
FIRST = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
APART = datetime.timedelta(minutes=5)
STATEMENTS = {
    "one by its name": "SELECT name, created_at, size, sha256 FROM backups WHERE name = :name",
    "the newest ten": "SELECT name, created_at, size FROM backups ORDER BY created_at DESC LIMIT 10",
    "those of one hour": "SELECT name, size FROM backups WHERE created_at >= :from AND created_at < :to",
}


def seal(members):
    """A manifest's text as docs/format/manifest.md describes it."""
    text = json.dumps(members, indent=2)[:-2] + ",\n"
    return text + f'  "checksum": "{hashlib.sha256(text.encode()).hexdigest()}"\n}}\n'


def manifest(name, created, database, data):
    digest = hashlib.sha256(data).hexdigest()
    return seal({
        "version": 1, "tool": "sqbackup", "tool_version": "0.1.0", "name": name,
        "database_id": "7f0c2a52-5f0e-4c6e-9a35-0d9a1f1f2b11", "database_path": database,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "trigger": "manual", "actor": "bench@host pid 1",
        "format": "sqlite", "page_size": 512, "page_count": len(data) // 512, "database_size": len(data),
        "stored_size": len(data), "sha256": digest, "database_sha256": digest, "sqlite_version": "3.40.1",
        "user_version": 0, "application_id": 0, "change_counter": 1, "schema_sha256": "", "row_counts": False,
        "tables": [], "total_rows": None, "note": "", "labels": None, "pinned": False, "warnings": [],
        "duration": 0.01})


def names(count):
    times = [FIRST + i * APART for i in range(count)]
    return [(time.strftime("backup-%Y-%m-%dT%H-%M-%S-000Z.sqlite"), time) for time in times]


def make(directory, count):
    """A database whose backup directory holds `count` backups of one page, made without the library."""
    os.makedirs(directory)
    database = os.path.join(directory, "app.db")
    connection = sqlite3.connect(database)
    connection.executescript("PRAGMA page_size=512; PRAGMA user_version=1;")
    connection.close()
    with open(database, "rb") as file:
        data = file.read()
    backups = database + "-backups"
    os.mkdir(backups, 0o700)
    for name, created in names(count):
        for suffix, content in (("", data), (".json", manifest(name, created, database, data).encode())):
            with open(os.open(os.path.join(backups, name + suffix), os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)
    return database


def timed(connection, statement, values=()):
    started = time.perf_counter()
    rows = connection.execute(statement, values).fetchall()
    return time.perf_counter() - started, rows


def settle(connection):
    """A change so fresh that a second one could look the same is not trusted; let it age."""
    for _ in range(2):
        time.sleep(0.3)
        connection.execute("SELECT count(*) FROM backups").fetchall()


def run(module, directory, counts, repeats):
    connections, rebuilds = {}, {}
    backups = {count: names(count) for count in counts}
    for count in counts:
        database = make(os.path.join(directory, f"catalog-{count}"), count)
        connections[count] = methods.connect(database, module)
        rebuilds[count], rows = timed(connections[count], "SELECT count(*) FROM backups")
        assert rows == [(count,)], rows
        settle(connections[count])
    pick = random.Random(3)
    seconds = {name: {count: [] for count in counts} for name in STATEMENTS}
    for _ in range(repeats):
        for name, statement in STATEMENTS.items():
            for count in counts:
                backup, created = pick.choice(backups[count])
                values = {"name": backup, "from": created.strftime("%Y-%m-%d %H:%M:%S"),
                          "to": (created + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")}
                taken, rows = timed(connections[count], statement, values)
                assert rows
                seconds[name][count].append(taken)
    added = {count: [timed(connections[count], "SELECT backup_now()")[0] for _ in range(min(5, repeats))]
             for count in counts}
    return {"counts": counts, "rebuild": rebuilds, "seconds": seconds, "backup_now": added}


def medians(result):
    few, many = result["counts"]
    for name, seconds in result["seconds"].items():
        yield name, statistics.median(seconds[few]), statistics.median(seconds[many])


def report(result):
    few, many = result["counts"]
    rows = [[name, milliseconds(a), milliseconds(b), f"**{b / a:.2f}**", f"<= {LIMIT}"] for name, a, b in medians(result)]
    added = [statistics.median(result["backup_now"][count]) for count in (few, many)]
    rows.append(["backup_now() of one page", *map(milliseconds, added), f"{added[1] / added[0]:.2f}", ""])
    rebuilds = [result["rebuild"][count] for count in (few, many)]
    rows.append(["the list rebuilt from the manifests, once", *map(milliseconds, rebuilds),
                 f"{rebuilds[1] / rebuilds[0]:.2f}", ""])
    return table(["milliseconds", f"{few:,} backups", f"{many:,} backups", "ratio", "goal"], rows)


def met(result):
    return {f"{name}, <= {LIMIT}": b / a <= LIMIT for name, a, b in medians(result)}

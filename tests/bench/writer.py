"""The application beside the backups: writer.py DATABASE commits 200 times a second until its input ends, then prints
one [due, finished] of the monotonic clock per commit. A commit that is late because an earlier one took long counts
from the moment it was due.
"""

import json
import random
import select
import sqlite3
import sys
import time

PERIOD = 1 / 200


def commit(database, pick):
    database.execute("BEGIN IMMEDIATE")
    database.execute("UPDATE orders SET status = ?, total = total + 1 WHERE id = ?",
                     (pick.choice(("paid", "sent")), pick.randrange(4, 400)))
    database.execute("INSERT INTO events (at, kind, payload) VALUES (datetime('now'), 'live', ?)", ("x" * 200,))
    database.execute("COMMIT")


def main():
    database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
    database.execute("PRAGMA synchronous=FULL")
    pick = random.Random(2)
    commits = []
    print("ready", flush=True)
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(0, due - time.monotonic()))[0]:
        commit(database, pick)
        commits.append((due, time.monotonic()))
        due += PERIOD
    database.close()
    print(json.dumps(commits))


if __name__ == "__main__":
    main()

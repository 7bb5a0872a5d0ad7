"""Two hundred databases looked after by one process: what it takes to start, to idle and to end."""

import json
import os
import sqlite3
import subprocess
import sys
import time

from tables import milliseconds, table

CLOSE_LIMIT = 1.0  # seconds
MEMORY_LIMIT = 64 << 20
THREADS_LIMIT = 5  # the interpreter's own among them


def make(directory, count):
    paths = [os.path.join(directory, f"tenant-{number}.db") for number in range(count)]
    for path in paths:
        connection = sqlite3.connect(path)
        connection.executescript("PRAGMA journal_mode=wal; CREATE TABLE t(x); INSERT INTO t VALUES(randomblob(20000))")
        connection.close()
    return paths


def status(key):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))


def backed_up(path):
    return any(name.endswith(".json") for name in os.listdir(path + "-backups"))


def look_after(module, directory, count, settle, idle):
    """In a process of its own: returns what it measured."""
    paths = make(directory, count)
    connection = sqlite3.connect(os.path.join(directory, "main.db"))
    connection.enable_load_extension(True)
    connection.load_extension(module)
    connection.executescript("CREATE TABLE tenants(path TEXT)")
    connection.executemany("INSERT INTO tenants VALUES(?)", [(path,) for path in paths])
    connection.commit()
    before, began = status("VmRSS"), time.perf_counter()
    connection.execute("SELECT backup_start(json_object('database', path)) FROM tenants").fetchall()
    started = time.perf_counter() - began
    while not all(backed_up(path) for path in paths):
        time.sleep(0.01)
    made = time.perf_counter() - began
    time.sleep(settle)  # each has then looked at its database for the second time
    cpu = time.process_time()
    time.sleep(idle)
    cpu = (time.process_time() - cpu) / idle
    threads, memory = status("Threads"), (status("VmHWM") - before) * 1024
    began = time.perf_counter()
    connection.close()
    closed = time.perf_counter() - began
    return {"databases": count, "start": started, "first_backups": made, "threads": threads, "memory": memory,
            "idle_cpu": cpu, "close": closed}


def run(module, directory, count, settle, idle):
    place = os.path.join(directory, "fleet")
    os.mkdir(place)
    code = ("import fleet, json, sys; module, place, count, settle, idle = sys.argv[1:]; "
            "print(json.dumps(fleet.look_after(module, place, int(count), float(settle), float(idle))))")
    environment = {**os.environ, "SQBACKUP_INTERVAL": "1h"}
    output = subprocess.run([sys.executable, "-c", code, module, place, str(count), str(settle), str(idle)], check=True,
                            capture_output=True, text=True, env=environment, cwd=os.path.dirname(__file__)).stdout
    return json.loads(output)


def report(results):
    return table(["one process, an hour's interval", f"{results['databases']} databases"], [
        ["backup_start for all", milliseconds(results["start"]) + " ms"],
        ["until all have their first backup", milliseconds(results["first_backups"]) + " ms"],
        ["threads, the host's own included", str(results["threads"])],
        ["memory above the host's", f"{results['memory'] / 2**20:.1f} MiB"],
        ["processor while idle", f"{results['idle_cpu'] * 100:.2f} % of one core"],
        ["closing the connection", milliseconds(results["close"]) + " ms"],
    ])


def met(results):
    return {
        f"{results['databases']} databases in one process close within {CLOSE_LIMIT:.0f} s":
            results["close"] <= CLOSE_LIMIT,
        "they take no more threads than a few": results["threads"] <= THREADS_LIMIT,
        "they take at most 64 MiB": results["memory"] <= MEMORY_LIMIT,
    }

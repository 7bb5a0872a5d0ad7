"""One copy beside an application that commits 200 times a second: what that one feels, and what the copy needs."""

import json
import os
import statistics
import subprocess
import sys
import time

import methods
from methods import ONE_STEP, OURS, OURS_COUNTED, SHELL, VACUUM
from tables import megabytes, milliseconds, quantile, table

NOTHING = "nothing"
WAYS = [NOTHING, OURS, OURS_COUNTED, ONE_STEP, VACUUM]
SAMPLE_EVERY = 0.002
WARM_UP = 0.5
MEMORY_LIMIT = 64 << 20


def wal_size(database):
    try:
        return os.path.getsize(database + "-wal")
    except FileNotFoundError:
        return 0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Writer:
    def __init__(self, database):
        script = os.path.join(os.path.dirname(__file__), "writer.py")
        self.process = subprocess.Popen([sys.executable, "-B", script, database], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        output, _ = self.process.communicate()
        return json.loads(output.splitlines()[-1])


def watch(process, database, limit):
    """Samples until the process ends or the limit is over; returns the peaks and whether it ended."""
    wal = memory = 0
    until = time.monotonic() + limit
    while process.poll() is None:
        wal = max(wal, wal_size(database))
        memory = max([memory, methods.peak_memory(process.pid), *map(methods.peak_memory, children(process.pid))])
        if time.monotonic() > until:
            for pid in [*children(process.pid), process.pid]:
                os.kill(pid, 9)
            return wal, memory, False
        time.sleep(SAMPLE_EVERY)
    return wal, memory, True


def idle(database, seconds):
    """The writer alone."""
    started, wal = time.monotonic(), 0
    while time.monotonic() < started + seconds:
        wal = max(wal, wal_size(database))
        time.sleep(SAMPLE_EVERY)
    return {"wal": wal, "memory": 0, "ended": True, "span": (started, time.monotonic()), "seconds": 0.0}


def beside(way, module, database, target, limit):
    if way == NOTHING:
        return idle(database, limit)
    launched = time.monotonic()
    process = methods.start(way, module, database, target)
    wal, memory, ended = watch(process, database, limit)
    result = {"wal": wal, "memory": memory, "ended": ended, "span": (launched, time.monotonic()), "seconds": limit}
    if ended:
        times = methods.result_of(process)
        result |= {"span": (times["started"], times["finished"]), "seconds": times["seconds"]}
    else:
        process.communicate()
    return result


def once(way, module, database, target, limit):
    writer = Writer(database)
    time.sleep(WARM_UP)
    result = beside(way, module, database, target, limit)
    commits = writer.stop()
    methods.clean(database, target)
    begin, end = result.pop("span")
    result["latencies"] = [round(finished - due, 6) for due, finished in commits if finished > begin and due < end]
    return result


def run(module, place, rounds, idle_seconds, limit):
    database, target = place["database"], place["database"] + ".copy"
    runs = {way: [] for way in [*WAYS, SHELL]}
    for number in range(rounds):
        shift = number % len(WAYS)
        for way in WAYS[shift:] + WAYS[:shift]:
            runs[way].append(once(way, module, database, target, idle_seconds if way == NOTHING else 600))
    runs[SHELL].append(once(SHELL, module, database, target, limit))
    methods.forget_all(database)
    return runs


def row(way, runs):
    latencies = [latency for run in runs for latency in run["latencies"]]
    ended = all(run["ended"] for run in runs)
    taken = statistics.median(run["seconds"] for run in runs)
    time_cell = "" if way == NOTHING else f"{taken:.2f}" if ended else f"not done after {taken:.0f}"
    return [way, time_cell, len(latencies), milliseconds(quantile(latencies, 0.5)),
            milliseconds(quantile(latencies, 0.99)), milliseconds(max(latencies)),
            megabytes(max(run["wal"] for run in runs)),
            "" if way == NOTHING else megabytes(max(run["memory"] for run in runs))]


def report(results):
    lines = []
    for place, runs in results.items():
        lines += [f"Place: {place}. {len(runs[OURS])} runs of each pooled; the shell's {SHELL} ran once.", ""]
        lines += table(["beside the writer", "time, s", "commits", "p50, ms", "p99, ms", "longest, ms", "WAL peak, MiB",
                        "memory peak, MiB"], [row(way, each) for way, each in runs.items()])
        lines.append("")
    return lines[:-1]


def met(results):
    return {f"peak memory of {way}, {place}, <= 64 MiB": max(run["memory"] for run in runs[way]) <= MEMORY_LIMIT
            for place, runs in results.items() for way in (OURS, OURS_COUNTED)}

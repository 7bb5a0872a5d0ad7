"""Compressed, encrypted and JSON backups of a live database, and their restores, beside the stock tools."""

import os
import pathlib
import statistics

import methods
from copies import read_through
from methods import (AGE, JSON, JSON_LOAD, PYTHON, PYTHON_LOAD, UNZSTD, UNZSTD_STOCK, UNZSTD_UNCHECKED, ZSTD, ZSTD_STOCK)
from tables import megabytes, ratio_cell, seconds_cell, table

COMPRESSING = [ZSTD_STOCK, ZSTD, AGE]
RESTORING = [UNZSTD_STOCK, UNZSTD_UNCHECKED, UNZSTD]
ROWS = [PYTHON, JSON]
LOADING = [PYTHON_LOAD, JSON_LOAD]
GOALS = {f"{ZSTD} / {ZSTD_STOCK}": 1.0, f"{AGE} / {ZSTD}": 1.1, f"{UNZSTD_UNCHECKED} / {UNZSTD_STOCK}": 1.1,
         f"{JSON} / {PYTHON}": 0.2, f"{JSON_LOAD} / {PYTHON_LOAD}": 0.2}
MEMORY_LIMIT = 64 << 20  # beside the windows of zstd: 1 MiB a frame here, and what a thread of zstd needs
SIZE_LIMIT = 1.01


def source_of(way, database):
    """What a restore reads: made once, by the library."""
    directory = pathlib.Path(database + "-backups")
    if way in RESTORING:
        return str(next(directory.glob("backup-*.sqlite.zst")))
    if way in LOADING:
        return str(next(path for path in directory.glob("backup-*.json") if path.name.count(".") == 1))
    return database


def run_group(ways, module, database, rounds, results, keep=False):
    target = database + ".copy"
    for number in range(rounds + 1):
        shift = number % len(ways)
        for way in ways[shift:] + ways[:shift]:
            source = source_of(way, database)
            read_through(source)
            measured = methods.result_of(methods.start(way, module, source, target))
            if not keep:
                measured["bytes"] = size_of_result(database, target)
                methods.clean(database, target)
            else:
                methods.clean_target(target)
            if number > 0 or rounds == 0:  # the first round makes the catalog, loads the programs
                results.setdefault(way, []).append(measured)


def size_of_result(database, target):
    if os.path.exists(target):
        return os.path.getsize(target)
    return max(path.stat().st_size for path in pathlib.Path(database + "-backups").glob("backup-*"))


def run(module, place, rounds, slow_rounds):
    database = place["database"]
    results = {}
    methods.clean(database, database + ".copy")
    run_group(COMPRESSING, module, database, rounds, results)
    run_group(ROWS, module, database, slow_rounds, results)
    for way in (ZSTD, JSON):
        methods.result_of(methods.start(way, module, database, database + ".copy"))
    run_group(RESTORING, module, database, rounds, results, keep=True)
    run_group(LOADING, module, database, slow_rounds, results, keep=True)
    methods.clean(database, database + ".copy")
    methods.forget_all(database)
    return {"ways": results, "database_bytes": os.path.getsize(database)}


def ratios_of(results):
    ways = results["ways"]
    return {name: [x["seconds"] / y["seconds"] for x, y in zip(ways[a], ways[b])]
            for name, (a, b) in ((name, name.split(" / ")) for name in GOALS)}


def peak_of(results, way):
    return max(measured["peak"] for measured in results["ways"][way])


def size_ratio(results):
    return results["ways"][ZSTD][0]["bytes"] / results["ways"][ZSTD_STOCK][0]["bytes"]


def report(results):
    lines = [f"The database has {results['database_bytes']:,} bytes. Ratios within a round: median (smallest to "
             "largest).", ""]
    lines += table(["ratio", "time", "goal"],
                   [[name, ratio_cell(ratios), f"<= {GOALS[name]}"] for name, ratios in ratios_of(results).items()]
                   + [[f"size: {ZSTD} / {ZSTD_STOCK}", f"**{size_ratio(results):.4f}**", f"<= {SIZE_LIMIT}"]])
    lines += ["", "Times, sizes and the peak memory of the whole process, a Python interpreter in it.", ""]
    lines += table(["", "seconds", "MiB written", "peak MiB"], [
        [way, seconds_cell([m["seconds"] for m in measured]),
         megabytes(measured[0]["bytes"]) if "bytes" in measured[0] else "", megabytes(peak_of(results, way))]
        for way, measured in results["ways"].items()])
    return lines


def met(results):
    """Whether each goal was reached, by its name."""
    verdicts = {f"{name}, <= {GOALS[name]}": statistics.median(ratios) <= GOALS[name]
                for name, ratios in ratios_of(results).items()}
    verdicts[f"size: {ZSTD} / {ZSTD_STOCK}, <= {SIZE_LIMIT}"] = size_ratio(results) <= SIZE_LIMIT
    for way in (ZSTD, AGE, UNZSTD, JSON, JSON_LOAD):
        verdicts[f"memory: {way}, <= 64 MiB"] = peak_of(results, way) <= MEMORY_LIMIT
    return verdicts

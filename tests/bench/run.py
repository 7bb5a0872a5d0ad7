#!/usr/bin/python3
"""Measures libsqbackup against its alternatives:

    run.py [MODULE] [--quick] [--only copies|live|formats|catalog|fleet] [--dir DIRECTORY]

Makes a database of 1 GB in DIRECTORY (next to MODULE unless given) and in /dev/shm, and needs 3 GB free in both. Prints
tables; bench.json beside MODULE holds every number. --quick: everything small, to see that it works.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile

import catalogs
import copies
import database
import fleet
import formats
import live
import machine

MODULE = pathlib.Path(__file__).resolve().parents[2] / "build/release/libsqbackup.so"
MEMORY = "/dev/shm"
FULL = {"size": 10**9, "copy_rounds": 10, "live_rounds": 5, "format_rounds": (3, 1), "idle": 4, "limit": 60, "backups": (100, 100_000),
        "repeats": 200, "fleet": (200, 65, 60)}
QUICK = {"size": 8 * 10**6, "copy_rounds": 2, "live_rounds": 1, "format_rounds": (1, 1), "idle": 0.5, "limit": 1, "backups": (10, 100),
         "repeats": 5, "fleet": (10, 0, 0.5)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="?", type=pathlib.Path, default=MODULE)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("copies", "live", "formats", "catalog", "fleet"))
    parser.add_argument("--dir", type=pathlib.Path)
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_place(name, parent, size):
    free = shutil.disk_usage(parent).free
    if free < 3 * size:
        raise SystemExit(f"{parent} has {free} bytes free; {3 * size} are needed")
    directory = tempfile.mkdtemp(prefix="sqbackup-bench-", dir=parent)
    return {"name": name, "directory": directory, "database": os.path.join(directory, "live.db")}


def measure(module, places, scale, only):
    results = {}
    disk, memory = places["disk"], places["memory"]
    if only not in ("catalog", "fleet"):
        say("making the database")
        size = database.make(disk["database"], scale["size"])
        shutil.copyfile(disk["database"], memory["database"])
        results["database_bytes"] = size
    if only in (None, "copies"):
        results["copies"] = {}
        for name, place in places.items():
            say(f"copies, {name}")
            results["copies"][name] = copies.run(module, place, scale["copy_rounds"])
    if only in (None, "live"):
        results["live"] = {}
        for name, place in places.items():
            say(f"live, {name}")
            results["live"][name] = live.run(module, place, scale["live_rounds"], scale["idle"], scale["limit"])
    if only in (None, "formats"):
        say("formats")
        results["formats"] = formats.run(module, memory, *scale["format_rounds"])
    if only in (None, "catalog"):
        say("catalog")
        results["catalog"] = catalogs.run(module, disk["directory"], scale["backups"], scale["repeats"])
    if only in (None, "fleet"):
        say("fleet")
        results["fleet"] = fleet.run(module, disk["directory"], *scale["fleet"])
    return results


SECTIONS = {
    "copies": ("One copy of a database at rest", copies),
    "live": ("One copy beside 200 commits a second", live),
    "formats": ("Compressed, encrypted, JSON", formats),
    "catalog": ("The catalog", catalogs),
    "fleet": ("Two hundred databases", fleet),
}


def report(results):
    lines = [f"- {key}: {value}" for key, value in results["machine"].items()]
    if "database_bytes" in results:
        lines.append(f"- database: {results['database_bytes']:,} bytes")
    for key, (title, bench) in SECTIONS.items():
        if key in results:
            lines += ["", f"## {title}", "", *bench.report(results[key])]
    lines += ["", "## Goals", "", *[f"- {'met' if ok else 'MISSED'}: {name}" for name, ok in results["goals"].items()]]
    return "\n".join(lines)


def main():
    chosen = arguments()
    if not chosen.module.is_file():
        raise SystemExit(f"{chosen.module} is missing: cmake --preset release && cmake --build --preset release")
    module = chosen.module.resolve()
    scale = QUICK if chosen.quick else FULL
    os.environ.pop("SQBACKUP_DIRECTORY", None)
    os.environ.pop("BACKUP_LOCAL_PATH", None)
    places = {}
    try:
        places["disk"] = make_place("disk", chosen.dir or module.parent, scale["size"])
        places["memory"] = make_place("memory", MEMORY, scale["size"])
        results = {"machine": machine.describe(places)}
        results |= measure(str(module), places, scale, chosen.only)
    finally:
        for place in places.values():
            shutil.rmtree(place["directory"], ignore_errors=True)
    results["goals"] = {name: ok for key, (_, bench) in SECTIONS.items() if key in results
                        for name, ok in bench.met(results[key]).items()}
    file = module.parent / ("bench-quick.json" if chosen.quick else "bench.json")
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(report(results))


if __name__ == "__main__":
    main()

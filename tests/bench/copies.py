"""One copy of a database at rest: every way in every round, side by side, the order rotated."""

import statistics

import methods
from methods import CP, HASH, OURS, OURS_COUNTED, SHELL, VACUUM
from tables import ratio_cell, seconds_cell, table

WAYS = [CP, OURS, OURS_COUNTED, SHELL, VACUUM, HASH]
# The hash alone is no copy: it shows what this machine's SHA-256 leaves of the ratio to cp, which has none.
PAIRS = [(OURS, CP), (OURS, SHELL), (OURS, VACUUM), (OURS_COUNTED, CP), (SHELL, CP), (VACUUM, CP), (HASH, CP),
         (OURS, HASH)]


def read_through(path):
    """So that every run finds the database in the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def run(module, place, rounds):
    database, target = place["database"], place["database"] + ".copy"
    seconds = {way: [] for way in WAYS}
    methods.clean(database, target)
    for number in range(rounds + 1):
        shift = number % len(WAYS)
        for way in WAYS[shift:] + WAYS[:shift]:
            read_through(database)
            taken = methods.measure(way, module, database, target)
            if number > 0:  # the first round makes the catalog, loads the programs
                seconds[way].append(taken)
    methods.forget_all(database)
    ratios = {f"{a} / {b}": [x / y for x, y in zip(seconds[a], seconds[b])] for a, b in PAIRS}
    return {"seconds": seconds, "ratios": ratios}


def goal(name, where):
    return {f"{OURS} / {CP}": "<= 1.25" if where == "disk" else "<= 1.4", f"{OURS} / {SHELL}": "< 1",
            f"{OURS} / {VACUUM}": "< 1"}.get(name, "")


def report(results):
    places = list(results)
    rounds = len(next(iter(results[places[0]]["seconds"].values())))
    names = list(results[places[0]]["ratios"])
    lines = [f"Ratios within a round: median of {rounds} rounds (smallest to largest).", ""]
    lines += table(["ratio", *[text for place in places for text in (place, "goal")]],
                   [[name, *[text for place in places
                             for text in (ratio_cell(results[place]["ratios"][name]), goal(name, place))]]
                    for name in names])
    lines += ["", "Times: median (smallest to largest), seconds.", ""]
    lines += table(["", *places], [[way, *[seconds_cell(results[place]["seconds"][way]) for place in places]]
                                   for way in WAYS])
    return lines


def met(results):
    """Whether each goal was reached, by its name."""
    verdicts = {}
    for place, result in results.items():
        for name, ratios in result["ratios"].items():
            limit = goal(name, place)
            if limit:
                verdicts[f"{name}, {place}, {limit}"] = statistics.median(ratios) <= float(limit.split()[1])
    return verdicts

#!/usr/bin/python3
"""Compares our schedules with others: croniter for cron expressions, Python's zoneinfo for time zones.

    schedules.py CRON_NEXT [CASES [SEED]]

1. CASES (100,000) random expressions and times in UTC: croniter's next time is ours.
2. CASES / 10 in zones, where no change of the offset is near: croniter's next time on the wall clock, at that offset.
3. CASES / 100 right around changes of the offset: a walk through every minute by the rule in ext/sched/cron.h, on
   zoneinfo's clock. croniter is no judge there: 1.3.5 moves skipped times by the difference, and fires "any hour"
   expressions once in an hour that comes twice.
4. The offset of every zone of the machine at random times from 1850 to 2200.

What croniter does differently on purpose, and so is not generated:
- It counts a day field as unrestricted only if all its values are listed; Vixie's rule, and ours, is that it starts
  with `*`. So no `*/2` and no `*,5` in one day field while the other is restricted, and no `1-31` or `0-6`.
And what is wrong in it (seen in 1.3.5 of Debian 12): see croniter_next.
"""

import bisect
import datetime
import random
import subprocess
import sys
import zoneinfo

from croniter import croniter

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns",
         "Europe/Dublin", "Africa/Casablanca", "Pacific/Apia", "America/Asuncion", "Asia/Beirut", "Asia/Kathmandu"]
FIELDS = [(0, 59, None), (0, 23, None), (1, 31, None), (1, 12, MONTHS), (0, 7, WEEKDAYS)]
DAY_SECONDS = 86400


def in_any_case(rng, word):
    return "".join(rng.choice((c.lower(), c.upper())) for c in word)


def random_value(rng, low, high, names):
    value = rng.randint(low, high)
    if names and value - low < len(names) and rng.random() < 0.3:
        return value, in_any_case(rng, names[value - low])
    return value, str(value)


def random_item(rng, low, high, names):
    form = rng.random()
    value, text = random_value(rng, low, high, names)
    if form < 0.55:
        return text
    if form < 0.65:
        return f"{value}/{rng.randint(1, high + 3)}"
    end = rng.randint(value, high)
    step = f"/{rng.randint(1, high + 3)}" if form > 0.85 else ""
    return f"{value}-{end}{step}"


def random_field(rng, i):
    form = rng.random()
    low, high, names = FIELDS[i]
    if form < 0.35:
        return "*"
    if form < 0.45:
        return f"*/{rng.randint(1, high + 3)}"
    return ",".join(random_item(rng, low, high, names) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def has_all_values(field, i):
    """Whether croniter takes a field that does not start with `*` for one that does."""
    low, high, _ = FIELDS[i]
    values = croniter.expand(" ".join(field if n == i else "*" for n in range(5)))[0][i]
    return values == ["*"] or {v % 7 if i == 4 else v for v in values} >= set(range(low, high + (i != 4)))


def judged_alike(fields):
    day, weekday = fields[2], fields[4]
    for field, i, other in ((day, 2, weekday), (weekday, 4, day)):
        if other != "*" and (field.startswith("*") and field != "*" or
                             not field.startswith("*") and has_all_values(field, i)):
            return False
    return True


def random_expression(rng):
    while True:
        fields = [random_field(rng, i) for i in range(5)]
        if judged_alike(fields):
            return " ".join(fields)


def random_time(rng, first=1971, last=2090):
    start = datetime.datetime(first, 1, 1, tzinfo=UTC)
    end = datetime.datetime(last, 1, 1, tzinfo=UTC)
    seconds = rng.randint(int(start.timestamp()), int(end.timestamp()))
    return seconds - seconds % 60 if rng.random() < 0.3 else seconds


def ask(program, cases):
    """Our answers to (expression, zone, seconds), in ms as text."""
    lines = "".join(f"{e}\t{z}\t{t * 1000}\n" for e, z, t in cases)
    result = subprocess.run([program], input=lines, capture_output=True, text=True, check=False)
    answers = result.stdout.splitlines()
    if result.returncode != 0 or len(answers) != len(cases):
        sys.exit(f"{program} failed after {len(answers)} answers: {result.stderr}")
    return answers


def croniter_next(expression, seconds):
    """croniter's next time, in seconds; None where it finds none."""
    day, month, weekday = expression.split()[2:]
    if not day.startswith("*") and not weekday.startswith("*") and croniter_next(f"0 0 {day} {month} *", 0) is None:
        # Where either day field may match and no month has such a day, croniter finds nothing at all.
        expression = " ".join(expression.split()[:2] + ["*", month, weekday])
    found = ask_croniter(expression, seconds)
    days = day_values(day)
    if found is None or not days & {1, 2} or not days & {29, 30, 31}:
        return found
    # Looking for February 31, it goes to March 3 and on from there (`*/15` misses March 1). Ask again from the end of
    # each February on the way.
    for year in range((EPOCH + datetime.timedelta(seconds=seconds)).year,
                      (EPOCH + datetime.timedelta(seconds=found)).year + 1):
        march = int(datetime.datetime(year, 3, 1, tzinfo=UTC).timestamp())
        if seconds < march <= found:
            return min(found, ask_croniter(expression, march - 1))
    return found


def day_values(day):
    values = croniter.expand(f"0 0 {day} * *")[0][2]
    return set() if values == ["*"] else set(values)


def ask_croniter(expression, seconds):
    try:
        # By itself it would not look far enough: February 29 on a weekday can take 40 years.
        return int(croniter(expression, EPOCH + datetime.timedelta(seconds=seconds), ret_type=float,
                            max_years_between_matches=50).get_next())
    except Exception as error:  # its own errors differ between versions
        if "Bad" in type(error).__name__ and "Date" in type(error).__name__:
            return None
        raise


def compare(what, cases, answers, expected):
    wrong = 0
    for case, answer, wanted in zip(cases, answers, expected):
        agree = answer == str(wanted * 1000) if wanted is not None else answer == "none" or "never fires" in answer
        if not agree:
            wrong += 1
            if wrong <= 20:
                print(f"{what}: {case}: we say {answer}, expected {wanted and wanted * 1000}")
    fires = sum(wanted is not None for wanted in expected)
    print(f"{what}: {len(cases)} compared, {fires} with a next time, {wrong} differ")
    return wrong == 0 and fires > 0


def in_utc(program, rng, count):
    cases = [(random_expression(rng), "UTC", random_time(rng)) for _ in range(count)]
    expected = [croniter_next(e, t) for e, _, t in cases]
    return compare("UTC", cases, ask(program, cases), expected)


def offset(zone, seconds):
    # Not datetime.fromtimestamp: its range depends on the platform.
    moment = EPOCH + datetime.timedelta(seconds=seconds)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


def in_zones(program, rng, count):
    cases, expected = [], []
    while len(cases) < count:
        name = rng.choice(ZONES)
        zone, seconds, expression = zoneinfo.ZoneInfo(name), random_time(rng), random_expression(rng)
        before = offset(zone, seconds)
        wall = croniter_next(expression, seconds + before)
        if wall is None:
            continue
        near = {offset(zone, seconds + d * DAY_SECONDS) for d in (-2, 0, 2)}
        after = {offset(zone, wall - before + d * DAY_SECONDS) for d in (-2, 0, 2)}
        if len(near) > 1 or len(after) > 1 or slot_in_a_jump(expression, zone, seconds, wall - before):
            continue
        cases.append((expression, name, seconds))
        expected.append(wall - after.pop())
    return compare("zones", cases, ask(program, cases), expected)


def changes(zone, first, last):
    """The instants at which the offset changes, found by halving."""
    found, step = [], 6 * 3600
    for low in range(first, last, step):
        high = low + step
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == offset(zone, low) else (low, middle)
        found.append(high)
    return found


def slot_in_a_jump(expression, zone, first, last):
    """Whether the first slot may be one that a jump of the clock skipped."""
    if last - first > 400 * DAY_SECONDS:
        return True  # too long to look at: not judged
    for at in changes(zone, first - DAY_SECONDS, last + DAY_SECONDS):
        before, after = offset(zone, at - 1), offset(zone, at)
        slot = croniter_next(expression, at + before - 1)
        if slot is not None and slot < at + after:
            return True
    return False


def walk(expression, zone, seconds, end):
    """The first time after `seconds` by the rule in ext/sched/cron.h, trying every minute of the wall clock."""
    values = croniter.expand(expression)[0]
    sets = [None if v == ["*"] else set(v) for v in values]
    either = not expression.split()[2].startswith("*") and not expression.split()[4].startswith("*")

    def matches(wall):
        moment = EPOCH + datetime.timedelta(seconds=wall)
        inside = [s is None or v in s for s, v in zip(sets, (
            moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7))]
        days = inside[2] or inside[4] if either else inside[2] and inside[4]
        return inside[0] and inside[1] and inside[3] and days

    any_hour = expression.split()[1].startswith("*")
    start = seconds - 4 * DAY_SECONDS  # any change that still matters lies behind it
    reached = start + offset(zone, start)
    for now in range(start - start % 60 + 60, end, 60):  # since 1990 every offset is of whole minutes
        wall = now + offset(zone, now)
        if any_hour:
            due = matches(wall)
        else:
            due = any(matches(w) for w in range(reached - reached % 60 + 60, wall + 1, 60))
        reached = max(reached, wall)
        if due and now > seconds:
            return now
    return None


def around_changes(program, rng, count):
    cases, expected = [], []
    known = {}
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        first = int(datetime.datetime(1990, 1, 1, tzinfo=UTC).timestamp())
        last = int(datetime.datetime(2045, 1, 1, tzinfo=UTC).timestamp())
        known[name] = changes(zone, first, last)
    names = [name for name in ZONES if known[name]]
    while len(cases) < count:
        name = rng.choice(names)
        change = rng.choice(known[name])
        seconds = change + rng.choice((-1, 0, 1, rng.randint(-26, 26) * 1800, rng.randint(-90000, 90000)))
        minute, hour = random_field(rng, 0), rng.choice((random_field(rng, 1), str(rng.randint(0, 3)), "0-4", "*/2"))
        expression = f"{minute} {hour} {rng.choice(('* * *', '* * *', '* * 0,6', '*/2 * *'))}"
        wanted = walk(expression, zoneinfo.ZoneInfo(name), seconds, seconds + 2 * DAY_SECONDS)
        if wanted is not None:
            cases.append((expression, name, seconds))
            expected.append(wanted)
    return compare("around changes", cases, ask(program, cases), expected)


def all_zones(program, rng):
    names = sorted(n for n in zoneinfo.available_timezones() if n not in ("localtime", "Factory"))
    cases = [("", name, random_time(rng, 1850, 2200)) for name in names for _ in range(100)]
    wrong = 0
    zones = {name: zoneinfo.ZoneInfo(name) for name in names}
    first = {name: first_change(zones[name]) for name in names}
    for (_, name, seconds), answer in zip(cases, ask(program, cases)):
        if seconds < first[name]:
            continue  # before it, zoneinfo prefers the first standard time to the first type
        if int(answer) != offset(zones[name], seconds):
            wrong += 1
            print(f"offset: {name} at {seconds}: we say {answer}, zoneinfo {offset(zones[name], seconds)}")
    print(f"offsets: {len(names)} zones, {len(cases)} times, {wrong} differ")
    return wrong == 0 and len(names) > 100


def first_change(zone):
    start = int(datetime.datetime(1800, 1, 1, tzinfo=UTC).timestamp())
    steps = range(start, start + 400 * 365 * DAY_SECONDS, 365 * DAY_SECONDS)
    at = bisect.bisect_left(steps, True, key=lambda t: offset(zone, t) != offset(zone, start))
    return steps[at] if at < len(steps) else start


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    results = [in_utc(program, rng, count), in_zones(program, rng, count // 10),
               around_changes(program, rng, count // 100), all_zones(program, rng)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

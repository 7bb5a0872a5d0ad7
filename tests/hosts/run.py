"""Runs the same scenarios in every host that can load an SQLite extension: run.py MODULE CACHE-DIRECTORY [HOST ...].

A host's program is called with the module, a fresh directory and a scenario, and says `ok SCENARIO` last. In the
scenarios with a scheduler it gets a number of seconds too, after which it ends: they run at MOMENTS random ones.
A host that is missing is a failure. Node comes from the npm registry into the cache directory.
"""

import os
import pathlib
import platform
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 120  # seconds: a hang is a failure
NODE = "24"
MOMENTS = 60 if os.environ.get("SQBACKUP_LONG") else 6
EARLY, LATE = 0.005, 0.15  # seconds: it opens its connections and prepares; the first backup is done

SCENARIOS = {
    "work": "back up, list, verify, damage, restore live, count through its own and another connection",
    "refuse": "a view or trigger that calls any of it is refused",
    "close": "a connection closes while another takes a backup on another thread",
    "exit": "the process ends without closing, inside its work",
    "fork": "a child answers SQB-FORK-01, works through a connection of its own, and ends; the parent goes on",
    "scheduler-close": "the connection closes while its scheduler may be at work",
    "scheduler-exit": "the process ends without closing while its scheduler may be at work",
    "scheduler-exec": "the process becomes another program while its scheduler may be at work",
    "scheduler-fork": "the process forks while its scheduler may be at work; child and parent go on",
}
SCHEDULER = ("scheduler-close", "scheduler-exit")
PROCESSES = ("fork", "scheduler-exec", "scheduler-fork")
HOSTS = {
    "sqlite3": ("work", "refuse", "exit", *SCHEDULER),
    "python": ("work", "refuse", "close", "exit", *SCHEDULER, *PROCESSES),
    "node": ("work", "refuse", "close", "exit", *SCHEDULER),
    "php": ("work", "refuse", "exit", *SCHEDULER, *PROCESSES),
    "ruby": ("work", "refuse", "exit", *SCHEDULER, *PROCESSES),
    "perl": ("work", "refuse", "exit", *SCHEDULER, *PROCESSES),
    "tcl": ("work", "refuse", "exit", *SCHEDULER),
}


def node(cache):
    package = f"node-linux-{'arm64' if platform.machine() == 'aarch64' else 'x64'}"
    binary = cache / "node_modules" / package / "bin" / "node"
    if not binary.exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error",
                        "--prefix", str(cache), f"{package}@{NODE}"], check=True, timeout=300)
    return str(binary)


def command(host, module, cache):
    """How the host's program is started, without its arguments."""
    return {
        "sqlite3": lambda: ["sh", "host.sh"],
        "python": lambda: ["/usr/bin/python3", "host.py"],
        "node": lambda: [node(cache), "--no-warnings", "host.mjs"],
        "php": lambda: ["php", "-d", f"sqlite3.extension_dir={module.parent}", "-d", "display_errors=stderr", "host.php"],
        "ruby": lambda: ["ruby", "host.rb"],
        "perl": lambda: ["perl", "host.pl"],
        "tcl": lambda: ["tclsh", "host.tcl"],
    }[host]()


def started(host, scenario, start, module, directory, *more):
    """What went wrong, or nothing."""
    try:
        done = subprocess.run([*start, str(module), directory, scenario, *more], cwd=HERE / host, timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as error:
        return f"still running after {TIMEOUT} s\n" + (error.stdout or b"").decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be started: {error}"
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or not output.endswith(f"ok {scenario}\n"):
        return f"exit status {done.returncode}\n{output}"
    return None if output == f"ok {scenario}\n" else f"it printed more than its result\n{output}"


def left_behind(module, directory):
    """What a scheduler that was cut off has left that it should not, or nothing."""
    db = sqlite3.connect(f"{directory}/app.db", timeout=10, isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(str(module))
    if db.execute("SELECT backup_start() ->> 'leader'").fetchone()[0] != 1:
        return "nobody can take its place: the lead is still held"
    db.execute("SELECT backup_stop()").fetchone()
    db.execute("SELECT backup_now()").fetchone()
    for name, status in db.execute("SELECT name, status FROM backups").fetchall():
        if status != "completed" or db.execute("SELECT backup_verify(?)", (name,)).fetchone()[0] != "ok":
            return f"a backup is not good: {name} {status}"
    if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        return "the database is damaged"
    running = db.execute("SELECT count(*) FROM backup_jobs").fetchone()[0]
    partial = [name for name in os.listdir(f"{directory}/app.db-backups") if name.endswith(".partial")]
    return f"{running} jobs seem to run, unfinished files: {partial}" if running or partial else None


def run(host, scenario, start, module):
    """What went wrong, or nothing."""
    for _ in range(MOMENTS if scenario.startswith("scheduler") else 1):
        directory = tempfile.mkdtemp(prefix="sqbackup-host-")
        moment = [f"{random.uniform(0, random.choice((EARLY, LATE))):.4f}"] if scenario.startswith("scheduler") else []
        try:
            problem = started(host, scenario, start, module, directory, *moment)
            if not problem and moment:
                problem = left_behind(module, directory)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        if problem:
            return " ".join([*moment, problem])
    return None


def main():
    module, cache = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    os.environ.pop("SQBACKUP_DIRECTORY", None)
    failed = 0
    for host in sys.argv[3:] or HOSTS:
        try:
            start = command(host, module, cache)
        except (OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED: {host}: cannot be had: {error}")
            continue
        for scenario in HOSTS[host]:
            problem = run(host, scenario, start, module)
            failed += problem is not None
            print(f"FAILED: {host}: {SCENARIOS[scenario]}: {problem}" if problem else f"ok: {host}: {SCENARIOS[scenario]}",
                  flush=True)
    sys.exit(1 if failed else 0)


main()

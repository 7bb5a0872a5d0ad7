"""Runs the same scenarios in every host that can load an SQLite extension: run.py MODULE CACHE-DIRECTORY [HOST ...].

A host's program is called with the module, a fresh directory and a scenario, and says `ok SCENARIO` last.
A host that is missing is a failure. Node comes from the npm registry into the cache directory.
"""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 120  # seconds: a hang is a failure
NODE = "24"

SCENARIOS = {
    "work": "back up, list, verify, damage, restore live, count through its own and another connection",
    "refuse": "a view or trigger that calls any of it is refused",
    "close": "a connection closes while another takes a backup on another thread",
    "exit": "the process ends without closing, inside its work",
    "fork": "a child answers SQB-FORK-01, works through a connection of its own, and ends; the parent goes on",
}
HOSTS = {
    "sqlite3": ("work", "refuse", "exit"),
    "python": ("work", "refuse", "close", "exit", "fork"),
    "node": ("work", "refuse", "close", "exit"),
    "php": ("work", "refuse", "exit", "fork"),
    "ruby": ("work", "refuse", "exit", "fork"),
    "perl": ("work", "refuse", "exit", "fork"),
    "tcl": ("work", "refuse", "exit"),
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


def run(host, scenario, start, module):
    """What went wrong, or nothing."""
    directory = tempfile.mkdtemp(prefix="sqbackup-host-")
    try:
        done = subprocess.run([*start, str(module), directory, scenario], cwd=HERE / host, timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as error:
        return f"still running after {TIMEOUT} s\n" + (error.stdout or b"").decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be started: {error}"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or not output.endswith(f"ok {scenario}\n"):
        return f"exit status {done.returncode}\n{output}"
    return None if output == f"ok {scenario}\n" else f"it printed more than its result\n{output}"


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

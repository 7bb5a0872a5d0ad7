"""What the numbers were measured on."""

import os
import platform
import re
import sqlite3
import subprocess


def first_match(path, pattern):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return found.group(1).strip() if found else None


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def file_system(directory):
    return output_of("findmnt", "-n", "-o", "FSTYPE,OPTIONS", "-T", directory).split()[0]


def describe(places):
    memory = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+) kB") or 0) // 2**20
    return {
        "processor": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or platform.machine(),
        "cores": os.cpu_count(),
        "memory": f"{memory} GiB",
        "file systems": ", ".join(f"{name}: {file_system(place['directory'])}" for name, place in places.items()),
        "kernel": platform.release(),
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)') or platform.system(),
        "SQLite": sqlite3.sqlite_version,
        "cp": output_of("cp", "--version").splitlines()[0],
        "load when it began": f"{os.getloadavg()[0]:.1f}",
    }

#!/usr/bin/python3
"""Golden SQL: runs each *.sql of this folder through the sqlite3 shell and compares what appears with *.expected.

    run.py MODULE [--update] [NAME...]

Every file runs in a fresh directory on an empty app.db, the library loaded, statements echoed. Before the comparison
what differs from run to run is masked: backup names are numbered in the order of their appearance, times, hashes, the
directory and process ids get a word in their place. --update writes the *.expected files anew: read the difference.
"""

import difflib
import pathlib
import re
import sys
import tempfile

from shell import Shell, tidy_errors

HERE = pathlib.Path(__file__).parent


def mask(output, directory):
    names = {}

    def number(match):
        return f"<backup {names.setdefault(match.group(0), len(names) + 1)}>"

    output = tidy_errors(output).replace(str(directory), "<dir>")
    output = re.sub(r"backup-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(?:-\d+)?\.(?:sqlite|json)", number, output)
    output = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\b", "<time>", output)
    output = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", output)
    return re.sub(r"(?:uid )?[^\s|]+@[^\s|]+ pid \d+", "<actor>", output)


def run(script, module):
    with tempfile.TemporaryDirectory(prefix="sqbackup-sql-") as name:
        directory = pathlib.Path(name).resolve()
        (directory / "libsqbackup.so").symlink_to(module)
        shell = Shell("./libsqbackup", directory)
        output = shell.run(".echo on\n" + script.read_text() + "\n.echo off")
        if shell.close() < 0:  # else it counts the errors that it printed
            output += "the shell was killed\n"
        return mask(output.replace(".echo on\n", "").replace("\n.echo off\n", ""), directory)


def main(arguments):
    update = "--update" in arguments
    module, *wanted = [a for a in arguments if a != "--update"]
    scripts = sorted(HERE.glob("*.sql"))
    if wanted:
        scripts = [s for s in scripts if s.stem in wanted]
    failed = 0
    for script in scripts:
        expected = script.with_suffix(".expected")
        output = run(script, pathlib.Path(module).resolve())
        if update:
            expected.write_text(output)
            continue
        before = expected.read_text() if expected.exists() else ""
        if output != before:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(
                before.splitlines(True), output.splitlines(True), str(expected.name), "now"))
    print(f"{len(scripts)} files, {failed} differ")
    return 1 if failed or not scripts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

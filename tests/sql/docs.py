#!/usr/bin/python3
"""Runs every example of README.md and docs/**/*.md, so that none of them can be wrong.

    docs.py MODULE ROOT [FILE...]

Each file is one session: the sqlite3 shell on app.db in a fresh directory, where ./libsqbackup.so is the library
(loaded already) and app.db holds `users` (id, name, email; 3 rows) and `events` (id, user_id, kind, at; 100 rows).
The blocks of a file run in their order:

    ```sql                   runs; any error fails. `-- => text` at the end of a line, or on lines of their own after
                             it, is what that statement shows, a line each
    ```sql error SQB-XXX-01  the last statement must fail with this code, the ones before must not fail
    ```sh run                runs with sh -e in that directory and must succeed; every other ```sh is left alone
    ```text                  right after one of these: all that it shows

Every sql/recipes/*.sql is one such block in a session of its own; what stands after `--@` is its preparation and runs
as well.

What differs from run to run needs no care: backup names, times, hashes and process ids count as equal to any other,
and `...` in expected text stands for anything within its line.
"""

import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

from shell import Shell, tidy_errors

SCHEMA = """
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);
INSERT INTO users VALUES (1, 'Ada', 'ada@example.com'), (2, 'Grace', 'grace@example.com'), (3, 'Edsger', NULL);
CREATE TABLE events(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), kind TEXT, at TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
  INSERT INTO events SELECT i, 1 + i % 3, 'login', datetime('2026-01-01', i || ' hours') FROM n;
"""

BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
VARIABLE = [
    (r"backup-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(?:-\d+)?\.(?:sqlite|json)", "<backup>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{3})?Z?", "<time>"),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"(?:uid )?[^\s|]+@[^\s|]+ pid \d+", "<actor>"),
]


def lines_of(text):
    for pattern, name in VARIABLE:
        text = re.sub(pattern, name, text)
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines() if line.strip()]


def matches(expected, shown):
    expected, shown = lines_of(expected), lines_of(shown)
    if len(expected) != len(shown):
        return False
    return all(re.fullmatch(".*".join(re.escape(part) for part in e.split("...")), s)
               for e, s in zip(expected, shown))


def statements(text):
    """Yields (statement or dot command, the output expected of it or None)."""
    pending, expected, ready = "", [], False
    for line in text.splitlines():
        code, arrow, wanted = line.partition("-- =>")
        if ready and code.strip():
            yield pending, "\n".join(expected) if expected else None
            pending, expected, ready = "", [], False
        if code.strip():
            pending += code + "\n"
        if arrow:
            expected.append(wanted.strip())
        code_only = re.sub(r"^\s*--.*$", "", pending, flags=re.M)
        ready = bool(code_only.strip()) and (code_only.lstrip().startswith(".") or sqlite3.complete_statement(code_only))
    if pending.strip():
        yield pending, "\n".join(expected) if expected else None


def failures(output):
    return re.findall(r"^(?:error: |Error: |unknown command).*$", output, flags=re.M)


class Session:
    def __init__(self, module, directory):
        self.directory = directory
        (directory / "libsqbackup.so").symlink_to(module)
        with sqlite3.connect(directory / "app.db") as connection:
            connection.executescript(SCHEMA)
        connection.close()
        self.shell = Shell("./libsqbackup", directory)

    def sql(self, text, must_fail_with):
        """Returns what the block shows and what is wrong with it."""
        shown, wrong, parts = "", [], list(statements(text))
        for number, (statement, expected) in enumerate(parts, 1):
            output = tidy_errors(self.shell.run(statement))
            shown += output
            if must_fail_with and number == len(parts):
                if f"[{must_fail_with}]" not in output:
                    wrong.append(f"should fail with {must_fail_with}:\n{statement}{output}")
            elif failures(output):
                wrong.append(f"fails:\n{statement}{output}")
            if expected is not None and not matches(expected, output):
                wrong.append(f"shows something else:\n{statement}expected:\n{expected}\nshown:\n{output}")
        return shown, wrong

    def sh(self, text):
        done = subprocess.run(["sh", "-e"], input=text, cwd=self.directory, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        wrong = [f"fails with {done.returncode}:\n{text}{done.stdout}"] if done.returncode else []
        return done.stdout, wrong


def check(path, module):
    """Returns how many blocks ran and what is wrong."""
    ran, wrong, shown = 0, [], None
    source = path.read_text()
    with tempfile.TemporaryDirectory(prefix="sqbackup-docs-") as name:
        session = Session(module, pathlib.Path(name).resolve())
        for block in BLOCK.finditer(source):
            info, text = block["info"].strip(), block["text"]
            problems = []
            if info == "sql" or info.startswith("sql error"):
                shown, problems = session.sql(text, info.removeprefix("sql error").strip() if info != "sql" else None)
                ran += 1
            elif info == "sh run":
                shown, problems = session.sh(text)
                ran += 1
            else:
                if info == "text" and shown is not None and not matches(text, shown):
                    problems = [f"shows something else:\nexpected:\n{text}shown:\n{shown}"]
                shown = None
            line = source.count("\n", 0, block.start()) + 1
            wrong += [f"{path}:{line}: {problem}" for problem in problems]
        session.shell.close()
    return ran, wrong


def check_recipe(path, module):
    with tempfile.TemporaryDirectory(prefix="sqbackup-docs-") as name:
        session = Session(module, pathlib.Path(name).resolve())
        _, problems = session.sql(re.sub(r"^--@ ?", "", path.read_text(), flags=re.M), None)
        session.shell.close()
    return 1, [f"{path}: {problem}" for problem in problems]


def main(arguments):
    module, root, *files = arguments
    root = pathlib.Path(root)
    pages = [root / "README.md", *sorted(root.glob("docs/**/*.md")), *sorted(root.glob("sql/recipes/*.sql"))]
    total, wrong = 0, []
    for path in [pathlib.Path(f) for f in files] or pages:
        if path.exists():
            one = check_recipe if path.suffix == ".sql" else check
            ran, problems = one(path, pathlib.Path(module).resolve())
            total += ran
            wrong += problems
    print("\n".join(wrong))
    print(f"{total} examples, {len(wrong)} wrong")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the repository says holds anywhere: no path of one machine, and plain ASCII in sources."""

import re

import lint

PLACES = ["ext", "vtab", "sql", "docs", "scripts", "tests", "cmake", ".ci",
          "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json"]
TEXT = {".h", ".cc", ".def", ".map", ".py", ".sh", ".sql", ".md", ".txt", ".cmake", ".json",
        ".js", ".mjs", ".php", ".rb", ".pl", ".tcl", ""}
ASCII_ONLY = {"ext", "vtab", "sql", "scripts", "cmake"}
MACHINE_PATH = re.compile(r"(?<![\w.~])/(work|root|home/\w+|tmp/build)[\w-]*/")


def files(root):
    for place in PLACES:
        top = root / place
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path.relative_to(root)


def check(root):
    for path in files(root):
        data = (root / path).read_bytes()
        for number, line in enumerate(data.split(b"\n"), 1):
            text = line.decode("utf-8", errors="replace")
            if MACHINE_PATH.search(text):
                yield f"{path}:{number}: a path of one machine: {text.strip()}"
            if path.parts[0] in ASCII_ONLY and not line.isascii():
                yield f"{path}:{number}: not ASCII: {text.strip()}"
            if "\r" in text or text != text.rstrip(" \t"):
                yield f"{path}:{number}: ends in blanks or a carriage return"
        if data and not data.endswith(b"\n"):
            yield f"{path}: the last line has no end"


def self_test():
    slash = "/"
    with lint.Tree({"ext/base/a.h": "// see docs/work/a and ~/work/b\n", "docs/a.md": "\u00e9\n"}) as root:
        lint.expect(list(check(root)))
    for name, text, part in [
        ("docs/a.md", f"open {slash}work/main/a\n", "a path of one machine"),
        ("scripts/test", f"cd {slash}root/x\n", "a path of one machine"),
        ("tests/a.py", f"x = '{slash}tmp/build-9/x'\n", "a path of one machine"),
        ("ext/base/a.h", "// caf\u00e9\n", "not ASCII"),
        ("README.md", "a \n", "ends in blanks"),
        ("README.md", "a", "no end"),
    ]:
        with lint.Tree({name: text}) as root:
            lint.expect(list(check(root)), name, part)


lint.main(check, self_test)

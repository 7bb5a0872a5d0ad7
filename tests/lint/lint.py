"""What the lint scripts share: which files there are, and how a result is told."""

import pathlib
import sys
import tempfile

SOURCE_SUFFIXES = {".h", ".cc", ".def"}


def library_sources(root):
    """The C++ files of the library, as paths relative to `root`."""
    for top in ("ext", "vtab"):
        for path in sorted((root / top).rglob("*")):
            if path.is_file() and path.suffix in SOURCE_SUFFIXES:
                yield path.relative_to(root)


class Tree:
    """A scratch tree for a script's test of itself: Tree({"ext/base/a.h": "text"})."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.directory.name)
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return root

    def __exit__(self, *unused):
        self.directory.cleanup()


def expect(problems, *parts):
    """A self-test's assertion: one problem holds all of `parts`; without parts, there is none."""
    if not parts:
        assert not problems, f"found where nothing is wrong: {problems}"
    else:
        assert any(all(part in problem for part in parts) for problem in problems), \
            f"not found: {parts} in {problems}"


def main(check, self_test):
    """`script ROOT` checks the tree at ROOT; `script --self-test` shows that the check can fail."""
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        print("finds what it is meant to find")
        return
    problems = list(check(pathlib.Path(sys.argv[1])))
    finish(problems)


def finish(problems):
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)

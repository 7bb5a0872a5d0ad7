"""Nothing grows until nobody can read it: lengths of files and functions, and no work left for later."""

import re

import lint

FILE_LIMIT, FILE_LONG = 500, 300
FUNCTION_LIMIT, FUNCTION_LONG = 80, 60
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

NOISE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<d>[^(]*)\(.*?\)(?P=d)" | "(\\.|[^"\\\n])*" | '(\\.|[^'\\\n])+' """,
    re.DOTALL | re.VERBOSE)
DIRECTIVE = re.compile(r"^[ \t]*#(\\\n|[^\n])*", re.MULTILINE)
TYPE_OR_NAMESPACE = re.compile(r"\b(namespace|class|struct|union|enum)\b(?![^<]*>)")


def blank(match):
    """Replaces by nothing but the line ends, so that lines keep their numbers."""
    return "\n" * match.group().count("\n") or " "


def functions(text):
    """(first line, length, header) of every function, by its braces."""
    code = DIRECTIVE.sub(blank, NOISE.sub(blank, text))
    stack, start = [], 0
    for at, char in enumerate(code):
        if char == "{":
            header = code[start:at].strip()
            inside = any(kind == "function" for kind, _, _ in stack)
            is_type = TYPE_OR_NAMESPACE.search(header.split("(")[0]) or 'extern' in header and "(" not in header
            kind = "block" if inside or is_type or "(" not in header or header.endswith("=") else "function"
            lead = len(code[start:at]) - len(code[start:at].lstrip())
            stack.append((kind, code.count("\n", 0, start + lead) + 1, header))
            start = at + 1
        elif char == "}" and stack:
            kind, first, header = stack.pop()
            if kind == "function":
                yield first, code.count("\n", 0, at) + 2 - first, " ".join(header.split())
            start = at + 1
        elif char == ";":
            start = at + 1


def check(root):
    for path in lint.library_sources(root):
        text = (root / path).read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > FILE_LIMIT:
            yield f"{path}: {lines} lines; {FILE_LIMIT} are the limit"
        elif lines > FILE_LONG:
            print(f"long: {path}: {lines} lines")
        for first, length, header in functions(text):
            if length > FUNCTION_LIMIT:
                yield f"{path}:{first}: {length} lines in one function; {FUNCTION_LIMIT} are the limit: {header[:80]}"
            elif length > FUNCTION_LONG:
                print(f"long: {path}:{first}: {length} lines: {header[:80]}")
        for number, line in enumerate(text.split("\n"), 1):
            if LATER.search(line):
                yield f"{path}:{number}: work left for later: {line.strip()}"


def self_test():
    def function(head, lines):
        return head + " {\n" + "  f(\"}\");  // {\n" * lines + "}\n"

    good = {
        "ext/base/a.cc": "namespace x {\n" + function("int f(int a)", 70) * 3 + "}\n",
        "ext/base/b.cc": "struct Table t = {\n" + '{"a"},\n' * 200 + "};\n",
        "ext/base/c.h": "class C {\n" + "  void f();\n" * 200 + "};\n",
    }
    with lint.Tree(good) as root:
        lint.expect(list(check(root)))
    for text, parts in [
        ("\n" * 501, ["501 lines"]),
        ("namespace {\n\n" + function("int f(int a)", 90) + "}\n", ["a.cc:3: 92 lines", "int f(int a)"]),
        ("class C {\n" + function("  C() : a_(1)", 90) + "};\n", ["a.cc:2: 92 lines"]),
        (function("Status a(\n  int b) const", 90), ["a.cc:1: 93 lines"]),
        ("// TO" "DO: later\n", ["left for later"]),
    ]:
        with lint.Tree({"ext/base/a.cc": text}) as root:
            lint.expect(list(check(root)), *parts)


lint.main(check, self_test)

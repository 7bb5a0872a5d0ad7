"""errors.def and docs/errors.md are one list: every code is explained, with its SQLite code, raised somewhere, and unique."""

import re

import lint

ROW = re.compile(r'^SQB_ERROR\((\w+), "([^"]+)", Code::(\w+),\s*"([^"]+)"\)$', re.MULTILINE)
SECTION = re.compile(r"^### (SQB-\S+): (.+)\n\n`?(\w*)", re.MULTILINE)
SQLITE_CODE = re.compile(r"((?:case Code::\w+:\s*)+)return (SQLITE_\w+);")  # in ext/surface/result.cc
CODE = re.compile(r"SQB-[A-Z]+-[0-9]{2}")


def repeated(values):
    return sorted({value for value in values if values.count(value) > 1})


def check(root):
    definition = (root / "ext/base/errors.def").read_text(encoding="utf-8")
    rows = ROW.findall(definition)
    if len(rows) != definition.count("SQB_ERROR(") - 1:  # one is in the comment
        yield "ext/base/errors.def: a row is not of the form SQB_ERROR(kName, \"SQB-WORD-01\", Code::kKind, \"title\")"
    sections = SECTION.findall((root / "docs/errors.md").read_text(encoding="utf-8"))
    for code in repeated([code for _, code, _, _ in rows]):
        yield f"ext/base/errors.def: {code} is there more than once"
    for code in repeated([code for code, _, _ in sections]):
        yield f"docs/errors.md: {code} has more than one section"
    returned = SQLITE_CODE.findall((root / "ext/surface/result.cc").read_text(encoding="utf-8"))
    sqlite_code = {kind: code for cases, code in returned for kind in re.findall(r"Code::(\w+)", cases)}
    titles = {code: title for _, code, _, title in rows}
    kinds = {code: kind for _, code, kind, _ in rows}
    documented = {code: title for code, title, _ in sections}
    for code, _, shown in sections:
        if code in kinds and shown != sqlite_code.get(kinds[code]):
            yield f"docs/errors.md: {code} begins with '{shown}', not with `{sqlite_code.get(kinds[code])}`"
    for code in titles:
        if not CODE.fullmatch(code):
            yield f"ext/base/errors.def: {code} is not of the form SQB-WORD-01"
        if code not in documented:
            yield f'docs/errors.md: no section "### {code}: {titles[code]}"'
        elif documented[code] != titles[code]:
            yield f"docs/errors.md: {code} is titled '{documented[code]}', not '{titles[code]}' as in errors.def"
    for code in documented:
        if code not in titles:
            yield f"docs/errors.md: {code} is no error of errors.def"
    used = "\n".join((root / path).read_text(encoding="utf-8")
                     for path in lint.library_sources(root) if path.name != "errors.def")
    for name, code, _, _ in rows:
        if not re.search(rf"\bError::{name}\b", used):
            yield f"ext/base/errors.def: {code} ({name}) is raised nowhere"


def self_test():
    def tree(definition, docs, source="return {Error::kA, text};\n"):
        return lint.Tree({"ext/base/errors.def": "// SQB_ERROR(name, code, kind, title)\n" + definition,
                          "docs/errors.md": docs, "ext/base/a.cc": source,
                          "ext/surface/result.cc": "case Code::kIo:\n  return SQLITE_IOERR;\n"})

    row = 'SQB_ERROR(kA, "SQB-A-01", Code::kIo, "it went wrong")\n'
    section = "### SQB-A-01: it went wrong\n\n`SQLITE_IOERR`. Text.\n"
    with tree(row, section) as root:
        lint.expect(list(check(root)))
    for definition, docs, source, parts in [
        (row, "", "Error::kA", ["no section", "SQB-A-01"]),
        (row, section * 2, "Error::kA", ["more than one section"]),
        (row * 2, section, "Error::kA", ["more than once"]),
        (row, section.replace("wrong", "well"), "Error::kA", ["titled"]),
        (row, section.replace("IOERR", "FULL"), "Error::kA", ["begins with 'SQLITE_FULL'"]),
        ("", section, "", ["no error of errors.def"]),
        (row, section, "Error::kAll", ["raised nowhere"]),
        (row.replace("A-01", "A-1"), section, "Error::kA", ["not of the form SQB-WORD-01"]),
        (row.replace("Code::kIo", "kIo"), section, "Error::kA", ["a row is not of the form"]),
    ]:
        with tree(definition, docs, source) as root:
            lint.expect(list(check(root)), *parts)


lint.main(check, self_test)

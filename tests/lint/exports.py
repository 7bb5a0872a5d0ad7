"""The module as the linker left it: it must not be able to mix with the host it is loaded into.

One exported symbol; no library but the C library's own; every symbol it takes from outside is the C library's;
never unmapped, bound at load, its own symbols first, no writable relocations left, no executable stack.
"""

import re
import subprocess
import sys
import tempfile

import lint

EXPORTED = {"sqlite3_sqbackup_init"}
NEEDED = re.compile(r"libc\.so\.6|libm\.so\.6|ld-linux-(x86-64\.so\.2|aarch64\.so\.1)")
FROM_LIBC = re.compile(r"\S+@GLIBC_[0-9.]+")
OPTIONAL = re.compile(r"_ITM_\w+|__gmon_start__|__cxa_finalize")  # weak: absent is fine


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(module):
    exported = {line.split()[2].split("@")[0] for line in run("nm", "-D", "--defined-only", module).splitlines()}
    for symbol in sorted(exported - EXPORTED):
        yield f"exports {symbol}"
    for symbol in sorted(EXPORTED - exported):
        yield f"does not export {symbol}"

    dynamic = run("readelf", "-dW", module)
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not NEEDED.fullmatch(library):
            yield f"needs {library}"
    flags = " ".join(re.findall(r"\(FLAGS(?:_1)?\)(.*)", dynamic))
    for flag in ("NODELETE", "NOW", "SYMBOLIC"):
        if not re.search(rf"\b{flag}\b", flags):
            yield f"is not linked {flag}"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "has a run path"
    if "(TEXTREL)" in dynamic:
        yield "has text relocations"

    for line in run("nm", "-D", "--undefined-only", module).splitlines():
        kind, symbol = line.split()[:2]
        if not FROM_LIBC.fullmatch(symbol) and not (kind == "w" and OPTIONAL.match(symbol)):
            yield f"takes {symbol} from the host"

    segments = run("readelf", "-lW", module)
    if not re.search(r"^\s*GNU_RELRO\b", segments, re.MULTILINE):
        yield "has no RELRO segment"
    stack = re.search(r"^\s*GNU_STACK\s.*", segments, re.MULTILINE)
    if stack is None or re.search(r"\bRWE\b", stack.group()):
        yield "asks for an executable stack"


def self_test(compiler):
    def built(directory, source, *options):
        path = f"{directory}/module.so"
        subprocess.run([compiler, "-x", "c++", "-shared", "-fPIC", "-o", path, *options, "-"],
                       input=source, text=True, check=True)
        return list(check(path))

    good = ["-Wl,-z,now", "-Wl,-z,nodelete", "-Wl,-z,relro", "-Wl,-Bsymbolic", "-static-libgcc", "-nodefaultlibs", "-lc"]
    entry = 'extern "C" int sqlite3_sqbackup_init() { return 0; }\n'
    with tempfile.TemporaryDirectory() as directory:
        lint.expect(built(directory, entry, *good))
        for source, options, part in [
            ('extern "C" int other() { return 0; }\n', good, "exports other"),
            ('extern "C" int other() { return 0; }\n', good, "does not export sqlite3_sqbackup_init"),
            (entry + 'extern "C" int SSL_new(); int (*use)() = SSL_new;\n', good, "takes SSL_new"),
            (entry + "int* use() { return new int; }\n", good[:-2] + ["-shared-libgcc"], "takes _Znwm"),
            (entry, good[:-2] + ["-Wl,--no-as-needed", "-lstdc++"], "needs libstdc++.so.6"),
            (entry, good[1:] + ["-Wl,-z,lazy"], "is not linked NOW"),
            (entry, good[:1] + good[2:], "is not linked NODELETE"),
            (entry, good[:3] + good[4:], "is not linked SYMBOLIC"),
            (entry, good + ["-Wl,-z,execstack"], "executable stack"),
            (entry, good + ["-Wl,-z,norelro"], "no RELRO"),
            (entry, good + ["-Wl,-rpath,/nowhere"], "run path"),
        ]:
            lint.expect(built(directory, source, *options), part)


if sys.argv[1] == "--self-test":
    self_test(sys.argv[2])
    print("finds what it is meant to find")
else:
    lint.finish([f"{sys.argv[1]}: {problem}" for problem in check(sys.argv[1])])

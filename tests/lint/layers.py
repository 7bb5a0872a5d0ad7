"""The architecture as a test: which layer may include which, and which file may include what of the outside."""

import re

import lint

# A layer may include itself and these. Further up in the list is further down in the architecture.
ALLOWED = {
    "base": [],
    "codec": ["base"],
    "net": ["base", "codec"],
    "store": ["base", "codec"],
    "store/s3": ["base", "codec", "store", "net"],  # a folder of its own: the backup directory knows no network
    "format": ["base", "codec", "store"],
    "pages": ["base", "format"],
    "engine": ["base", "codec", "store", "format", "pages"],
    "catalog": ["base", "store", "format", "pages", "engine"],
    "sched": ["base"],
    "service": ["base", "store", "store/s3", "format", "pages", "engine", "catalog", "sched", "net"],
    "surface": ["base", "codec", "store", "format", "pages", "engine", "catalog", "service"],
    "vtab": ["base", "store", "format", "pages", "engine", "catalog", "service", "surface"],
    "entry": ["base", "pages", "service", "surface", "vtab"],
}

# What comes from outside, and the files that may include it (regular expressions over the whole string).
OUTSIDE = [
    (r"sqlite3ext\.h", r"ext/pages/sqlite\.h"),
    (r"sqlite3\.h", r"nothing: the library calls SQLite through the host's function table"),
    (r"openssl/.*", r"ext/codec/.*"),
    (r"zstd(_errors)?\.h", r"ext/codec/.*"),
    (r"curl/.*", r"ext/net/curl_library\.h"),
    (r"dlfcn\.h", r"ext/net/curl_library\.cc"),
    (r"expat\.h", r"ext/store/s3/xml\.cc"),
    (r"nlohmann/.*", r"ext/(format|surface)/.*|ext/net/webhook\.cc|ext/store/s3/metadata\.cc|vtab/backup_contents\.cc"),
    (r"catch2/.*", r"tests/support/test\.h"),
    (r"iostream|ostream|istream|fstream|sstream|iomanip|locale|regex", r"nothing: locales, size, initialisers"),
    (r"pthread\.h|signal\.h|csignal", r"ext/base/thread\.cc"),
    (r"sys/random\.h", r"ext/base/random\.cc"),
    (r"(fcntl|dirent|linux/fs|sys/(file|ioctl|stat|statvfs))\.h", r"ext/base/file_env_posix[a-z_]*\.(cc|h)"),
    (r"sys/types\.h", r"ext/(base/file_env_posix[a-z_]*\.(cc|h)|service/database\.h)"),
    (r"unistd\.h", r"ext/(base/(file_env_posix[a-z_]*|process|random)|service/(registry|session)|surface/loaded)\.(cc|h)"),
    (r"sys/.*|.*\.h", r"nothing: the operating system is behind ext/base/"),
]
STANDARD_C_NAMES = re.compile(r"c[a-z0-9]+|[a-z_0-9]+")  # <cstdint>, <string>: no ".h"

# SQLite may be called from here; everything below works without it.
SQLITE_USERS = {"pages", "engine", "catalog", "service", "surface", "vtab", "entry"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    parts = path.parts
    if parts[0] == "vtab":
        return "vtab"
    if parts[:3] == ("ext", "store", "s3"):
        return "store/s3"
    return "entry" if len(parts) == 2 else parts[1]


def outside_problem(name, header):
    if STANDARD_C_NAMES.fullmatch(header) and not any(re.fullmatch(p, header) for p, _ in OUTSIDE[:-1]):
        return None
    for pattern, files in OUTSIDE:
        if re.fullmatch(pattern, header):
            return None if re.fullmatch(files, name) else f"{name}: includes <{header}>, which is for {files}"
    return f"{name}: includes <{header}>, which no rule knows"


def inside_problem(name, layer, header):
    target = "store/s3" if header.startswith("store/s3/") else header.split("/")[0]
    if "/" not in header or target not in ALLOWED:
        return f'{name}: includes "{header}": name it by its layer ("base/status.h")'
    if header == "pages/sqlite.h" and layer not in SQLITE_USERS:
        return f"{name}: includes SQLite, which is for {', '.join(sorted(SQLITE_USERS))}"
    if target != layer and target not in ALLOWED[layer]:
        return f'{name}: includes "{header}", but {layer} may include {", ".join(ALLOWED[layer]) or "nothing"} only'
    return None


def check(root):
    for path in lint.library_sources(root):
        layer = layer_of(path)
        if layer not in ALLOWED:
            yield f"{path}: the layer {layer} is not in the table"
            continue
        for bracket, header in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
            problem = outside_problem(str(path), header) if bracket == "<" else inside_problem(str(path), layer, header)
            if problem:
                yield problem
    for path in sorted((root / "tests").rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix in lint.SOURCE_SUFFIXES and name != "tests/support/test.h":
            if "<catch2/" in path.read_text(encoding="utf-8"):
                yield f"{name}: includes the test framework itself, not support/test.h"


def self_test():
    good = {
        "ext/base/status.h": "#include <string>\n#include <cstdint>\n",
        "ext/base/file_env_posix.cc": "#include <fcntl.h>\n#include <unistd.h>\n",
        "ext/pages/sqlite.h": "#include <sqlite3ext.h>\n",
        "ext/entry.cc": '#include "surface/functions.h"\n',
        "ext/store/s3/a.cc": '#include "net/http.h"\n#include "store/s3/xml.h"\n',
        "vtab/backups.cc": '#include "vtab/table.h"\n#include "service/operations.h"\n',
        "tests/support/test.h": "#include <catch2/catch.hpp>\n",
    }
    with lint.Tree(good) as root:
        lint.expect(list(check(root)))
    for name, text, parts in [
        ("ext/base/a.cc", '#include "codec/sha256.h"', ["base may include nothing"]),
        ("ext/store/a.cc", '#include "format/manifest.h"', ["store may include base, codec only"]),
        ("ext/store/a.cc", '#include "net/http.h"', ["store may include base, codec only"]),
        ("ext/store/a.cc", '#include "store/s3/client.h"', ["store may include base, codec only"]),
        ("ext/net/a.cc", '#include "store/s3/client.h"', ["net may include"]),
        ("ext/store/s3/a.cc", '#include "format/point.h"', ["store/s3 may include"]),
        ("ext/store/a.cc", "#include <expat.h>", ["<expat.h>"]),
        ("ext/surface/a.cc", '#include "vtab/table.h"', ["surface may include"]),
        ("ext/base/a.cc", '#include "status.h"', ["name it by its layer"]),
        ("ext/format/a.cc", '#include "pages/sqlite.h"', ["includes SQLite"]),
        ("ext/pages/a.cc", "#include <sqlite3ext.h>", ["<sqlite3ext.h>"]),
        ("ext/pages/a.cc", "# include <sqlite3.h>", ["<sqlite3.h>"]),
        ("ext/format/a.cc", "#include <openssl/evp.h>", ["<openssl/evp.h>"]),
        ("ext/net/a.cc", "#include <curl/curl.h>", ["<curl/curl.h>"]),
        ("ext/engine/a.cc", "#include <zstd.h>", ["<zstd.h>"]),
        ("ext/codec/a.cc", "#include <dlfcn.h>", ["<dlfcn.h>"]),
        ("ext/engine/a.cc", '#include "net/http.h"', ["engine may include"]),
        ("ext/engine/a.cc", "#include <nlohmann/json.hpp>", ["<nlohmann/json.hpp>"]),
        ("ext/engine/a.cc", "#include <iostream>", ["<iostream>"]),
        ("ext/engine/a.cc", "#include <unistd.h>", ["<unistd.h>"]),
        ("ext/engine/a.cc", "#include <sys/mman.h>", ["<sys/mman.h>"]),
        ("ext/engine/a.cc", "#include <boost/any.hpp>", ["no rule knows"]),
        ("ext/cloud/a.cc", "", ["not in the table"]),
        ("tests/unit/a_test.cc", "#include <catch2/catch.hpp>", ["support/test.h"]),
    ]:
        with lint.Tree({name: text + "\n"}) as root:
            lint.expect(list(check(root)), name, *parts)


lint.main(check, self_test)

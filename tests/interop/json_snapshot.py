#!/usr/bin/python3
"""JSON snapshots, read by programs that are not ours: jq, and a reader of some lines written after docs/format/json.md.

    json_snapshot.py JSON_SNAPSHOT

JSON_SNAPSHOT dumps and loads. The reader here is Python's json and sqlite3 and knows nothing else of sqbackup.
"""

import base64
import json
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)

ZOO = """
PRAGMA page_size=1024; PRAGMA auto_vacuum=1; PRAGMA user_version=7; PRAGMA application_id=-5;
CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, score REAL, extra);
INSERT INTO users VALUES(1,'a@b.c',1.5,NULL),(5,'\u00fc\U0001f600"\\',2.0,x'00ff'),(9,CAST(x'ff00' AS TEXT),9e999,9223372036854775807),
  (10,char(0)||'x',-0.0,-9007199254740993),(11,'',-9e999,9007199254740991);
CREATE TABLE plain(v); INSERT INTO plain(rowid,v) VALUES(-3,1),(8,5.0),(9,1e300),(10,'5.0'),(11,4.9e-324),(12,zeroblob(100000));
CREATE TABLE taken(rowid, v); INSERT INTO taken(oid,rowid,v) VALUES(70,'r',1);
CREATE TABLE keyed(a, b, PRIMARY KEY(b, a)) WITHOUT ROWID; INSERT INTO keyed VALUES(1,2),('x','y');
CREATE TABLE made(a INT, b INT AS (a*2) STORED, c INT AS (a+1)) STRICT; INSERT INTO made(a) VALUES(4),(7);
CREATE INDEX by_score ON users(lower(email)) WHERE score>0;
CREATE VIEW emails AS SELECT email FROM users;
CREATE TRIGGER never AFTER INSERT ON users BEGIN DELETE FROM made; END;
CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES('hello world'),('bye');
ANALYZE;
"""


def run(*words, fails=False):
    """What the program says; and the most memory that it took, in bytes."""
    with subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == int(fails), said
    return said, usage.ru_maxrss * 1024


def connect(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.text_factory = bytes
    return database


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def bits(value):
    return struct.pack("d", value) if isinstance(value, float) else value


def content(path):
    """All rows of all tables, with their types, and the schema."""
    database = connect(path)
    tables = [name.decode() for name, in database.execute("SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0")]
    found = {"schema": sorted(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall(), key=repr)}
    for name in tables:
        cells = [[(type(cell), bits(cell)) for cell in row] for row in database.execute(f"SELECT * FROM {quoted(name)}")]
        found[name] = sorted(cells, key=repr)
    found["taken's rowids"] = database.execute("SELECT _rowid_ FROM taken").fetchall()
    for pragma in ("user_version", "application_id", "page_size", "encoding", "auto_vacuum"):
        found[pragma] = database.execute(f"PRAGMA {pragma}").fetchall()
    assert database.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
    return found


class Reader:
    """docs/format/json.md as a program."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.snapshot = json.load(file)

    @staticmethod
    def value(cell):
        """The parameter of INSERT, and what stands for it in the statement."""
        if not isinstance(cell, dict):
            return cell, "?"
        (tag, text), = cell.items()
        if tag == "$int":
            return int(text), "?"
        if tag == "$real":
            return float(text), "?"
        return base64.b64decode(text, validate=True), "?" if tag == "$blob" else "CAST(? AS TEXT)"

    def build(self, path):
        manifest, data = self.snapshot["manifest"], self.snapshot["data"]
        assert (manifest["format"], manifest["version"]) == ("sqbackup-json", 1)
        database = connect(path)
        for pragma in ("page_size", "encoding", "auto_vacuum", "user_version", "application_id"):
            database.execute(f"PRAGMA {pragma}='{manifest[pragma]}'")
        database.execute("BEGIN")
        schema = manifest["schema"]
        virtual = [row for row in schema if row["sql"].upper().startswith("CREATE VIRTUAL")]
        database.execute("PRAGMA writable_schema=ON")
        for row in schema:
            if row["type"] == "table" and row not in virtual:
                database.execute(row["sql"])
        for table in manifest["tables"]:
            if table["name"] == "sqlite_sequence":
                database.execute("DELETE FROM sqlite_sequence")
            assert len(data[table["key"]]) == table["rows"]
            keys = [table["rowid"]] if table["rowid"] else []
            names = keys + [quoted(column["name"]) for column in table["columns"]]
            keys = keys + [column["key"] for column in table["columns"]]
            for row in data[table["key"]]:
                cells = [self.value(row[key]) for key in keys]
                database.execute(f"INSERT INTO {quoted(table['name'])}({','.join(names)}) VALUES({','.join(how for _, how in cells)})",
                                 [cell for cell, _ in cells])
        for row in schema:
            if row["type"] != "table":
                database.execute(row["sql"])
        for row in virtual:
            database.execute("INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table',?,?,0,?)",
                             [row["name"], row["tbl_name"], row["sql"]])
        database.execute("COMMIT")
        database.close()


class JsonSnapshot(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = lambda name: os.path.join(directory.name, name)
        database = connect(self.path("zoo.db"))
        database.executescript(ZOO)
        database.close()
        run("dump", self.path("zoo.db"), self.path("zoo.json"))

    def jq(self, *words, file="zoo.json"):
        return subprocess.run(["jq", *words, self.path(file)], check=True, capture_output=True, text=True).stdout

    def test_another_reader_builds_the_same_database(self):
        Reader(self.path("zoo.json")).build(self.path("other.db"))
        self.assertEqual(content(self.path("other.db")), content(self.path("zoo.db")))
        run("load", self.path("zoo.json"), self.path("ours.db"))
        self.assertEqual(content(self.path("ours.db")), content(self.path("zoo.db")))

    def test_python_and_we_write_the_same_values(self):
        """The text that Python's json makes of it all is a snapshot too."""
        snapshot = Reader(self.path("zoo.json")).snapshot
        for indent, ascii_only in ((None, True), (1, False)):
            with open(self.path("again.json"), "w", encoding="utf-8") as file:
                json.dump(snapshot, file, indent=indent, ensure_ascii=ascii_only)
            run("check", self.path("again.json"))
            run("load", self.path("again.json"), self.path(f"again-{indent}.db"))
            self.assertEqual(content(self.path(f"again-{indent}.db")), content(self.path("zoo.db")))

    def test_jq(self):
        self.assertEqual(self.jq("-c", "[.data.users[].id]"), "[1,5,9,10,11]\n")
        self.assertEqual(self.jq("-r", '.data.users[] | select(.id==5) | .email'), '\u00fc\U0001f600"\\\n')
        self.assertEqual(self.jq("-r", '.data.users[] | select(.id==9) | .extra["$int"]'), "9223372036854775807\n")
        self.assertEqual(self.jq("-c", '.manifest.tables[] | select(.name=="users") | .rows'), "5\n")
        self.assertEqual(self.jq("-r", '.manifest.schema[] | select(.type=="view").sql'),
                         "CREATE VIEW emails AS SELECT email FROM users\n")
        blob = self.jq("-j", '.data.users[] | select(.id==5) | .extra["$blob"] | @base64d', file="zoo.json")
        self.assertTrue(blob.startswith("\0"))
        counts = json.loads(self.jq("[.manifest.tables[] as $t | .data[$t.key] | length == $t.rows] | all"))
        self.assertIs(counts, True)

    def test_what_jq_writes_without_changing_it_is_read(self):
        for name, words in (("compact", ["-c", "."]), ("indented", ["."]), ("ascii", ["-a", "."])):
            with open(self.path(f"{name}.json"), "w", encoding="utf-8") as file:
                file.write(self.jq(*words))
            run("check", self.path(f"{name}.json"))

    def test_errors(self):
        said, _ = run("check", self.path("zoo.db"), fails=True)
        self.assertIn("SQB-CORRUPT-02", said)
        said, _ = run("dump", self.path("zoo.db"), self.path("no.json"), "nowhere", fails=True)
        self.assertIn("there is no table 'nowhere'", said)

    def test_memory_is_bounded(self):
        database = connect(self.path("big.db"))
        database.executescript("""
            PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
            CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB); CREATE INDEX i ON t(b);
            WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<290000)
            INSERT INTO t SELECT i, hex(randomblob(20)), randomblob(600) FROM s""")
        database.close()
        self.assertGreater(os.path.getsize(self.path("big.db")), 180 << 20)
        for words in (["dump", "big.db", "big.json"], ["check", "big.json"], ["load", "big.json", "copy.db"],
                      ["replace", "big.json", "copy.db"]):
            with self.subTest(words):
                _, least = run("check", self.path("zoo.json"))
                _, most = run(words[0], *map(self.path, words[1:]))
                self.assertLess(most - least, 32 << 20)


if __name__ == "__main__":
    unittest.main()

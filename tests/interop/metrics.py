#!/usr/bin/python3
"""Reads backup_metrics() with the parser of Prometheus's own client for Python.

    metrics.py MODULE
"""

import contextlib
import http.server
import os
import pathlib
import re
import sqlite3
import sys
import tempfile
import threading
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

MODULE = pathlib.Path(sys.argv.pop(1)).resolve()
PAGE = pathlib.Path(__file__).parents[2] / "docs/reference/backup_metrics.md"
NAMES = ["plain.db", 'a "quoted" one.db', "back\\slash.db", "two\nlines.db", "käse, {x=\"y\"} 3.db", "\\n.db"]


def connect(path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.enable_load_extension(True)
    connection.load_extension(str(MODULE.with_suffix("")))
    return connection


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


def samples(text, name, **labels):
    """{database: value} of the samples that have these labels."""
    return {sample.labels.get("database"): sample.value for sample in families(text)[name].samples
            if labels.items() <= sample.labels.items()}


class Metrics(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="sqbackup-metrics-")
        self.addCleanup(place.cleanup)
        self.directory = pathlib.Path(place.name).resolve()
        self.connection = connect(self.directory / "app.db")
        self.addCleanup(self.connection.close)
        self.connection.execute("CREATE TABLE t(x)")

    def ask(self, sql, *values):
        return self.connection.execute(sql, values).fetchone()[0]

    def make(self, name):
        path = str(self.directory / name)
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE t(x)")
        self.ask("SELECT backup_now(json_object('database', ?))", path)
        return path

    def test_every_name_of_a_database_comes_back_as_it_is(self):
        paths = {self.make(name) for name in NAMES} | {str(self.directory / "app.db")}
        text = self.ask("SELECT backup_metrics()")
        self.assertEqual(set(samples(text, "sqbackup_database_up")), paths)
        self.assertEqual({sample.labels["database"] for sample in families(text)["sqbackup_health_ok"].samples}, paths)

    def test_bytes_that_are_no_utf8_hide_nothing(self):
        path = os.fsencode(self.directory) + b"/odd-\xff.db"
        with contextlib.closing(connect(path)) as odd:
            odd.execute("CREATE TABLE t(x)")
            text = odd.execute("SELECT backup_metrics()").fetchone()[0]  # as UTF-8, which sqlite3 insists on
        self.assertIn(f"{self.directory}/odd-\\xff.db", samples(text, "sqbackup_database_up"))

    def test_the_values_are_those_of_the_tables(self):
        self.make("other.db")
        for _ in range(3):
            self.ask("SELECT backup_now()")
        self.ask("SELECT backup_drill()")
        text = self.ask("SELECT backup_metrics()")
        own = str(self.directory / "app.db")
        self.assertEqual(samples(text, "sqbackup_backups")[own], 3)
        for name, sql in {
            "sqbackup_backups_size_bytes": "SELECT sum(size) FROM backups",
            "sqbackup_last_backup_size_bytes": "SELECT size FROM backups ORDER BY created_at DESC LIMIT 1",
            "sqbackup_last_backup_duration_seconds": "SELECT duration FROM backups ORDER BY created_at DESC LIMIT 1",
            "sqbackup_last_backup_timestamp_seconds":
                "SELECT round((julianday(max(created_at)) - 2440587.5) * 86400, 3) FROM backups",
            "sqbackup_last_verified_timestamp_seconds":
                "SELECT round((julianday(max(verified_at)) - 2440587.5) * 86400, 3) FROM backups",
            "sqbackup_last_drill_restore_seconds": "SELECT restore_seconds FROM backup_drills",
            "sqbackup_last_drill_ok": "SELECT ok FROM backup_drills",
        }.items():
            self.assertAlmostEqual(samples(text, name)[own], self.ask(sql), places=3, msg=name)
        health = dict(self.connection.execute("SELECT name, ok FROM backup_health"))
        for check, ok in health.items():
            self.assertEqual(samples(text, "sqbackup_health_ok", check=check)[own], ok, check)
        self.assertEqual(len(health), 11)

    def test_each_family_is_whole_and_described(self):
        self.make("other.db")
        text = self.ask("SELECT backup_metrics()")
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        self.assertEqual(len(names), len(set(names)))
        for family in families(text).values():
            self.assertEqual(family.type, "gauge")
            self.assertTrue(family.documentation.endswith("."), family.name)
            keys = [tuple(sorted(sample.labels.items())) for sample in family.samples]
            self.assertEqual(len(keys), len(set(keys)), family.name)
        self.assertEqual(set(names), {sample.name for f in families(text).values() for sample in f.samples})

    def test_one_that_cannot_be_looked_at_hides_no_other(self):
        path = self.make("broken.db")
        with contextlib.closing(sqlite3.connect(path + "-backups/catalog.db")) as catalog:
            catalog.execute("PRAGMA user_version = 999")
        text = self.ask("SELECT backup_metrics()")
        own = str(self.directory / "app.db")
        self.assertEqual(samples(text, "sqbackup_database_up"), {own: 1, path: 0})
        self.assertEqual(set(samples(text, "sqbackup_backups")), {own})
        self.assertEqual(set(samples(text, "sqbackup_health_ok")), {own})

    def test_the_page_of_the_reference_can_be_scraped(self):
        code = re.search(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S).group(1)
        names = {}
        here = os.getcwd()
        os.chdir(self.directory)
        self.addCleanup(os.chdir, here)
        (self.directory / "libsqbackup.so").symlink_to(MODULE)
        exec(code, names)  # pylint: disable=exec-used
        names["Metrics"].log_message = lambda *_: None
        server = http.server.HTTPServer(("127.0.0.1", 0), names["Metrics"])
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{server.server_port}/metrics", timeout=60) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            text = answer.read().decode()
        thread.join()
        self.assertIn(str(self.directory / "app.db"), samples(text, "sqbackup_database_up"))


if __name__ == "__main__":
    unittest.main()

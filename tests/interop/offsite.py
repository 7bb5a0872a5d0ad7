#!/usr/bin/python3
"""Copies in a real object store, Ceph's RADOS Gateway, through SQL: there and back, and what goes wrong on the way.

    offsite.py MODULE RGW_SCRIPT

boto3 looks into the bucket, and `age`, `zstd` and `sqlite3` open what lies there.
"""

import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

RGW = sys.argv.pop(2)
sys.path.insert(0, os.path.dirname(RGW))
import rgw  # noqa: E402
MODULE = pathlib.Path(sys.argv.pop(1)).resolve().with_suffix("")
BUCKET = "test-bucket"
MB = 1_000_000
LONG = 60  # seconds; what takes as long as this hangs
MARK_OF_A_SECRET = b"AGE-SECRET-KEY-"
UPLOAD = f"""import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.enable_load_extension(True)
connection.load_extension({str(MODULE)!r})
connection.execute("SELECT backup_upload('latest')").fetchall()
"""


def completes(piece):
    """Is it the request that makes an object of the parts?"""
    line = piece.split(b"\r\n")[0]
    return line.startswith(b"POST ") and b"uploadId=" in line


def sends_manifest(piece):
    line = piece.split(b"\r\n")[0]
    return line.startswith(b"PUT ") and b"/backup-" in line and b".json " in line


class Offsite(unittest.TestCase):
    """A gateway for each class; for each test directories, a prefix of its own, and the keys in the environment."""

    numbers = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.gateway = rgw.Gateway(RGW, tls=True)
        cls.addClassCleanup(cls.gateway.close)
        cls.boto = cls.gateway.boto
        cls.boto.create_bucket(Bucket=BUCKET)

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="offsite-")).resolve()
        self.addCleanup(shutil.rmtree, self.top)
        self.directory, self.home = self.top / "work", self.top / "home"  # in home are the secrets, in work none
        self.directory.mkdir()
        self.home.mkdir()
        self.prefix = f"some where/{next(self.numbers)}/"
        self.place = f"s3://{BUCKET}/{self.prefix}"
        self.said = []
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true",
                            "SQBACKUP_ENDPOINT": self.gateway.url, "AWS_ACCESS_KEY_ID": rgw.ACCESS_KEY,
                            "AWS_SECRET_ACCESS_KEY": rgw.SECRET_KEY}
        variables = unittest.mock.patch.dict(os.environ, self.environment, clear=True)
        variables.start()
        self.addCleanup(variables.stop)

    def tearDown(self):
        """Whatever the test did, no secret stands anywhere but in `home`."""
        stored = [(key, self.get(key)) for key in self.keys("")]
        stored += [(path, path.read_bytes()) for path in self.directory.rglob("*") if path.is_file()]
        stored += [(text, text.encode()) for text in self.said]
        self.assertGreater(len(stored), 0)
        for where, content in stored:
            for secret in (rgw.SECRET_KEY.encode(), b"wrongwrong", MARK_OF_A_SECRET):
                self.assertFalse(secret in content, where)

    def open(self, path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=LONG)
        self.addCleanup(connection.close)
        connection.enable_load_extension(True)
        connection.load_extension(str(MODULE))
        return connection

    def database(self, name="app.db", megabytes=0, mode="wal"):
        connection = self.open(self.directory / name)
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE t(a, b)")
        size = MB if megabytes else 20
        connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                           "INSERT INTO t SELECT i, randomblob(?) FROM n", (max(20, megabytes), size))
        self.ask(connection, "SELECT backup_config('url', ?)", self.place)
        return connection

    def ask(self, connection, sql, *values):
        try:
            return connection.execute(sql, values).fetchone()[0]
        except sqlite3.Error as error:
            self.said.append(str(error))
            raise

    def assert_fails(self, code, connection, sql, *values):
        with self.assertRaises(sqlite3.Error) as raised:
            self.ask(connection, sql, *values)
        self.assertIn(f"[{code}]", str(raised.exception))

    def new_machine(self, sql, **variables):
        """What a shell says in the empty directory `new`, with the place, the keys and nothing else."""
        (self.directory / "new").mkdir(exist_ok=True)
        result = subprocess.run(["sqlite3", "-init", "/dev/null", ":memory:", f".load '{MODULE}'", sql],
                                cwd=self.directory / "new", env={**self.environment, **variables}, capture_output=True,
                                text=True, timeout=LONG)
        self.said.append(result.stdout + result.stderr)
        return result.stdout + result.stderr

    def keys(self, prefix=None):
        """{key below the prefix: ETag}"""
        prefix = self.prefix if prefix is None else prefix
        pages = self.boto.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {found["Key"][len(prefix):]: found["ETag"] for page in pages for found in page.get("Contents", [])}

    def get(self, key):
        return self.boto.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def assert_manifests_have_their_data(self):
        """Of backups in the format sqlite. Returns how many there are."""
        keys = self.keys()
        manifests = [key for key in keys if key.endswith(".sqlite.json")]
        for key in manifests:
            self.assertIn(key[:-5], keys)
            manifest = json.loads(self.get(self.prefix + key))
            self.assertEqual(hashlib.sha256(self.get(self.prefix + key[:-5])).hexdigest(), manifest["sha256"])
        return len(manifests)

    def rows(self, connection):
        digest = hashlib.sha256()
        for row in connection.execute("SELECT a, b FROM t ORDER BY a"):
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def assert_restores(self, connection):
        path = self.directory / "restored.db"
        self.ask(connection, "SELECT backup_restore(?, json_object('to', ?))", self.place + "latest", str(path))
        with contextlib.closing(sqlite3.connect(path)) as restored:
            self.assertEqual(self.rows(restored), self.rows(connection))
        path.unlink()

    def wire(self):
        wire = rgw.Wire(self.gateway.port)
        self.addCleanup(wire.close)
        os.environ["SQBACKUP_ENDPOINT"] = wire.url
        return wire

    def make_key(self):
        """A new identity in home/key.txt; returns its recipient."""
        subprocess.run(["age-keygen", "-o", self.home / "key.txt"], check=True, capture_output=True, timeout=LONG)
        return subprocess.run(["age-keygen", "-y", self.home / "key.txt"], check=True, capture_output=True, text=True,
                              timeout=LONG).stdout.strip()


class ThereAndBack(Offsite):
    def open_by_hand(self, key):
        path = self.directory / "by-hand" / key
        path.parent.mkdir(exist_ok=True)
        self.boto.download_file(BUCKET, self.prefix + key, str(path))
        tools = {".age": ["age", "-d", "-i", self.home / "key.txt"], ".zst": ["zstd", "-q", "-d", "-c"]}
        for ending, tool in tools.items():
            if path.suffix == ending:
                with path.with_suffix("").open("wb") as opened:
                    subprocess.run([*tool, path], stdout=opened, check=True, timeout=LONG)
                path = path.with_suffix("")
        return path

    def test_each_format_by_hand_and_on_a_new_machine(self):
        connection = self.database()
        for form, to in (("sqlite", None), ("zstd", None), ("json", None), ("zstd", self.make_key())):
            with self.subTest(format=form, encrypted=to is not None):
                self.ask(connection, "SELECT backup_config('format', ?)", form)
                self.ask(connection, "SELECT backup_config('encrypt_to', ?)", to)
                name = self.ask(connection, "SELECT backup_now()")
                self.assertEqual(self.ask(connection, "SELECT backup_upload(?)", name), self.place + name)
                self.assertLessEqual({name, name + ".json", "owner.sqbackup.json", "RECOVERY.txt"}, set(self.keys()))
                manifest = json.loads(self.get(self.prefix + name + ".json"))
                self.assertEqual(hashlib.sha256(self.get(self.prefix + name)).hexdigest(), manifest["sha256"])

                path = self.open_by_hand(name)
                if form == "json":
                    (rows,) = json.loads(path.read_text())["data"].values()
                    self.assertEqual(len(rows), 20)
                else:
                    with contextlib.closing(sqlite3.connect(path)) as by_hand:
                        self.assertEqual(by_hand.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
                        self.assertEqual(self.rows(by_hand), self.rows(connection))

                restore = f"""SELECT backup_restore('{self.place}latest', '{{"to":"app.db"}}')"""
                new = self.directory / "new"
                if to is not None:
                    self.assertIn("[SQB-KEY-01]", self.new_machine(restore))
                    self.assertEqual(list(new.iterdir()), [])
                said = self.new_machine(restore, SQBACKUP_IDENTITY_FILE=str(self.home / "key.txt"))
                self.assertEqual(said.strip(), str(new / "app.db"))
                self.assertEqual([entry.name for entry in new.iterdir()], ["app.db"])
                with contextlib.closing(sqlite3.connect(new / "app.db")) as restored:
                    self.assertEqual(self.rows(restored), self.rows(connection))
                shutil.rmtree(new)
        self.assertIn(self.place, self.get(self.prefix + "RECOVERY.txt").decode())
        self.assertEqual([entry.name for entry in self.home.iterdir()], ["key.txt"])

    def test_marks_travel(self):
        connection = self.database()
        for to in (None, self.make_key()):
            with self.subTest(encrypted=to is not None):
                self.ask(connection, "SELECT backup_config('encrypt_to', ?)", to)
                name = self.ask(connection, "SELECT backup_now()")
                self.ask(connection, "SELECT backup_upload(?)", name)
                shown = "SELECT pinned, note, url, uploaded_at >= created_at FROM backups WHERE name = ?"
                url = self.place + name
                self.assertEqual(connection.execute(shown, (name,)).fetchall(), [(0, None, url, 1)])
                before = self.keys()
                connection.execute("UPDATE backups SET pinned = 1, note = 'private words' WHERE name = ?", (name,))
                self.ask(connection, "SELECT backup_upload(?)", name)
                kept = {name, name + ".json"}
                self.assertEqual({key: self.keys()[key] for key in kept}, {key: before[key] for key in kept})
                if to is not None:
                    for key in self.keys():
                        if key.startswith(name):
                            self.assertNotIn(b"private words", self.get(self.prefix + key))
                for path in (self.directory / "app.db-backups").glob("backup-*"):
                    path.unlink()
                self.assertEqual(self.ask(connection, "SELECT count(*) FROM backups"), 0)
                self.ask(connection, "SELECT backup_config('identity_file', ?)", to and str(self.home / "key.txt"))
                self.assertEqual(self.ask(connection, "SELECT backup_download('latest')"), name)
                note = "private words" if to is None else None  # sealed; the table opens nothing
                self.assertEqual(connection.execute(shown, (name,)).fetchall(), [(1, note, url, 1)])
                self.assertEqual(self.ask(connection, "SELECT backup_verify(?)", name), "ok")

    def test_the_keys_come_from_wherever_aws_has_them(self):
        connection = self.database()
        self.ask(connection, "SELECT backup_now()")
        upload = "SELECT backup_upload('latest')"
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del os.environ[name]
        self.assert_fails("SQB-STORE-01", connection, upload)
        self.assertEqual(self.keys(), {})
        self.ask(connection, "SELECT backup_config('access_key_id', ?)", rgw.ACCESS_KEY)
        self.assertEqual(self.ask(connection, "SELECT backup_config('secret_access_key', ?)", rgw.SECRET_KEY), "***")
        url = self.ask(connection, upload)
        shown = self.ask(connection, "SELECT value FROM backup_settings WHERE key = 'secret_access_key'")
        self.assertEqual(shown, "***")
        connection.execute("SELECT backup_config('access_key_id', NULL), backup_config('secret_access_key', NULL)")
        self.assert_fails("SQB-STORE-01", connection, upload)
        (self.home / ".aws").mkdir()
        (self.home / ".aws/credentials").write_text(
            "[default]\naws_access_key_id = x\naws_secret_access_key = wrongwrong\n[store]\naws_access_key_id = "
            f"{rgw.ACCESS_KEY}\naws_secret_access_key = {rgw.SECRET_KEY}\n")
        self.assert_fails("SQB-STORE-02", connection, upload)
        self.ask(connection, "SELECT backup_config('profile', 'store')")
        self.assertEqual(self.ask(connection, upload), url)
        del os.environ["SQBACKUP_ENDPOINT"]
        os.environ["AWS_ENDPOINT_URL"] = self.gateway.url
        self.assertEqual(self.ask(connection, upload), url)
        self.ask(connection, "SELECT backup_config('endpoint', ?)", self.gateway.url)
        os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"  # nobody is there: the setting wins
        self.assertEqual(self.ask(connection, upload), url)

    def test_errors_write_nothing(self):
        connection = self.database()
        self.ask(connection, "SELECT backup_now()")
        with socket.socket() as nobody:  # bound, not listening
            nobody.bind(("127.0.0.1", 0))
            for code, changes, place in (
                    ("SQB-STORE-02", {"AWS_SECRET_ACCESS_KEY": "wrongwrong"}, self.place),
                    ("SQB-STORE-01", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, self.place),
                    ("SQB-STORE-03", {}, "s3://no-such-bucket/" + self.prefix),
                    ("SQB-NET-01", {"SQBACKUP_ENDPOINT": f"http://127.0.0.1:{nobody.getsockname()[1]}"}, self.place),
                    ("SQB-NET-03", {"SQBACKUP_ENDPOINT": f"https://localhost:{self.gateway.tls_port}"}, self.place)):
                with self.subTest(code=code), unittest.mock.patch.dict(os.environ, changes):
                    self.assert_fails(code, connection, "SELECT backup_upload('latest', json_object('url', ?))", place)
                    restore = f"""SELECT backup_restore('{place}latest', '{{"to":"app.db"}}')"""
                    self.assertIn(f"[{code}]", self.new_machine(restore, **changes))
                    self.assertEqual(list((self.directory / "new").iterdir()), [])
        self.assertEqual(self.keys(), {})
        self.assertIsNone(self.ask(connection, "SELECT url FROM backups"))

    def test_a_place_has_one_owner(self):
        first, second = self.database("first.db"), self.database("second.db")
        upload = "SELECT backup_upload(backup_now())"
        self.ask(first, upload)
        before = self.keys()
        self.assert_fails("SQB-EXISTS-03", second, upload)
        self.assertEqual(self.keys(), before)
        self.assertEqual(self.ask(second, "SELECT backup_adopt(?)", self.place), self.place)
        self.ask(second, upload)
        before = self.keys()
        self.assert_fails("SQB-EXISTS-03", first, upload)
        self.assertEqual(self.keys(), before)
        self.assertEqual(self.assert_manifests_have_their_data(), 2)


class Killed(Offsite):
    def test_at_any_moment(self):
        moments = [("before", lambda piece, seen, least=least: seen > least) for least in (0, 6 * MB, 30 * MB, 58 * MB)]
        moments += [(when, lambda piece, seen, which=which: which(piece)) for which in (completes, sends_manifest)
                    for when in ("before", "after")]
        connection = self.database(megabytes=60)
        self.ask(connection, "SELECT backup_now()")
        top = self.prefix
        for number, (when, is_now) in enumerate(moments):
            with self.subTest(moment=number):
                self.prefix = f"{top}{number}/"
                self.place = f"s3://{BUCKET}/{self.prefix}"
                self.ask(connection, "SELECT backup_config('url', ?)", self.place)
                with contextlib.closing(rgw.Wire(self.gateway.port)) as wire:
                    child = subprocess.Popen([sys.executable, "-c", UPLOAD, self.directory / "app.db"],
                                             env={**os.environ, "SQBACKUP_ENDPOINT": wire.url})

                    def kill(piece, seen):
                        if is_now(piece, seen):
                            child.kill()
                            if when == "before":
                                raise ConnectionResetError

                    setattr(wire, when, kill)
                    self.assertEqual(child.wait(timeout=LONG), -signal.SIGKILL)
                found = self.assert_manifests_have_their_data()
                if when == "before":
                    self.assertEqual(found, 0)
                url = self.ask(connection, "SELECT backup_upload('latest')")
                self.assertTrue(url.startswith(self.place))
                self.assertEqual(self.assert_manifests_have_their_data(), 1)
                self.assert_restores(connection)


class Disturbed(Offsite):
    def test_the_server_goes_and_comes_back(self):
        connection = self.database(megabytes=60)
        self.ask(connection, "SELECT backup_now()")
        gone = threading.Event()
        wire = self.wire()

        def end(piece, seen):
            if seen > 20 * MB and not gone.is_set():
                gone.set()
                self.gateway.kill()

        def bring_back():
            gone.wait(LONG)
            time.sleep(3)
            self.gateway.start_again()

        wire.before = end
        back = threading.Thread(target=bring_back)
        back.start()
        try:
            self.ask(connection, "SELECT backup_upload('latest')")
        except sqlite3.Error as error:  # where the pauses, which are random, were all short
            self.assertIn("[SQB-NET-01]", str(error))
            back.join()
            self.assertEqual(self.assert_manifests_have_their_data(), 0)
            self.ask(connection, "SELECT backup_upload('latest')")
        back.join()
        self.assertTrue(gone.is_set())
        self.assertEqual(self.assert_manifests_have_their_data(), 1)
        self.assert_restores(connection)

    def test_an_interrupt_is_heard_at_once(self):
        connection = self.database(megabytes=60)
        self.ask(connection, "SELECT backup_now()")
        wire = self.wire()
        asked = []

        def interrupt(piece, seen):
            time.sleep(0.005)
            if seen > 20 * MB and not asked:
                asked.append(time.monotonic())
                connection.interrupt()

        wire.before = interrupt
        self.assert_fails("SQB-INTR-01", connection, "SELECT backup_upload('latest')")
        self.assertLess(time.monotonic() - asked[0], 1)
        self.assertEqual(self.assert_manifests_have_their_data(), 0)
        self.assertNotIn("Uploads", self.boto.list_multipart_uploads(Bucket=BUCKET, Prefix=self.prefix))
        self.ask(connection, "SELECT backup_upload('latest')")
        self.assertEqual(self.assert_manifests_have_their_data(), 1)
        self.assert_restores(connection)

    def test_an_interrupt_is_heard_where_nobody_answers(self):
        connection = self.database()
        self.ask(connection, "SELECT backup_now()")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            os.environ["SQBACKUP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
            asked = []

            def interrupt():
                silent.accept()[0].recv(1)
                asked.append(time.monotonic())
                connection.interrupt()

            thread = threading.Thread(target=interrupt)
            thread.start()
            self.assert_fails("SQB-INTR-01", connection, "SELECT backup_upload('latest')")
            thread.join()
        self.assertLess(time.monotonic() - asked[0], 1)
        os.environ["SQBACKUP_ENDPOINT"] = self.gateway.url
        self.ask(connection, "SELECT backup_upload('latest')")

    def test_writers_do_not_wait(self):
        for mode in ("wal", "delete"):
            with self.subTest(mode=mode):
                connection = self.database(mode + ".db", megabytes=20, mode=mode)
                self.ask(connection, "SELECT backup_now()")
                wire, writer = self.wire(), sqlite3.connect(self.directory / (mode + ".db"), timeout=0)
                half, go_on = threading.Event(), threading.Event()

                def hold(piece, seen):
                    if seen > 10 * MB:
                        half.set()
                        go_on.wait(LONG)

                wire.before = hold
                place = self.place + mode
                upload = threading.Thread(target=self.ask, args=(
                    connection, "SELECT backup_upload('latest', json_object('url', ?))", place))
                upload.start()
                try:
                    self.assertTrue(half.wait(LONG))
                    for number in range(200):  # each would fail with "database is locked" rather than wait
                        with writer:
                            writer.execute("INSERT INTO t VALUES(?, 'late')", (1000 + number,))
                    self.assertTrue(upload.is_alive())
                finally:
                    go_on.set()
                    upload.join()
                writer.close()
                self.assertIn(place, self.ask(connection, "SELECT url FROM backups"))


if __name__ == "__main__":
    unittest.main()

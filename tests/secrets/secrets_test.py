#!/usr/bin/python3
"""No key, passphrase or password that a process was given is found again: in no file that it wrote or has open, in no
row of any table, in no error text.

    secrets_test.py MODULE

What is searched for: each secret as it is, in base64 and in hex, and the key that an identity's text stands for.
"""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

MODULE = sys.argv.pop(1)
PASSPHRASE = "correct horse battery staple of the secrets test"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"the secret of the webhook, 32 by").decode()
SMTP_PASSWORD = "smtp-password-of-the-secrets-test"
WRONG_PASSPHRASE = "a wrong passphrase of the secrets test"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def age_keygen():
    text = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
    identity = next(line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-"))
    recipient = next(line for line in text.splitlines() if "public key: " in line).split(": ")[1]
    return identity, recipient


def raw_key(identity):
    """The 32 bytes that an identity's text stands for (Bech32, the checksum left off)."""
    values = [BECH32.index(c) for c in identity.lower().split("age-secret-key-1")[1]][:-6]
    number = 0
    for value in values:
        number = number << 5 | value
    return (number >> (len(values) * 5 - 256)).to_bytes(32, "big")


def needles(secret):
    raw = secret if isinstance(secret, bytes) else secret.encode()
    encoded = base64.b64encode(raw)[:len(raw) * 8 // 6]  # without what depends on the end
    return [raw, encoded, raw.hex().encode(), raw.hex().upper().encode()]


class Silent(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(500)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments):
        pass


class Secrets(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="sqbackup-secrets-")
        self.addCleanup(directory.cleanup)
        self.place = pathlib.Path(directory.name)
        self.keys = self.place / "keys"
        self.keys.mkdir()
        self.heard = []  # every text that the library said
        self.connection = sqlite3.connect(self.place / "app.db", isolation_level=None)
        self.addCleanup(self.connection.close)
        self.connection.enable_load_extension(True)
        self.connection.load_extension(MODULE)
        self.run_sql("PRAGMA journal_mode=wal")
        self.run_sql("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        self.run_sql("INSERT INTO t(x) VALUES('a'), ('b')")

    def run_sql(self, sql, *arguments):
        """What the statement says, or its error: both were heard."""
        try:
            rows = self.connection.execute(sql, arguments).fetchall()
            self.heard.append(repr(rows))
            return rows[0][0] if rows else None
        except sqlite3.Error as error:
            self.heard.append(str(error))
            return error

    def works(self, sql, *arguments):
        result = self.run_sql(sql, *arguments)
        self.assertFalse(isinstance(result, Exception), f"{sql}: {result}")
        return result

    def fails(self, sql, *arguments):
        self.assertIsInstance(self.run_sql(sql, *arguments), sqlite3.Error, sql)

    def set(self, key, value):
        self.works("SELECT backup_config(?, ?)", key, value)

    def read_all_tables(self):
        for name, in self.connection.execute("SELECT name FROM backup_help WHERE kind = 'table'").fetchall():
            self.run_sql(f"SELECT * FROM {name}" + ("('latest')" if name == "backup_contents" else ""))
        for function in ("backup_status()", "backup_metrics()", "backup_version()", "backup_check()"):
            self.run_sql(f"SELECT {function}")

    def search(self, secrets):
        """Where any of them stands."""
        found = []
        wanted = [(secret, needle) for secret in secrets for needle in needles(secret)]
        places = {"what was said": "\n".join(self.heard).encode()}
        for path in self.place.rglob("*"):
            if path.is_file() and self.keys not in path.parents:
                places[str(path)] = path.read_bytes()
        for descriptor in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if stat.S_ISREG(os.stat(f"/proc/self/fd/{descriptor}").st_mode):
                    with open(f"/proc/self/fd/{descriptor}", "rb") as file:  # also of a file that was removed
                        places[f"descriptor {descriptor}"] = file.read()
        for place, content in places.items():
            found += [f"{secret!r} in {place}" for secret, needle in wanted if needle in content]
        self.assertGreater(len(places), 5)
        return found

    def test_the_search_finds_what_is_there(self):
        self.works("SELECT backup_now('{\"note\":\"" + PASSPHRASE + "\"}')")
        self.assertTrue(self.search([PASSPHRASE]))
        (self.place / "other").write_bytes(base64.b64encode(b"the key of somebody, 32 bytes lon"))
        self.assertTrue(self.search([b"the key of somebody, 32 bytes lon"]))

    def test_keys_of_backups(self):
        identity, recipient = age_keygen()
        other_identity, other_recipient = age_keygen()
        key_file = self.keys / "secret-name-of-a-file.txt"
        key_file.write_text("# comment\n" + other_identity + "\n")
        self.set("encrypt_to", recipient)
        self.set("identity", identity)
        self.set("identity_file", str(key_file))
        self.set("passphrase", PASSPHRASE)
        for form in ("sqlite", "zstd", "json", "json+zstd"):
            self.works("SELECT backup_now(?)", json.dumps({"format": form, "note": "n"}))
        self.works("SELECT backup_verify('latest')")
        self.works("SELECT backup_drill()")
        self.works("SELECT backup_rekey('latest', ?)", json.dumps({"encrypt_to": [other_recipient]}))
        self.works("SELECT backup_restore('latest', ?)", json.dumps({"to": str(self.place / "copy.db")}))
        self.set("allow_restore", "on")
        self.works("SELECT backup_restore('latest')")
        self.set("encrypt_to", "passphrase")
        self.works("SELECT backup_now()")
        self.works("SELECT backup_verify('latest')")
        self.set("passphrase", WRONG_PASSPHRASE)
        self.set("identity", None)
        self.set("identity_file", None)
        self.fails("SELECT backup_restore('latest', ?)", json.dumps({"to": str(self.place / "no.db")}))
        self.fails("SELECT backup_drill()")
        # Secrets in the place of other things, cut, doubled and misspelt.
        for wrong in (identity[:-1], identity + identity, identity.lower() + "x", identity[:20] + "!" + identity[21:]):
            self.fails("SELECT backup_config('identity', ?)", wrong)
            self.fails("SELECT backup_config('encrypt_to', ?)", wrong)
            self.fails("SELECT backup_config('identity_file', ?)", wrong)
        self.fails("SELECT backup_config('encrypt_to', ?)", identity)
        self.fails("SELECT backup_rekey('latest', ?)", json.dumps({"encrypt_to": identity}))
        self.set("identity_file", str(self.keys / "secret-name-of-no-file.txt"))
        self.fails("SELECT backup_drill()")
        self.read_all_tables()
        self.works("SELECT backup_start()")
        self.works("SELECT backup_stop()")
        self.read_all_tables()
        self.assertEqual(self.search([identity, raw_key(identity), other_identity, raw_key(other_identity), PASSPHRASE,
                                      WRONG_PASSPHRASE, "secret-name-of-a-file", "secret-name-of-no-file"]), [])

    def test_secrets_of_alerts(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        port = server.server_address[1]
        self.set("webhook_url", f"http://127.0.0.1:{port}/hook")
        self.set("webhook_secret", WEBHOOK_SECRET)
        self.set("smtp_url", f"smtp://user:{SMTP_PASSWORD}@127.0.0.1:{port}")
        self.set("mail_to", "ops@example.com")
        self.works("SELECT backup_start()")
        self.run_sql("SELECT backup_check()")
        self.works("SELECT backup_now()")
        self.fails("SELECT backup_config('smtp_url', ?)", f"smtp://user:{SMTP_PASSWORD}@")
        self.fails("SELECT backup_config('webhook_secret', ?)", WEBHOOK_SECRET[:20])
        self.read_all_tables()
        self.works("SELECT backup_stop()")
        self.read_all_tables()
        self.assertEqual(self.search([WEBHOOK_SECRET, WEBHOOK_SECRET[6:], b"the secret of the webhook, 32 by",
                                      SMTP_PASSWORD]), [])


if __name__ == "__main__":
    unittest.main()

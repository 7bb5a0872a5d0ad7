#!/usr/bin/python3
"""Delivers alerts to servers that are not ours: Python's http.server and ssl, and aiosmtpd.

    alerts.py DELIVER_ALERTS MODULE

DELIVER_ALERTS sends single alerts; MODULE is loaded into a Python process, whose scheduler sends its own. The receiver checks signatures with an HMAC of its own, as the reference page shows it to users.
"""

import base64
import contextlib
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import logging
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PROGRAM, MODULE = sys.argv.pop(1), sys.argv.pop(1)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def without_proxies():
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}


def deliver(libraries=None, **settings):
    """What DELIVER_ALERTS reports; no proxy of this machine stands between. `libraries`: a directory to prefer."""
    environment = {"LD_LIBRARY_PATH": libraries} if libraries else {}
    result = subprocess.run([PROGRAM], input="".join(f"{k}={v}\n" for k, v in settings.items()), text=True,
                            capture_output=True, check=True, timeout=120, env=without_proxies() | environment)
    return json.loads(result.stdout)


def signature_is_right(secret, headers, body):
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest("v1," + wanted, one) for one in headers["webhook-signature"].split(" "))


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, body))
        answers = self.server.answers
        status, headers = answers.pop(0) if answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def http_server(answers=(), context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.requests, server.answers = [], list(answers)
    server.handle_error = lambda *unused: None
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def rude_server(behave):
    """Calls behave(connection) for each client."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                clients.append(listener.accept()[0])
                behave(clients[-1])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret-path", clients
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in [listener, *clients]:
            one.close()


class Mailbox:
    def __init__(self, refusals=()):
        self.mails, self.refusals, self.logins = [], list(refusals), []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None))
        return "250 OK"

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@contextlib.contextmanager
def smtp_server(mailbox, hostname="127.0.0.1", **options):
    controller = Controller(mailbox, hostname=hostname, port=free_port(), authenticator=mailbox.login, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port():  # aiosmtpd cannot take any
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def self_signed(directory):
    key, certificate = f"{directory}/key.pem", f"{directory}/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out",
                    certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Http(unittest.TestCase):
    def only(self, report):
        self.assertEqual(len(report["deliveries"]), 1, report)
        return report["deliveries"][0]

    def test_curl_is_loaded_at_the_first_use_and_not_before(self):
        report = deliver(ping_url="nonsense")
        self.assertFalse(report["curl_before"] or report["curl_after"])
        with http_server() as server:
            report = deliver(ping_url=server.url)
        self.assertEqual((report["curl_before"], report["curl_after"]), (False, True))
        needed = subprocess.run(["readelf", "-d", PROGRAM], check=True, capture_output=True, text=True).stdout
        self.assertNotIn("curl", needed)

    def test_without_a_libcurl_that_can_be_loaded_the_error_says_what_to_install(self):
        with tempfile.TemporaryDirectory() as directory, http_server() as server:
            with open(f"{directory}/libcurl.so.4", "wb"):
                pass
            only = self.only(deliver(directory, ping_url=server.url))
        self.assertEqual((only["attempts"], server.requests), (1, []))
        self.assertIn("apt-get install libcurl4", only["status"])
        self.assertIn("SQB-NET-04", only["status"])

    def test_a_webhook_is_a_signed_cloud_event(self):
        for secret in (SECRET, "a secret of many words and no prefix"):
            with http_server() as server:
                report = deliver(webhook_url=server.url + "/hook?a=b", webhook_secret=secret)
            self.assertEqual(self.only(report)["status"], "ok")
            (path, headers, body), = server.requests
            self.assertEqual(path, "/hook?a=b")
            self.assertTrue(signature_is_right(secret, headers, body))
            self.assertFalse(signature_is_right(secret, headers, body + b" "))
            self.assertFalse(signature_is_right(SECRET[:-4] + "AAA=", headers, body))
            self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), 60)
            self.assertEqual(headers["Content-Type"], "application/cloudevents+json; charset=utf-8")
            event = json.loads(body)
            self.assertEqual(event["specversion"], "1.0")
            self.assertEqual(event["id"], headers["webhook-id"])
            self.assertEqual(event["type"], "dev.sqbackup.backup.failed")
            self.assertEqual(event["source"], "file://web-1/srv/f%C3%BCr%20alle/app.db")
            self.assertEqual(event["data"]["details"], {"code": "SQB-FULL-01"})

    def test_pings_tell_start_success_and_failure(self):
        with http_server() as server:
            for outcome in ("started", "succeeded", "failed"):
                report = deliver(ping_url=server.url + "/key/slug?create=1", outcome=outcome)
                self.assertEqual(self.only(report)["status"], "ok")
        paths = [path.split("&rid=") for path, _, _ in server.requests]
        self.assertEqual([path for path, _ in paths],
                         ["/key/slug/start?create=1", "/key/slug?create=1", "/key/slug/fail?create=1"])
        self.assertTrue(all(len(run) == 36 for _, run in paths))
        self.assertIn("für alle/app.db failed\n\ndisk full".encode(), server.requests[2][2])

    def test_an_attempt_that_a_busy_server_turned_away_is_made_again(self):
        with http_server([(500, {}), (429, {"Retry-After": "2"})]) as server:
            report = deliver(webhook_url=server.url, webhook_secret=SECRET)
        self.assertEqual((self.only(report)["status"], self.only(report)["attempts"]), ("ok", 3))
        self.assertGreater(report["seconds"], 2.4)
        self.assertEqual(len({headers["webhook-id"] for _, headers, _ in server.requests}), 1)
        self.assertTrue(all(signature_is_right(SECRET, headers, body) for _, headers, body in server.requests))

    def test_gone_is_final_and_a_redirect_is_not_followed(self):
        with http_server() as other:
            for status in (410, 302):
                with http_server([(status, {"Location": other.url})]) as server:
                    only = self.only(deliver(webhook_url=server.url + "/secret-path"))
                self.assertEqual(only["attempts"], 1)
                self.assertIn(f"answered {status}", only["status"])
                self.assertIn("SQB-NET-02", only["status"])
                self.assertNotIn("secret", only["status"])
        self.assertEqual(other.requests, [])

    def test_a_server_that_cuts_the_line_is_tried_three_times(self):
        with rude_server(lambda client: client.close()) as (url, clients):
            only = self.only(deliver(webhook_url=url))
        self.assertEqual((only["attempts"], len(clients)), (3, 3))
        self.assertIn("SQB-NET-01", only["status"])
        self.assertNotIn("secret", only["status"])

    def test_a_cancel_does_not_wait_for_a_server_that_hangs(self):
        for settings in ("ping_url", "webhook_url"):
            with rude_server(lambda client: None) as (url, _):
                report = deliver(**{settings: url, "cancel_after": 300})
            self.assertIn("SQB-INTR-01", self.only(report)["status"])
            self.assertLess(report["seconds"], 3)

    def test_a_self_signed_certificate_is_refused_before_anything_is_sent(self):
        with tempfile.TemporaryDirectory() as directory:
            with http_server(context=self_signed(directory)) as server:
                only = self.only(deliver(webhook_url=server.url + "/secret-path", webhook_secret=SECRET))
        self.assertEqual((only["attempts"], server.requests), (1, []))
        self.assertIn("SQB-NET-03", only["status"])
        self.assertIn("self-signed", only["status"].replace("self signed", "self-signed"))
        self.assertNotIn("secret", only["status"])


class Smtp(unittest.TestCase):
    def send(self, url, **settings):
        deliveries = deliver(smtp_url=url, mail_to="admin@example.com, boss@example.com",
                             **settings)["deliveries"]
        self.assertEqual([one["channel"] for one in deliveries], ["mail"])
        return deliveries[0]

    def test_a_mail_arrives_as_it_was_written(self):
        mailbox = Mailbox()
        with smtp_server(mailbox) as port:
            only = self.send(f"smtp://127.0.0.1:{port}", mail_from="backup@example.com")
        self.assertEqual((only["status"], only["attempts"]), ("ok", 1))
        (sender, recipients, content, _), = mailbox.mails
        self.assertEqual((sender, recipients), ("backup@example.com", ["admin@example.com", "boss@example.com"]))
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(mail["Subject"], "backup of für alle/app.db failed")
        self.assertEqual(mail["From"], "backup@example.com")
        self.assertEqual(mail["To"], "admin@example.com, boss@example.com")
        self.assertLess(abs(mail["Date"].datetime.timestamp() - time.time()), 60)
        self.assertRegex(mail["Message-ID"], r"^<[0-9a-f-]{36}@example\.com>$")
        self.assertEqual(mail.defects, [])
        text = mail.get_content().replace("\r\n", "\n")
        self.assertTrue(text.startswith("disk full on /srv €\n.\n..dots and = signs \n" + "x" * 300 + "\n"), text)
        self.assertIn("Database: /srv/für alle/app.db\n", text)

    def test_a_user_and_password_come_out_of_the_url(self):
        mailbox = Mailbox()
        with smtp_server(mailbox, auth_require_tls=False, auth_required=True) as port:
            only = self.send(f"smtp://me%40example.com:p%40ss@127.0.0.1:{port}")
            self.assertEqual((only["status"], len(mailbox.mails)), ("ok", 1))
            self.assertEqual(mailbox.logins, [(b"me@example.com", b"p@ss", False)])
            only = self.send(f"smtp://me:wrong-secret@127.0.0.1:{port}")
        self.assertIn("SQB-NET-02", only["status"])
        self.assertEqual(only["attempts"], 1)
        self.assertNotIn("secret", only["status"])

    def test_a_password_never_goes_in_the_clear_to_another_machine(self):
        # The name is not one of those that mean this machine, though it leads here.
        name = socket.gethostname()
        try:
            address = socket.gethostbyname(name)
        except OSError:
            self.skipTest("this machine's name has no address")
        mailbox = Mailbox()
        with smtp_server(mailbox, hostname=address, auth_require_tls=False) as port:
            only = self.send(f"smtp://me:p%40ss@{name}:{port}")
            self.assertIn("SQB-NET-03", only["status"])
            self.assertEqual((only["attempts"], mailbox.logins, mailbox.mails), (1, [], []))
            self.assertEqual(self.send(f"smtp://{name}:{port}")["status"], "ok")

    def test_starttls_with_a_self_signed_certificate_is_refused(self):
        name = socket.gethostname()
        try:
            address = socket.gethostbyname(name)
        except OSError:
            self.skipTest("this machine's name has no address")
        mailbox = Mailbox()
        with tempfile.TemporaryDirectory() as directory:
            with smtp_server(mailbox, hostname=address, tls_context=self_signed(directory)) as port:
                only = self.send(f"smtp://me:p%40ss@{name}:{port}")
        self.assertIn("SQB-NET-03", only["status"])
        self.assertIn("certificate", only["status"])
        self.assertEqual((mailbox.logins, mailbox.mails), ([], []))

    def test_a_refused_recipient_is_final_and_a_full_mailbox_is_not(self):
        mailbox = Mailbox(["550 no such user"])
        with smtp_server(mailbox) as port:
            only = self.send(f"smtp://127.0.0.1:{port}")
        self.assertIn("answered 550", only["status"])
        self.assertIn("SQB-NET-02", only["status"])
        self.assertEqual(only["attempts"], 1)
        mailbox = Mailbox(["452 mailbox full"])
        with smtp_server(mailbox) as port:
            only = self.send(f"smtp://127.0.0.1:{port}")
        self.assertEqual((only["status"], only["attempts"], len(mailbox.mails)), ("ok", 2, 1))

    def test_a_cancel_does_not_wait_for_a_server_that_hangs(self):
        with rude_server(lambda client: None) as (url, _):
            started = time.monotonic()
            only = self.send(url.replace("http", "smtp").replace("/secret-path", ""), cancel_after=300)
        self.assertIn("SQB-INTR-01", only["status"])
        self.assertLess(time.monotonic() - started, 5)


class Host:
    """A Python process that has the module loaded; sql() runs there."""

    PROGRAM = """
import json, sqlite3, sys
app = sqlite3.connect(sys.argv[1], isolation_level=None)
app.enable_load_extension(True)
app.load_extension(sys.argv[2])
for line in sys.stdin:
    print(json.dumps(app.execute(*json.loads(line)).fetchall()), flush=True)
"""

    def __init__(self, path, **environment):
        self.process = subprocess.Popen([sys.executable, "-c", self.PROGRAM, path, os.path.abspath(MODULE)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=without_proxies() | environment)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.communicate(timeout=60)

    def sql(self, statement, *values):
        self.process.stdin.write(json.dumps([statement, values]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Scheduled(unittest.TestCase):
    """A database that looks after itself, from its settings to the mail."""

    def wait(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def events(self, server):
        """What the webhook got, each with a right signature: (type, data)."""
        events = []
        for path, headers, body in list(server.requests):
            if path != "/hook-token":
                continue
            self.assertTrue(signature_is_right(SECRET, headers, body))
            event = json.loads(body)
            events.append((event["type"].removeprefix("dev.sqbackup."), event["data"]))
        return events

    def pings(self, server):
        found = [re.fullmatch(r"/ping-key(/start|/fail|)\?rid=([0-9a-f-]{36})", path)
                 for path, _, _ in list(server.requests) if path != "/hook-token"]
        return [(match[1], match[2]) for match in found]

    def subjects(self, mailbox):
        mails = [email.message_from_bytes(content, policy=email.policy.default) for _, _, content, _ in list(mailbox.mails)]
        return [mail["Subject"] for mail in mails]

    def check_quiet(self, host, directory):
        shown = json.dumps([host.sql("SELECT * FROM backup_settings WHERE key IN ('smtp_url', 'webhook_secret')"),
                            host.sql("SELECT backup_status()"), host.sql("SELECT * FROM backup_log"),
                            host.sql("SELECT * FROM backup_events")])
        for secret in (SECRET, "p%40ss", "p@ss"):
            self.assertNotIn(secret, shown)
            for where, _, names in os.walk(directory):
                for name in names:
                    with open(os.path.join(where, name), "rb") as file:
                        self.assertNotIn(secret.encode(), file.read(), name)

    def test_from_the_first_start_to_the_recovery(self):
        mailbox = Mailbox()
        with (tempfile.TemporaryDirectory() as directory, http_server() as server,
              smtp_server(mailbox, auth_require_tls=False, auth_required=True) as port,
              Host(f"{directory}/app.db", SQBACKUP_SMTP_URL=f"smtp://me:p%40ss@127.0.0.1:{port}") as host):
            host.sql("PRAGMA journal_mode = wal")
            host.sql("CREATE TABLE t(x)")
            for key, value in [("interval", "2s"), ("ping_url", server.url + "/ping-key"), ("webhook_secret", SECRET),
                               ("webhook_url", server.url + "/hook-token"), ("mail_to", "admin@example.com")]:
                shown, = host.sql("SELECT backup_config(?, ?)", key, value)
                self.assertEqual(shown, ["***" if key == "webhook_secret" else value])
            host.sql("SELECT backup_start()")
            self.wait(lambda: len(self.pings(server)) >= 2 and self.events(server), "the first backup")
            (start, begun), (success, ended) = self.pings(server)[:2]
            self.assertEqual((start, success, begun), ("/start", "", ended))
            kind, data = self.events(server)[0]
            self.assertEqual((kind, data["run"], data["ok"]), ("backup.completed", begun, True))
            self.assertEqual(data["details"]["trigger"], "scheduled")

            os.rename(f"{directory}/app.db", f"{directory}/away")
            self.wait(lambda: any(kind == "backup.failed" for kind, _ in self.events(server)), "the failure")
            failed = next(data for kind, data in self.events(server) if kind == "backup.failed")
            self.wait(lambda: failed["title"] in self.subjects(mailbox), "the mail")
            self.assertIn(("/fail", failed["run"]), self.pings(server))
            self.assertEqual(failed["title"], f"the backup of {os.path.realpath(directory)}/app.db failed")
            self.assertEqual(host.sql("SELECT ok, title, text FROM backup_events WHERE run = ?", failed["run"]),
                             [[0, failed["title"], failed["text"]]])

            os.rename(f"{directory}/away", f"{directory}/app.db")
            again = failed["title"].replace("failed", "succeeded again")
            self.wait(lambda: again in self.subjects(mailbox), "the recovery")
            self.assertEqual({login[:2] for login in mailbox.logins}, {(b"me", b"p@ss")})
            self.assertEqual(self.subjects(mailbox).count(failed["title"]), 1)
            self.assertEqual(host.sql("SELECT * FROM backup_log WHERE operation = 'alert'"), [])
            self.check_quiet(host, directory)

    def test_a_server_that_hangs_delays_neither_backups_nor_the_end(self):
        with (tempfile.TemporaryDirectory() as directory, rude_server(lambda client: None) as (url, clients)):
            with Host(f"{directory}/app.db") as host:
                host.sql("CREATE TABLE t(x)")
                for key, value in [("interval", "1s"), ("skip_unchanged", "off"), ("ping_url", url)]:
                    host.sql("SELECT backup_config(?, ?)", key, value)
                host.sql("SELECT backup_start()")
                self.wait(lambda: clients and host.sql("SELECT count(*) FROM backups")[0][0] >= 3, "backups")
                self.assertEqual(len(clients), 1)
                started = time.monotonic()
                host.sql("SELECT backup_stop()")
                self.assertLess(time.monotonic() - started, 1)
                host.sql("SELECT backup_start()")
                self.wait(lambda: len(clients) >= 2, "what was cut short, anew")
                started = time.monotonic()
            self.assertLess(time.monotonic() - started, 2)


if __name__ == "__main__":
    logging.disable()  # aiosmtpd tells of the failures that are made here
    warnings.simplefilter("ignore")
    unittest.main()

"""A Ceph RADOS Gateway (rgw.sh) for the time of a test, boto3 to look into it, and a wire to it that can be cut."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import boto3
import botocore.config

ACCESS_KEY, SECRET_KEY = "AKIATEST", "secretsecret"


def free_port():
    """The first of three: the store wants them in a row."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
        try:
            for number in range(port, port + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
            return port
        except (OSError, OverflowError):
            continue


class Gateway:
    """Runs until close(). With TLS on a port of its own: a certificate that nobody trusts."""

    def __init__(self, script, tls=False):
        self.script = script
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rgw-"))
        self.store = self.directory / "rgw"
        self.server = None  # one that was started again
        try:
            self.port, self.tls_port = free_port(), free_port()
            subprocess.run([script, "start", self.store, str(self.port), *(self.certificate() if tls else [])], check=True,
                           timeout=120, stdin=subprocess.DEVNULL)
            self.url = f"http://127.0.0.1:{self.port}"
            self.boto = boto3.client(
                "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
                aws_secret_access_key=SECRET_KEY, config=botocore.config.Config(s3={"addressing_style": "path"}))
        except BaseException:
            self.close()
            raise

    def certificate(self):
        certificate, key = self.directory / "certificate.pem", self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True, timeout=60)
        return [str(self.tls_port), certificate, key]

    def kill(self):
        """Ends the server at once. What it has stored stays, for it is in the other processes of the store."""
        os.kill(int((self.store / "rgw.pid").read_text()), signal.SIGKILL)

    def start_again(self):
        """On the same port; returns when it answers."""
        log = self.store / "log/rgw-again.out"
        server = subprocess.Popen(["radosgw", "-f", "-n", "client.rgw", "-c", self.store / "ceph.conf"],
                                  stdin=subprocess.DEVNULL, stdout=log.open("a"), stderr=subprocess.STDOUT)
        (self.store / "rgw.pid").write_text(str(server.pid))
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not come back: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        self.server = server

    def close(self):
        if self.server is not None:  # it is our child, which the script could not see end
            self.server.terminate()
            self.server.wait(timeout=30)
        subprocess.run([self.script, "stop", self.store], check=True, timeout=60)
        shutil.rmtree(self.directory)


class Wire:
    """Carries bytes to the server at `port`; calls before() and after() with each piece that goes there, and with how
    many bytes went there in all. A connection where one of them raises OSError is cut."""

    def __init__(self, port):
        self.port = port
        self.seen = 0
        self.lock = threading.Lock()
        self.before = self.after = lambda piece, seen: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                here = self.listener.accept()[0]
                try:
                    there = socket.create_connection(("127.0.0.1", self.port))
                except OSError:
                    here.close()
                    continue
                threading.Thread(target=self.converse, args=(here, there), daemon=True).start()

    def converse(self, here, there):
        with here, there:
            back = threading.Thread(target=self.carry, args=(there, here, False), daemon=True)
            back.start()
            self.carry(here, there, True)
            back.join()

    def carry(self, source, target, up):
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                if up:
                    with self.lock:
                        self.seen += len(piece)
                        seen = self.seen
                    self.before(piece, seen)
                target.sendall(piece)
                if up:
                    self.after(piece, seen)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

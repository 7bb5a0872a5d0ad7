#!/usr/bin/python3
"""Our S3 client and boto3, each reading what the other wrote, in a real store: Ceph's RADOS Gateway.

    s3.py S3_STORE RGW_SCRIPT

S3_STORE is interop/s3_store.cc, RGW_SCRIPT support/rgw.sh. And our signatures against botocore's.
"""

import datetime
import hashlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import botocore.auth
import botocore.awsrequest
import botocore.credentials

RGW = sys.argv.pop(2)
sys.path.insert(0, os.path.dirname(RGW))
import rgw  # noqa: E402
PROGRAM = sys.argv.pop(1)
BUCKET = "test-bucket"
KEYS = ["plain", "a b", " lead and trail ", "+", "a+b%20c", "%", "100%", "=&?#;:@,!$'()*", "~-._", "\u00e4\u20ac\U0001f4be",
        "/leading", "//", "a//b", "a/../b", "./a", ".", "..", "trailing/", '"quoted"', "<&>'", "back\\slash", "[]{}^`|",
        "x" * 1024, "tab\there", "line\nend", "uploads", "list-type=2"]
MIB = 1 << 20


class Signatures(unittest.TestCase):
    def test_they_are_those_of_botocore(self):
        rng = random.Random(20261120)
        letters = "abz09-._~ /+%=&?#:@!$'()*,;<>\"\\^`{}|[]\t\u00e4\u00df\u20ac\U0001f4be"

        def text(most, alphabet=letters, least=0):
            return "".join(rng.choice(alphabet) for _ in range(rng.randint(least, most)))

        def word(value):
            return "x" + value.encode().hex()

        lines, expected = [], []
        for _ in range(3000):
            method = rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"])
            host = rng.choice(["h.example", "bucket.s3.eu-central-1.amazonaws.com", "127.0.0.1:7480", "[::1]:80"])
            path = "/" + text(12)
            query = {text(6, least=1): text(6) for _ in range(rng.randint(0, 5))}
            headers = {"X-Amz-" + text(5, "abcXYZ-09", 1): text(8, "ab  \tc,=\"") for _ in range(rng.randint(0, 4))}
            body = text(20).encode()
            token = rng.choice(["", "", "tok/+en=="])
            time = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=rng.randrange(10 ** 9))
            digest = hashlib.sha256(body).hexdigest()

            request = botocore.awsrequest.AWSRequest(
                method, "https://" + host + botocore.compat.quote(path, safe="/~"), headers, body, params=query)
            request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ")
            request.headers["X-Amz-Date"] = request.context["timestamp"]
            request.headers["X-Amz-Content-SHA256"] = digest
            if token:
                request.headers["X-Amz-Security-Token"] = token
            credentials = botocore.credentials.Credentials("AKID", "secret/+key", token or None)
            auth = botocore.auth.S3SigV4Auth(credentials, "s3", "eu-central-1")
            canonical = auth.canonical_request(request)
            string = auth.string_to_sign(request, canonical)
            auth._inject_signature_to_request(request, auth.signature(string, request))
            expected.append(request.headers["Authorization"])

            words = [word(part) for part in (method, host, path, digest, time.isoformat() + "Z", token)] + ["?"]
            words += [word(part) for pair in query.items() for part in pair] + [":"]
            headers["x-amz-content-sha256"] = digest
            words += [word(part) for pair in headers.items() for part in pair]
            lines.append(" ".join(words))
        output = subprocess.run([PROGRAM, "sign"], input="\n".join(lines) + "\n", check=True, capture_output=True,
                                text=True, timeout=120).stdout.splitlines()
        self.assertEqual(len(output), 2 * len(expected))
        for line, ours, theirs in zip(lines, output[::2], expected):
            self.assertEqual(ours, theirs, line)


class Store(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="s3-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.file = cls.directory / "file"
        gateway = rgw.Gateway(RGW, tls=True)
        cls.addClassCleanup(gateway.close)
        cls.port, cls.tls_port, cls.boto = gateway.port, gateway.tls_port, gateway.boto
        cls.boto.create_bucket(Bucket=BUCKET)

    def environment(self, **changes):
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "AWS_ACCESS_KEY_ID": "AKIATEST",
                     "AWS_SECRET_ACCESS_KEY": "secretsecret", "AWS_EC2_METADATA_DISABLED": "true", "S3_BUCKET": BUCKET,
                     "S3_ENDPOINT": f"http://127.0.0.1:{self.port}", "S3_REGION": "us-east-1"}
        return {**variables, **changes}

    def ours(self, *arguments, **changes):
        """What our client says; the error's text as an exception."""
        result = subprocess.run([PROGRAM, *map(str, arguments)], env=self.environment(**changes), capture_output=True,
                                timeout=120)
        if result.returncode != 0:
            raise RuntimeError(result.stderr.decode())
        return result.stdout

    def keys(self, prefix):
        lines = self.ours("list", prefix).decode().split("\n")[:-1]
        return {bytes.fromhex(line.split(" x")[1]).decode(): int(line.split(" x")[0]) for line in lines}

    def assert_fails(self, code, *arguments, words="", **changes):
        with self.assertRaises(RuntimeError) as raised:
            self.ours(*arguments, **changes)
        self.assertIn(f"[{code}]", str(raised.exception))
        self.assertIn(words, str(raised.exception))
        self.assertNotIn("secretsecret", str(raised.exception))

    def tearDown(self):
        for page in self.boto.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for found in page.get("Contents", []):
                self.boto.delete_object(Bucket=BUCKET, Key=found["Key"])

    def test_boto3_reads_what_we_write(self):
        for number, key in enumerate(KEYS):
            with self.subTest(key=key):
                content = random.Random(number).randbytes(number * 1000)
                self.file.write_bytes(content)
                self.ours("put", key, self.file, f"number={number}", "other=a b")
                answer = self.boto.get_object(Bucket=BUCKET, Key=key)
                self.assertTrue(answer["Body"].read() == content)
                self.assertEqual(answer["Metadata"], {"number": str(number), "other": "a b"})
        listed = {found["Key"] for found in self.boto.list_objects_v2(Bucket=BUCKET)["Contents"]}
        self.assertEqual(listed, set(KEYS))

    def test_we_read_what_boto3_writes(self):
        for number, key in enumerate(KEYS):
            with self.subTest(key=key):
                content = random.Random(number).randbytes(100 + number)
                self.boto.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata={"Sha256": "ab"})
                size, etag, *metadata = self.ours("head", key).decode().splitlines()
                self.assertEqual((int(size), metadata), (len(content), ["sha256=ab"]))
                self.assertTrue(self.ours("get", key, 0, 10_000, etag) == content)
                self.assertTrue(self.ours("get", key, 7, 20) == content[7:27])
        self.assertEqual(self.keys(""), {key: 100 + number for number, key in enumerate(KEYS)})
        self.assertEqual(set(self.keys("a")), {key for key in KEYS if key.startswith("a")})
        for key in KEYS:
            self.ours("remove", key)
            self.ours("remove", key)
        self.assertEqual(self.keys(""), {})

    def test_the_bucket_may_stand_in_the_host(self):
        self.file.write_bytes(b"content")
        host = {"S3_ENDPOINT": f"http://localhost:{self.port}", "S3_PATH_STYLE": "no"}
        for key in ("k", "/k +%\u00e4"):
            self.ours("put", key, self.file, **host)
            self.assertEqual(self.boto.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"content")
            self.assertEqual(self.ours("get", key, 0, 7, **host), b"content")

    def test_a_list_has_many_pages(self):
        for number in range(1005):
            self.boto.put_object(Bucket=BUCKET, Key=f"p/ {number}+", Body=b"x")
        self.assertEqual(self.keys("p/"), {f"p/ {number}+": 1 for number in range(1005)})

    def test_an_object_in_parts(self):
        for size in (1, 5 * MIB, 12 * MIB + 3):
            with self.subTest(size=size):
                content = random.Random(size).randbytes(size)
                self.file.write_bytes(content)
                self.ours("upload", "dir/large +", self.file, 5 * MIB)
                self.assertTrue(self.boto.get_object(Bucket=BUCKET, Key="dir/large +")["Body"].read() == content)
                self.assertTrue(self.ours("get", "dir/large +", max(0, size - 100), 1000) == content[-100:])
        self.file.write_bytes(bytes(300))
        self.assert_fails("SQB-NET-02", "upload", "k", self.file, 100, words="EntityTooSmall")

    def test_uploads_that_were_left_are_found_and_given_up(self):
        for left in self.boto.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
            self.boto.abort_multipart_upload(Bucket=BUCKET, Key=left["Key"], UploadId=left["UploadId"])
        begun = {(self.ours("begin", key).decode().strip(), key) for key in ("p/a b+", "p/\u00e4", "q/x")}

        def found(prefix):
            lines = self.ours("uploads", prefix).decode().split("\n")[:-1]
            return {(line.split(" x")[0], bytes.fromhex(line.split(" x")[1]).decode()) for line in lines}

        self.assertEqual(found(""), begun)
        self.assertEqual(found("p/"), {pair for pair in begun if pair[1].startswith("p/")})
        for upload, key in begun:
            self.ours("abort", key, upload)
            self.ours("abort", key, upload)
        self.assertEqual(found(""), set())

    def test_errors_say_what_is_wrong(self):
        self.file.write_bytes(b"content")
        self.ours("put", "k", self.file)
        self.assert_fails("SQB-STORE-02", "get", "k", 0, 1, AWS_SECRET_ACCESS_KEY="wrong", words="SignatureDoesNotMatch")
        self.assert_fails("SQB-STORE-02", "list", "", AWS_ACCESS_KEY_ID="unknown", words="InvalidAccessKeyId")
        self.assert_fails("SQB-STORE-02", "head", "k", AWS_SECRET_ACCESS_KEY="wrong")
        self.assert_fails("SQB-STORE-01", "head", "k", AWS_SECRET_ACCESS_KEY="", AWS_ACCESS_KEY_ID="")
        self.assert_fails("SQB-STORE-03", "put", "k", self.file, S3_BUCKET="no-such-bucket")
        self.assert_fails("SQB-STORE-03", "list", "", S3_BUCKET="no-such-bucket")
        self.assert_fails("SQB-STORE-04", "get", "none", 0, 1)
        self.assert_fails("SQB-STORE-04", "head", "none")
        self.assert_fails("SQB-CORRUPT-02", "get", "k", 0, 1, '"other"')
        self.assert_fails("SQB-CORRUPT-02", "get", "k", 7, 1)
        self.assert_fails("SQB-ARG-04", "head", "k", S3_BUCKET="No_Bucket")
        with socket.socket() as nobody:  # bound, not listening
            nobody.bind(("127.0.0.1", 0))
            self.assert_fails("SQB-NET-01", "head", "k", S3_ENDPOINT=f"http://127.0.0.1:{nobody.getsockname()[1]}")

    def test_a_wrong_clock_does_no_harm(self):
        self.file.write_bytes(b"content")
        for seconds in (-86400, -1200, 1200, 86400):
            self.ours("put", "k", self.file, S3_CLOCK=str(seconds))
            self.assertEqual(self.ours("head", "k", S3_CLOCK=str(seconds)).splitlines()[0], b"7")

    def test_a_certificate_is_checked(self):
        self.assert_fails("SQB-NET-03", "list", "", words="self-signed", S3_ENDPOINT=f"https://localhost:{self.tls_port}")

    def test_credentials_come_from_the_files_too(self):
        (self.directory / ".aws").mkdir()
        self.addCleanup(shutil.rmtree, self.directory / ".aws")
        (self.directory / ".aws/credentials").write_text(
            "[default]\naws_access_key_id = x\naws_secret_access_key = y\n"
            "[store]\naws_access_key_id = AKIATEST\naws_secret_access_key = secretsecret\n")
        (self.directory / ".aws/config").write_text(
            f"[profile store]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:{self.port}\n")
        variables = self.environment(AWS_PROFILE="store")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "S3_ENDPOINT", "S3_REGION"):
            del variables[name]
        subprocess.run([PROGRAM, "list", ""], env=variables, check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()

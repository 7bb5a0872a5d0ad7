#!/usr/bin/python3
"""The conformance suite in a real object store, Ceph's RADOS Gateway, and what boto3 sees of it.

    s3.py CONFORMANCE RGW_SCRIPT

CONFORMANCE is the program of the suite, RGW_SCRIPT support/rgw.sh.
"""

import datetime
import hashlib
import os
import subprocess
import sys
import unittest

RGW = sys.argv.pop(2)
PROGRAM = sys.argv.pop(1)
sys.path.insert(0, os.path.dirname(RGW))
import rgw  # noqa: E402


class Store(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = rgw.Gateway(RGW)
        cls.addClassCleanup(cls.gateway.close)
        cls.boto = cls.gateway.boto
        cls.boto.create_bucket(Bucket="conformance")
        cls.boto.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)

    def run_tests(self, *which):
        environment = {**os.environ, "SQBACKUP_TEST_S3": self.gateway.url, "AWS_ACCESS_KEY_ID": rgw.ACCESS_KEY,
                       "AWS_SECRET_ACCESS_KEY": rgw.SECRET_KEY}
        result = subprocess.run([PROGRAM, *which], env=environment, capture_output=True, text=True, timeout=500)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("All tests passed", result.stdout)

    def test_the_suite(self):
        self.run_tests()
        left = self.boto.list_multipart_uploads(Bucket="conformance").get("Uploads", [])
        self.assertEqual(left, [])

    def test_what_the_store_keeps_of_the_options(self):
        self.run_tests("[options]")
        for key in ("backups/small", "backups/large", "backups/put"):
            with self.subTest(key=key):
                answer = self.boto.get_object(Bucket="locked", Key=key)
                digest = hashlib.sha256(answer["Body"].read()).hexdigest()
                self.assertEqual(answer["Metadata"]["sha256"], digest)
                self.assertEqual(answer["ObjectLockMode"], "GOVERNANCE")
                self.assertEqual(answer["ObjectLockRetainUntilDate"],
                                 datetime.datetime(2100, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc))

    def test_uploads_that_a_dead_process_left_are_swept(self):
        prefix = "left/"
        for key in (prefix + "a b", prefix + "\u00e4/+", "left", "leftover/x"):
            self.boto.create_multipart_upload(Bucket="conformance", Key=key)
        self.run_tests("[left]")
        left = self.boto.list_multipart_uploads(Bucket="conformance")["Uploads"]
        self.addCleanup(lambda: [self.boto.abort_multipart_upload(Bucket="conformance", Key=upload["Key"],
                                                                  UploadId=upload["UploadId"]) for upload in left])
        self.assertEqual({upload["Key"] for upload in left}, {"left", "leftover/x"})


if __name__ == "__main__":
    unittest.main()

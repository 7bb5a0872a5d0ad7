#!/usr/bin/python3
"""Our age files and those of stock `age`, each read by the other.

    age.py AGE_FILE

AGE_FILE is interop/age_file.cc. Keys are made by `age-keygen`, and passphrases typed into a terminal, as age wants it.
"""

import os
import pathlib
import pty
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
CHUNK = 64 << 10
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1, 16 * CHUNK, 33 * CHUNK + 17]
PASSPHRASE = "correct horse battery st\u00e4ple"


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, timeout=120)


def age_opens(identity, sealed):
    """What age says is in the file. It writes no file at all for an empty one, hence no -o."""
    return subprocess.run(["age", "-d", "-i", identity, sealed], check=True, capture_output=True, timeout=120).stdout


def run_at_terminal(answers, *command):
    """Runs a program that asks on its terminal, and gives it a line for each question, which ends in ': '."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], [str(part) for part in command])
    said, answers = b"", list(answers)
    try:
        while part := os.read(terminal, 4096):
            said += part
            if answers and said.rstrip(b"\x1b[0123456789;mKJ").endswith(b": "):
                os.write(terminal, answers.pop(0).encode() + b"\n")
                said += b"\n"
    except OSError:  # the program has closed its end
        pass
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0 and not answers, (command, status, said)


class Age(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.plain, cls.sealed, cls.opened = (cls.directory / name for name in ("plain", "sealed", "opened"))
        cls.identities, cls.recipients = [], []
        for number in range(3):
            path = cls.directory / f"key-{number}"
            run("age-keygen", "-o", path)
            cls.identities.append(path)
            cls.recipients.append(run("age-keygen", "-y", path).stdout.strip())

    def setUp(self):
        for path in (self.sealed, self.opened):
            path.unlink(missing_ok=True)

    def write_plain(self, size):
        self.plain.write_bytes(random.Random(size).randbytes(size))

    def assert_same(self):
        self.assertTrue(self.opened.read_bytes() == self.plain.read_bytes())
        self.setUp()

    def test_age_reads_what_we_write(self):
        for size in SIZES:
            for count in (1, 3):
                with self.subTest(size=size, recipients=count):
                    self.write_plain(size)
                    run(PROGRAM, "seal", self.plain, self.sealed, *self.recipients[:count])
                    for identity in self.identities[:count]:
                        self.assertTrue(age_opens(identity, self.sealed) == self.plain.read_bytes())
                    self.setUp()

    def test_we_read_what_age_writes(self):
        for size in SIZES:
            for count in (1, 3):
                with self.subTest(size=size, recipients=count):
                    self.write_plain(size)
                    to = [part for recipient in self.recipients[:count] for part in ("-r", recipient)]
                    run("age", *to, "-o", self.sealed, self.plain)
                    for identity in self.identities[:count]:
                        run(PROGRAM, "open", self.sealed, self.opened, identity)
                        self.assertTrue(self.opened.read_bytes() == self.plain.read_bytes())
                    self.setUp()

    def test_nobody_else_reads_either(self):
        self.write_plain(100)
        run(PROGRAM, "seal", self.plain, self.sealed, self.recipients[0])
        for command in (["age", "-d", "-i", self.identities[1], "-o", self.opened, self.sealed],
                        [PROGRAM, "open", self.sealed, self.opened, self.identities[1]]):
            with self.assertRaises(subprocess.CalledProcessError):
                run(*command)
            self.assertFalse(self.opened.exists())

    def test_age_reads_what_we_rewrap(self):
        self.write_plain(2 * CHUNK + 5)
        first = self.directory / "first"
        run("age", "-r", self.recipients[0], "-o", first, self.plain)
        run(PROGRAM, "rewrap", first, self.sealed, self.identities[0], *self.recipients[1:])
        self.assertTrue(age_opens(self.identities[2], self.sealed) == self.plain.read_bytes())

    def test_a_passphrase_is_the_same_here_and_there(self):
        self.write_plain(CHUNK + 9)
        run(PROGRAM, "seal-passphrase", self.plain, self.sealed, PASSPHRASE)
        run_at_terminal([PASSPHRASE], "age", "-d", "-o", self.opened, self.sealed)
        self.assert_same()
        run_at_terminal([PASSPHRASE] * 2, "age", "-p", "-o", self.sealed, self.plain)
        run(PROGRAM, "open-passphrase", self.sealed, self.opened, PASSPHRASE)
        self.assert_same()

    def test_armored_files_and_foreign_keys_are_refused_by_name(self):
        self.write_plain(10)
        run("age", "-a", "-r", self.recipients[0], "-o", self.sealed, self.plain)
        for command, words in [(["open", self.sealed, self.opened, self.identities[0]], "it is armored"),
                               (["seal", self.plain, self.sealed, "ssh-ed25519 AAAA"], "SSH key")]:
            result = subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()

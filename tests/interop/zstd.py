#!/usr/bin/python3
"""Compressed files and stock `zstd`: each reads what the other writes.

    zstd.py ZSTD_CODEC
"""

import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)


def call(command, data, check=True):
    return subprocess.run(command, input=data, capture_output=True, check=check, timeout=120)


def ours(*arguments, data):
    return call([PROGRAM, *map(str, arguments)], data).stdout


def zstd(*arguments, data):
    return call(["zstd", "-q", "-c", *arguments], data).stdout


def rows(size, seed=1):
    """Text that compresses, and repeats itself over long distances only."""
    generator = random.Random(seed)
    piece = b"".join(b"%d|%s|new|%.2f\n" % (i, generator.randbytes(6).hex().encode(), generator.random() * 100)
                     for i in range(min(size, 400_000) // 20 + 1))
    return (piece * (size // len(piece) + 1))[:size]


class OursForZstd(unittest.TestCase):
    def check(self, plain, level=3, threads=2, frame=1 << 20):
        file = ours("compress", level, threads, frame, data=plain)
        self.assertEqual(zstd("-d", data=file), plain)
        call(["zstd", "-q", "-t"], file)
        for way in [("all", 1), ("all", 2), ("parts",), ("stream",)]:
            self.assertEqual(ours(*way, data=file), plain, way)
        return file

    def test_sizes(self):
        for size in (0, 1, 4095, 4096, 4097, 3 * 4096, 1_000_003):
            with self.subTest(size=size):
                self.check(rows(size), frame=4096)

    def test_levels(self):
        for level in (1, 3, 9, 19):
            with self.subTest(level=level):
                self.check(rows(2_500_000), level=level)

    def test_what_does_not_compress(self):
        self.check(random.Random(2).randbytes(2_500_000))

    def test_list(self):
        plain = rows(5_000_000)
        with tempfile.NamedTemporaryFile(suffix=".zst") as file:
            file.write(self.check(plain))
            file.flush()
            listed = call(["zstd", "-l", "-v", file.name], b"").stdout.decode()
        self.assertRegex(listed, r"Zstandard Frames: 5\b")
        self.assertRegex(listed, r"Skippable Frames: 1\b")
        self.assertRegex(listed, r"Decompressed Size: .*\(5000000 B\)")
        self.assertRegex(listed, r"Check: XXH64")

    def test_damage_is_seen_by_both(self):
        file = bytearray(self.check(rows(2_500_000)))
        file[1000] ^= 4
        self.assertNotEqual(call(["zstd", "-q", "-t"], bytes(file), check=False).returncode, 0)
        result = call([PROGRAM, "all", "2"], bytes(file), check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"frame 0 is damaged: ", result.stderr)


class ZstdForOurs(unittest.TestCase):
    def check(self, file, plain):
        self.assertEqual(ours("stream", data=file), plain)

    def test_options(self):
        plain = rows(9_000_000)
        for options in (["-1"], ["-3"], ["-19"], ["--long=27"], ["-T2", "-B1MiB"], ["--no-check"], ["--fast=5"],
                        ["--ultra", "-22"]):
            with self.subTest(options=options):
                self.check(zstd(*options, data=plain), plain)

    def test_long_distances(self):
        noise = random.Random(3).randbytes(40 << 20)
        file = zstd("--long=27", data=noise + noise)
        self.assertLess(len(file), 41 << 20)  # the second half looks back over 40 MiB
        self.check(file, noise + noise)

    def test_a_window_that_zstd_refuses_by_default(self):
        file = zstd("--long=28", data=rows(200 << 20))
        self.assertNotEqual(call(["zstd", "-q", "-t"], file, check=False).returncode, 0)
        result = call([PROGRAM, "stream"], file, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"too much memory", result.stderr)

    def test_empty(self):
        self.check(zstd(data=b""), b"")

    def test_several_frames(self):
        one, two = rows(300_000, 1), rows(300_000, 2)
        skippable = struct.pack("<II", 0x184D2A53, 5) + b"hello"
        self.check(zstd(data=one) + skippable + zstd("--no-check", data=two) + zstd(data=b""), one + two)

    def test_no_seek_table(self):
        result = call([PROGRAM, "all", "1"], zstd(data=rows(100_000)), check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"it does not end in a seek table", result.stderr)


if __name__ == "__main__":
    unittest.main()

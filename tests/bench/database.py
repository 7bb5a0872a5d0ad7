"""The database that is measured: several tables, indexes, text and blobs, WAL mode, of a given size."""

import os
import random
import sqlite3

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, city TEXT, notes TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, placed_at TEXT NOT NULL,
  status TEXT NOT NULL, total REAL NOT NULL);
CREATE INDEX orders_by_customer ON orders (customer, placed_at);
CREATE INDEX orders_by_status ON orders (status, placed_at);
CREATE TABLE lines (order_id INTEGER NOT NULL REFERENCES orders, number INTEGER NOT NULL, article TEXT NOT NULL,
  quantity INTEGER NOT NULL, price REAL NOT NULL, PRIMARY KEY (order_id, number)) WITHOUT ROWID;
CREATE TABLE documents (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, title TEXT NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX documents_by_title ON documents (title);
CREATE TABLE attachments (id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents, kind TEXT,
  bytes BLOB);
CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE INDEX events_by_kind ON events (kind, at);
"""
WORDS = ("backup page table index commit restore journal frame header ledger river lamp orange window quiet seven "
         "harbour stone paper winter engine market signal copper garden letter").split()
BATCH = 2000  # customers per transaction: about 30 MB


class Maker:
    def __init__(self, pool):
        self.random = random.Random(1)
        # So large that what is taken twice stands far apart: no compressor's window finds it again.
        self.text = " ".join(self.random.choices(WORDS, k=pool // 6))
        self.blob = self.random.randbytes(pool)

    def prose(self, least, most):
        size = self.random.randint(least, most)
        start = self.random.randrange(len(self.text) - size)
        return self.text[start:start + size]

    def bytes(self, least, most):
        size = self.random.randint(least, most)
        start = self.random.randrange(len(self.blob) - size)
        return self.blob[start:start + size]

    def word(self):
        return self.random.choice(WORDS)

    def time(self):
        pick = self.random.randrange
        return f"2026-{pick(1, 13):02}-{pick(1, 29):02} {pick(24):02}:{pick(60):02}:{pick(60):02}.000"

    def add_customers(self, database, first, count):
        pick = self.random.randrange
        ids = range(first, first + count)
        orders = [(i * 4 + k, i) for i in ids for k in range(4)]
        database.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", (
            (i, self.prose(8, 30), f"user{i}@{self.word()}.example", self.word(), self.prose(0, 200)) for i in ids))
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", (
            (order, i, self.time(), ("new", "paid", "sent", "done")[pick(4)], pick(100_000) / 100)
            for order, i in orders))
        database.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", (
            (order, n, f"{self.word()}-{pick(5000)}", pick(1, 9), pick(9999) / 100) for order, _ in orders
            for n in range(pick(1, 6))))
        database.executemany("INSERT INTO documents VALUES (?, ?, ?, ?)", (
            (i, i, self.prose(10, 60), self.prose(200, 6000)) for i in ids))
        database.executemany("INSERT INTO attachments (document, kind, bytes) VALUES (?, ?, ?)", (
            (i, "image/png", self.bytes(500, 40_000)) for i in ids if i % 3 == 0))
        database.executemany("INSERT INTO events (at, kind, payload) VALUES (?, ?, ?)", (
            (self.time(), self.word(), self.prose(50, 400)) for _ in range(5 * count)))


def make(path, size):
    """Makes a database file of about `size` bytes, some of them free pages, without a write-ahead log."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;" + SCHEMA)
    maker = Maker(min(64 << 20, max(1 << 20, size)))
    first, batch = 1, max(1, min(BATCH, size // 200_000))
    while os.path.getsize(path) < size:
        database.execute("BEGIN")
        maker.add_customers(database, first, batch)
        if first > 1:  # what an application deletes: pages in the middle become free
            database.execute("DELETE FROM attachments WHERE document BETWEEN ? AND ?",
                             (first - batch, first - batch * 9 // 10))
        database.execute("COMMIT")
        first += batch
    database.execute("PRAGMA journal_mode=WAL")
    database.close()
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    return os.path.getsize(path)

"""What a script in Python does to dump a database to JSON and to load it again, losing no value: the peer of JSON
backups. One row a line, so that it needs no more memory than they do."""

import base64
import json
import os
import sqlite3


def encoded(value):
    if isinstance(value, bytes):
        return {"$blob": base64.b64encode(value).decode()}
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"$real": str(value)}
    if isinstance(value, int) and abs(value) >= 1 << 53:
        return {"$int": str(value)}
    return value


def decoded(value):
    if not isinstance(value, dict):
        return value
    (kind, text), = value.items()
    return base64.b64decode(text) if kind == "$blob" else float(text) if kind == "$real" else int(text)


def dump(database, target):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN")
    schema = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    with open(target, "w", encoding="utf-8") as file:
        file.write('{"manifest":' + json.dumps({"schema": schema}) + ',\n"data":{')
        for number, name in enumerate(name for kind, name, _ in schema if kind == "table"):
            file.write((",\n" if number else "\n") + json.dumps(name) + ":[")
            rows = connection.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in rows.description]
            separator = "\n"
            for row in rows:
                file.write(separator + json.dumps(dict(zip(columns, map(encoded, row))), ensure_ascii=False))
                separator = ",\n"
            file.write("]")
        file.write("\n}}\n")
        file.flush()
        os.fsync(file.fileno())


def load(snapshot, target):
    """Reads what the library wrote, by its lines: one line is one row."""
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    with open(snapshot, encoding="utf-8") as file:
        head = ""
        for line in file:
            if line.startswith('"data":'):
                break
            head += line
        manifest = json.loads(head.rstrip().rstrip(",") + "}")["manifest"]
        connection.execute("BEGIN")
        for row in manifest["schema"]:
            if row["type"] == "table":
                connection.execute(row["sql"])
        insert = None
        for line in file:
            if line.startswith('"'):
                name = json.loads(line[:line.rindex(":")])
                insert = None
                continue
            if not line.startswith("{"):
                continue
            row = json.loads(line[:line.rindex("}") + 1])
            if insert is None:
                columns = ", ".join(f'"{key}"' for key in row)
                insert = f'INSERT INTO "{name}" ({columns}) VALUES ({", ".join("?" * len(row))})'
            connection.execute(insert, [decoded(value) for value in row.values()])
        for row in manifest["schema"]:
            if row["type"] != "table":
                connection.execute(row["sql"])
        connection.execute("COMMIT")
    with open(target, "rb") as file:
        os.fsync(file.fileno())

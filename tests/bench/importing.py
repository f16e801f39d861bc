"""How fast ``import_articles`` is, beside a bare copy of the rows that it makes.

    python -m tests.bench importing [--records 10000 100000]
        [--database sqlite postgres] [--status ingested published]

Made records (300 to 700 words, 3 to 6 tags, 60 sources, 8 categories, three years)
are written to a file of NDJSON and imported by the real command in a process of its
own, twice. Then the rows that are there are copied into the same tables, emptied but
indexed: on PostgreSQL by COPY, on SQLite by prepared inserts. Printed are records per
second of each and their ratio, by the clock and by CPU seconds (which tell more where
others use the processors too), the load, and peak memory with the processes that the
command has started; of several sizes also how much more the largest needs. Databases
are thrown away; PostgreSQL is started as for the tests, or the one of DATABASE_URL,
whose schema public is emptied.
"""

import argparse
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import psycopg

from tests.run import postgresql

from .fetching import MANAGE, REPOSITORY, environment, manage, tree_rss

#: What the records are made of; the same at each run, but for the day they end on.
SEED = 7
WORDS, SENTENCES, TAGS, SOURCES, CATEGORIES = 20_000, 10_000, 3_000, 60, 8
NEWEST = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = 3 * 365
SYLLABLES = "ba ce di fo gu ha ji ka le mi no pu ra se ti vo wa yu za ber con tion"

#: Rows of one statement, and bytes of one piece of a COPY.
PART, BYTES = 1_000, 1 << 20


def records(number: int) -> Iterator[dict[str, Any]]:
    """So many records, those of today always the same ones, in flat memory."""
    chance = random.Random(SEED)
    syllables = SYLLABLES.split()
    words = [
        "".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(WORDS)
    ]
    sentences = [_sentence(chance, words) for _ in range(SENTENCES)]
    tags = [f"{words[n].title()} {words[-n].title()} {n}" for n in range(TAGS)]
    shares = list(accumulate(1 / (n + 1) for n in range(TAGS)))
    for at in range(number):
        moment = NEWEST - timedelta(seconds=chance.randrange(DAYS * 86_400))
        found = chance.choices(sentences, k=chance.randint(22, 50))
        paragraphs = [found[n : n + 4] for n in range(0, len(found), 4)]
        body = "".join(f"<p>{' '.join(each)}</p>" for each in paragraphs)
        link = f'<a href="/more/{at}?utm_source=bench">see</a> <em>more</em>'
        yield {
            "url": f"https://source{at % SOURCES}.example/{moment:%Y/%m}/piece-{at}",
            "title": f"{chance.choice(sentences)[:90].rstrip('. ')} {at}",
            "source": f"Source {at % SOURCES}",
            "published": moment.isoformat(),
            "category": f"Category {chance.randrange(CATEGORIES)}",
            "summary": chance.choice(sentences) if at % 3 else "",
            "body": f"{body}<p>{link}</p>",
            "author": f"Author {chance.randrange(900)}",
            "language": "en",
            "external_id": f"piece-{at}",
            "tags": chance.choices(tags, cum_weights=shares, k=chance.randint(3, 6)),
        }


def _sentence(chance: random.Random, words: list[str]) -> str:
    """Few words are in most sentences, as in a language (Zipf)."""
    length = chance.randint(8, 20)
    places = (int(WORDS ** chance.random()) - 1 for _ in range(length))
    return f"{' '.join(words[place] for place in places).capitalize()}."


def write_records(path: Path, number: int) -> None:
    """Those records as NDJSON."""
    with path.open("w", encoding="utf-8") as file:
        for record in records(number):
            file.write(json.dumps(record) + "\n")


def timed(database: str, path: Path, status: str) -> dict[str, Any]:
    """One import: its report, its seconds, and what it took of the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server, start = server_cpu(database), time.monotonic()
    with subprocess.Popen(
        [*MANAGE, "import_articles", str(path), "--status", status, "--format", "json"],
        env=environment(database) | {"DEBUG": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as running:
        peak = 0
        while running.poll() is None:
            peak = max(peak, tree_rss(running.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - start
        out, err = running.communicate()
    if running.returncode:
        raise SystemExit(f"import_articles ended with {running.returncode}:\n{err}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads(out)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "records": report["read"],
        "created": report["created"],
        "unchanged": report["unchanged"],
        "per_second": round(report["read"] / seconds),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "server_cpu_seconds": round(server_cpu(database) - server, 1),
        "peak_mb": round(peak / 1024),
        "load": round(os.getloadavg()[0], 1),
    }


def server_cpu(database: str) -> float:
    """CPU seconds of PostgreSQL's processes that have ended; 0 where unknown."""
    if not database.startswith("postgres"):
        return 0.0
    # The process of a connection that was closed a moment ago may not have ended.
    time.sleep(0.5)
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    try:
        pid = int(row[0].split()[0]) if row else 0
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def copied_on_postgresql(database: str, folder: Path) -> dict[str, float]:
    """Empty the tables, COPY their rows in again: seconds by table, and of the end.

    The order is that of the migrations, so that no row refers to one that is still
    to come.
    """
    with psycopg.connect(database, autocommit=True) as connection:
        tables = {each: _columns(connection, each) for each in _filled(connection)}
        for table, columns in tables.items():
            said = f"COPY {table} ({columns}) TO STDOUT"
            with (
                (folder / table).open("wb") as file,
                connection.cursor().copy(said) as copy,
            ):
                for data in copy:
                    file.write(data)
        connection.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        with connection.transaction():
            taken = put_back(connection, tables, folder)
            start = time.monotonic()
        taken["commit"] = time.monotonic() - start
    return taken


def put_back(
    connection: psycopg.Connection, tables: dict[str, str], folder: Path
) -> dict[str, float]:
    """COPY these tables, with these columns, from the files of their names."""
    taken: dict[str, float] = {}
    for table, columns in tables.items():
        start = time.monotonic()
        said = f"COPY {table} ({columns}) FROM STDIN"
        with (
            (folder / table).open("rb") as file,
            connection.cursor().copy(said) as copy,
        ):
            while data := file.read(BYTES):
                copy.write(data)
        # Now, and not at the end, so that it is counted where it belongs.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        taken[table] = time.monotonic() - start
        # A table that was empty a moment ago looks small, and was read as a whole, or
        # by an index that did not fit, for each reference to it: of a million they
        # took longer than the import.
        connection.execute(f"ANALYZE {table}")
    return taken


def _filled(connection: psycopg.Connection) -> list[str]:
    """The tables of articles that have rows, those they refer to before them."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'articles%'"
    )
    names = [row[0] for row in rows]
    filled = [
        name
        for name in names
        if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
    ]
    first = ("importrun", "source", "category", "tag", "article", "act")
    places = {f"articles_{name}": place for place, name in enumerate(first)}
    return sorted(filled, key=lambda name: (places.get(name, len(first)), name))


def _columns(connection: psycopg.Connection, table: str) -> str:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return ", ".join(f'"{row[0]}"' for row in rows)


def copied_on_sqlite(filled: Path, empty: Path) -> dict[str, float]:
    """Insert the rows of one database into another, whose tables are empty."""
    taken: dict[str, float] = {}
    with (
        closing(sqlite3.connect(filled)) as old,
        closing(sqlite3.connect(empty, isolation_level=None)) as new,
    ):
        new.execute("PRAGMA journal_mode=WAL")
        new.execute("PRAGMA synchronous=NORMAL")
        names = old.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name LIKE 'articles_%' AND name NOT LIKE 'articles_searchwords%'"
        ).fetchall()
        for (table,) in names:
            new.execute(f"DELETE FROM {table}")
        for (table,) in names:
            # Hidden ones are generated.
            info = old.execute(f"PRAGMA table_xinfo({table})").fetchall()
            columns = [row[1] for row in info if not row[6]]
            rows = old.execute(f"SELECT {', '.join(columns)} FROM {table}")
            places = ", ".join("?" * len(columns))
            start = time.monotonic()
            new.execute("BEGIN")
            new.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows
            )
            new.execute("COMMIT")
            taken[table] = time.monotonic() - start
    return taken


def measure(
    vendor: str, database: str, number: int, status: str, folder: Path
) -> dict[str, Any]:
    """Both imports and the bare copy, on a database that has only its tables."""
    path = folder / f"{number}.ndjson"
    if not path.exists():
        write_records(path, number)
    made = folder / "bench.sqlite3"
    if vendor == "sqlite":
        for each in folder.glob("*.sqlite3*"):
            each.unlink()
        database = f"sqlite:///{made}"
    else:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    manage(database, "migrate", "-v", "0")
    found: dict[str, Any] = {"database": vendor, "status": status, "records": number}
    found["first"] = timed(database, path, status)
    found["second"] = timed(database, path, status)
    cpu = time.process_time() + server_cpu(database)
    if vendor == "sqlite":
        empty = folder / "empty.sqlite3"
        manage(f"sqlite:///{empty}", "migrate", "-v", "0")
        taken = copied_on_sqlite(made, empty)
    else:
        taken = copied_on_postgresql(database, folder)
    cpu = time.process_time() + server_cpu(database) - cpu
    seconds = sum(taken.values())
    found["copy"] = {
        "per_second": round(number / seconds),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    found["copy"]["tables"] = {
        name.removeprefix("articles_"): round(each, 2)
        for name, each in taken.items()
        if each > 0.01 * seconds
    }
    first = found["first"]
    found["of_copy"] = round(seconds / first["seconds"], 3)
    used = first["cpu_seconds"] + first["server_cpu_seconds"]
    found["of_copy_by_cpu"] = round(cpu / used, 3)
    found["second_is_faster"] = round(
        found["first"]["seconds"] / found["second"]["seconds"], 2
    )
    return found


def main() -> None:
    """Measure, and print each result as a line of JSON and then a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000])
    parser.add_argument(
        "--database", nargs="+", default=["sqlite", "postgres"], metavar="VENDOR"
    )
    parser.add_argument("--status", nargs="+", default=["ingested", "published"])
    parser.add_argument("--folder", type=Path, help="where the records are kept")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        folder.mkdir(exist_ok=True)
        for vendor in options.database:
            if vendor == "sqlite":
                results += list(_of(vendor, "", options, folder))
            else:
                with postgresql() as variables:
                    url = variables["DATABASE_URL"]
                    results += list(_of(vendor, url, options, folder))
    _print_table(results)


def _of(
    vendor: str, database: str, options: argparse.Namespace, folder: Path
) -> Iterator[dict[str, Any]]:
    for status in options.status:
        for number in options.records:
            found = measure(vendor, database, number, status, folder)
            sys.stdout.write(f"{json.dumps(found)}\n")
            sys.stdout.flush()
            yield found


def _print_table(results: list[dict[str, Any]]) -> None:
    write = sys.stdout.write
    write(
        "\n| Database | Status | Records | Import /s | Copy /s | Of copy | … by CPU"
        " | Second /s | Times faster | CPU s | Copy's | Peak MB"
        " | … of the smallest |\n"
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    for each in results:
        first, second = each["first"], each["second"]
        smallest = next(
            other["first"]["peak_mb"]
            for other in results
            if (other["database"], other["status"])
            == (each["database"], each["status"])
        )
        cpu = first["cpu_seconds"] + first["server_cpu_seconds"]
        write(
            f"| {each['database']} | {each['status']} | {each['records']:,}"
            f" | {first['per_second']:,} | {each['copy']['per_second']:,}"
            f" | {each['of_copy']} | {each['of_copy_by_cpu']}"
            f" | {second['per_second']:,}"
            f" | {each['second_is_faster']} | {cpu:.1f}"
            f" | {each['copy']['cpu_seconds']} | {first['peak_mb']}"
            f" | {first['peak_mb'] / smallest:.2f} |\n"
        )

"""Writing many new rows, by the quickest way each database has.

PostgreSQL takes them by COPY, SQLite by one statement that is prepared once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from types import NoneType
from typing import Any

from django.db import connections, models, router
from django.db.models.fields import AutoFieldMixin

Values = Sequence[Any]


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, whose numbers (``pk``) they get here.

    As ``bulk_create`` does it, but for columns that the database generates: they
    are not read back. Within a transaction. Raises IntegrityError.
    """
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields = [each for each in model._meta.concrete_fields if not each.generated]
    with connection.cursor() as cursor:
        if isinstance(model._meta.pk, AutoFieldMixin):
            _number(rows, cursor, connection)
        _write(model, fields, _values(rows, fields), cursor, connection)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_values(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Values]
) -> None:
    """Insert new rows that are given as the values of these fields.

    They are all fields but the number and those that the database generates. For
    rows that nobody asks for again: a model's instances take most of the time of
    writing small ones. Within a transaction. Raises IntegrityError.
    """
    connection = connections[router.db_for_write(model)]
    fields = [model._meta.get_field(name) for name in names]
    with connection.cursor() as cursor:
        _write(model, fields, rows, cursor, connection)


def _write(
    model: type[models.Model],
    fields: Sequence[Any],
    rows: Iterable[Values],
    cursor: Any,
    connection: Any,
) -> None:
    columns = ", ".join(connection.ops.quote_name(str(each.column)) for each in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    values = _adapted(rows, fields, connection)
    if connection.vendor == "postgresql":
        said = f"COPY {table} ({columns}) FROM STDIN"
        with connection.wrap_database_errors, cursor.copy(said) as copy:
            for each in values:
                copy.write_row(each)
    else:
        places = ", ".join(["%s"] * len(fields))
        said = f"INSERT INTO {table} ({columns}) VALUES ({places})"
        cursor.executemany(said, list(values))


def _values(rows: Sequence[models.Model], fields: Sequence[Any]) -> Iterator[Values]:
    """The values of each row, with what its fields work out when it is saved."""
    get = attrgetter(*(field.attname for field in fields))
    derived = [(at, field) for at, field in enumerate(fields) if _is_derived(field)]
    for row in rows:
        values = list(get(row))
        for at, field in derived:
            values[at] = field.pre_save(row, True)
        yield values


def _is_derived(field: Any) -> bool:
    if isinstance(field, models.DateField | models.TimeField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not models.Field.pre_save


#: What no column but JSON's keeps in another form; PostgreSQL takes moments as well.
_PLAIN = frozenset({str, int, bool, NoneType})


def _adapted(
    rows: Iterable[Values], fields: Sequence[Any], connection: Any
) -> Iterator[list[Any]]:
    """The values as the database takes them."""
    plain = _PLAIN | {datetime} if connection.vendor == "postgresql" else _PLAIN
    kept = [
        frozenset[type]() if isinstance(field, models.JSONField) else plain
        for field in fields
    ]
    for row in rows:
        # Most are plain, and a field goes a long way to say so.
        yield [
            value if type(value) in types else field.get_db_prep_save(value, connection)
            for value, field, types in zip(row, fields, kept, strict=True)
        ]


def _number(rows: Sequence[models.Model], cursor: Any, connection: Any) -> None:
    """Give each row the next number of its table."""
    meta = rows[0]._meta
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s))"
            " FROM generate_series(1, %s)",
            [meta.db_table, meta.pk.column, len(rows)],
        )
        numbers = [row[0] for row in cursor.fetchall()]
    else:
        # The transaction holds the only lock for writing.
        cursor.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table]
        )
        last = cursor.fetchone()
        first = last[0] + 1 if last else 1
        numbers = list(range(first, first + len(rows)))
    for row, number in zip(rows, numbers, strict=True):
        row.pk = number

"""Writing many new rows, by the quickest way each database has.

PostgreSQL takes them by COPY, SQLite by one statement that is prepared once.
"""

from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any

from django.db import connections, models, router
from django.db.models.fields import AutoFieldMixin


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
    columns = ", ".join(connection.ops.quote_name(str(each.column)) for each in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if isinstance(model._meta.pk, AutoFieldMixin):
            _number(rows, cursor, connection)
        values = _values(rows, fields, connection)
        if connection.vendor == "postgresql":
            said = f"COPY {table} ({columns}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(said) as copy:
                for each in values:
                    copy.write_row(each)
        else:
            places = ", ".join(["%s"] * len(fields))
            said = f"INSERT INTO {table} ({columns}) VALUES ({places})"
            cursor.executemany(said, list(values))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


#: What no column but JSON's keeps in another form.
_PLAIN = (str, int, bool, NoneType)


def _values(
    rows: Sequence[models.Model], fields: Sequence[Any], connection: Any
) -> Iterator[list[Any]]:
    are_plain = [not isinstance(field, models.JSONField) for field in fields]
    columns = list(zip(fields, are_plain, strict=True))
    for row in rows:
        values = []
        for field, is_plain in columns:
            value = field.pre_save(row, True)
            # Most are, and a field goes a long way to say so.
            if not (is_plain and type(value) in _PLAIN):
                value = field.get_db_prep_save(value, connection)
            values.append(value)
        yield values


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

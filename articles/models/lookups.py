"""Lookups that Django has no words for."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, Lookup


@Field.register_lookup
class Among(Lookup):
    """``__among``: as ``__in``, for hundreds of values of a column that is no relation.

    They go to PostgreSQL as one array. Django and the driver handle each value of an
    ``__in`` by itself: a tenth of what a profile of an import showed. The values are a
    set of what the column holds, or the keys of a dict.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        values: Collection[Any] = self.rhs
        if isinstance(values, list | tuple):
            raise TypeError("__among takes a set: Django looks at each item of a list")
        return list(values)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", [*parameters, self.rhs]
        places = ", ".join(["%s"] * len(self.rhs))
        return f"{column} IN ({places})", [*parameters, *self.rhs]


@Field.register_lookup
class Under(Lookup):
    """``language__under="en"``: en, en-GB and en-US, but not enm.

    So a range of languages is meant (RFC 4647, 3.3.1). Not by ``__startswith``, whose
    pattern is made of the value by Django: the value itself is a parameter here.
    """

    lookup_name = "under"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self.process_lhs(compiler, connection)
        begin = f"SUBSTR({column}, 1, LENGTH(%s) + 1)"
        value = str(self.rhs)
        return (
            f"({column} = %s OR {begin} = %s || '-')",
            [*parameters, value, *parameters, value, value],
        )


class Unindexed(Lookup):
    """``Unindexed(F("category"), 4)``: it is 4, and no index of it is chosen for that.

    For a condition on rows that are read in the order of another index. By "= 4" alone
    PostgreSQL would read all rows of both, and sort what they have in common; to
    "column + 0 = 4" it gives one row in 200, whatever the column holds. How many it is
    of a condition that IS TRUE it knows.
    """

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self.process_lhs(compiler, connection)
        value, values = self.process_rhs(compiler, connection)
        return f"({column} = {value}) IS TRUE", [*parameters, *values]

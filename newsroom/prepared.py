"""Questions that are put together once and asked many times.

Building a queryset and turning it into SQL takes Django five times as long as asking
and reading the answer. Where the same question is asked for every page, its SQL is
made by the first and kept, with places for the values that differ.
"""

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from .replica import alias

#: Values that no question would name, each unlike the others: where they stand in the
#: SQL, those of the moment are put.
_NUMBER = 1_870_000_001
_MOMENT = datetime(1801, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
_TEXT = "\ue000 the text {} of a question \ue000"
#: Questions of one kind that are kept; addresses can ask for many shapes.
MOST = 500


class _Question:
    """The SQL of a queryset, and which value stands at each of its places."""

    def __init__(self, asked: QuerySet, stands_for: list[Any]) -> None:
        self.alias = asked.db
        compiler = asked.query.get_compiler(self.alias)
        self.sql, self.parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        self.converters = compiler.get_converters(columns)
        self.convert = compiler.apply_converters
        adapted = [_adapted(self.alias, value) for value in stands_for]
        self.places = [
            adapted.index(each) if each in adapted else None for each in self.parameters
        ]
        if missing := set(range(len(adapted))) - set(self.places):
            raise ValueError(f"No place in {self.sql} for the values {missing}.")

    def ask(self, values: tuple[Any, ...]) -> list[Any]:
        given = [_adapted(self.alias, value) for value in values]
        parameters = [
            each if place is None else given[place]
            for each, place in zip(self.parameters, self.places, strict=True)
        ]
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall()
        if not self.converters:
            return rows
        return list(map(tuple, self.convert(rows, self.converters)))


def _stand_in(place: int, value: Any) -> Any:
    match value:
        case datetime():
            return _MOMENT + timedelta(seconds=place)
        case str():
            return _TEXT.format(place)
    return _NUMBER + place


def _adapted(alias: str, value: Any) -> Any:
    """A value as the database's driver takes it; moments are told by the ORM alone."""
    if isinstance(value, datetime):
        return connections[alias].ops.adapt_datetimefield_value(value)
    return value


def prepared(build: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """A function that answers with the rows of the queryset that ``build`` makes.

    That takes values (ids, moments, texts) in their order, which may differ from one
    call to the next, and by name what decides how the question reads, as its limit.
    The queryset names its columns (``values_list``); rows are tuples. A value must get
    into the SQL as it is given, and once at least.
    """
    questions: dict[Any, _Question] = {}

    @functools.wraps(build)
    def answer(*values: Any, **shape: Any) -> list[Any]:
        key = (tuple(map(type, values)), *shape.items(), alias())
        question = questions.get(key)
        if question is None:
            stands_for = [_stand_in(place, value) for place, value in enumerate(values)]
            if len(questions) >= MOST:
                questions.clear()
            question = questions[key] = _Question(
                build(*stands_for, **shape), stands_for
            )
        return question.ask(values)

    return answer

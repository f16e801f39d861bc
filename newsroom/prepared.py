"""Questions that are put together once and asked many times.

Building a queryset and turning it into SQL takes Django five times as long as asking
and reading the answer. Where the same question is asked for every page, its SQL is
made by the first and kept, with places for the values that differ.
"""

import functools
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet

from .replica import alias

#: Values that no question would name, each unlike the others: where they stand in the
#: SQL, those of the moment are put.
_NUMBER = 1_870_000_001
_MOMENT = datetime(1801, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
_TEXT = "\ue000 the text {} of a question \ue000"
#: Questions of one kind that are kept; addresses can ask for many shapes.
MOST = 500


M = TypeVar("M", bound=Model)


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


def loaded(
    model: type[M],
    *related: str,
    without: Collection[str] = (),
    also: Collection[str] = (),
) -> Callable[[Callable[..., QuerySet]], Callable[..., list[M]]]:
    """Like ``prepared``, for a queryset of a model, the rows of which come as objects.

    ``related`` are loaded with them as by ``select_related``; ``without`` are columns
    that are left out, as by ``defer``; ``also`` are annotations that each object gets.
    """
    own = _Part("", model, without)
    others = [_Part(name, _model_at(model, name)) for name in related]
    columns = [column for part in (own, *others) for column in part.columns]

    def decorate(build: Callable[..., QuerySet]) -> Callable[..., list[M]]:
        @prepared
        def rows(*values: Any, **shape: Any) -> QuerySet:
            return build(*values, **shape).values_list(*columns, *also)

        @functools.wraps(build)
        def answer(*values: Any, **shape: Any) -> list[M]:
            return [made(iter(row)) for row in rows(*values, **shape)]

        return answer

    def made(row: Iterator[Any]) -> M:
        found: M = own.take(row)
        for part in others:
            setattr(found, part.name, part.take(row))
        for name, value in zip(also, row, strict=True):
            setattr(found, name, value)
        return found

    return decorate


class _Part:
    """What of a row is one object; ``name`` is what leads to it from the first one."""

    def __init__(
        self, name: str, model: type[Model], without: Collection[str] = ()
    ) -> None:
        self.name, self.model = name, model
        fields = [f for f in model._meta.concrete_fields if f.attname not in without]
        self.names = [field.attname for field in fields]
        self.columns = [f"{name}__{each}" if name else each for each in self.names]
        self.key = self.names.index(model._meta.pk.attname)

    def take(self, row: Iterator[Any]) -> Any:
        """The object of the next columns of a row; None where there is none."""
        values = list(islice(row, len(self.names)))
        if values[self.key] is None:
            return None
        return self.model.from_db(alias(), self.names, values)


def _model_at(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).related_model

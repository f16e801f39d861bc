"""Asking the index: which articles hold the words, newest first.

The only module that knows what each database searches in. What a question costs is
bounded by what it asks for, not by what there is, and in time; see decision 0023.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import (
    DatabaseError,
    OperationalError,
    connections,
    router,
    transaction,
)

from articles.models import SearchRow, Shelf
from articles.models.search_row import ERAS, Era, eras, mark

from .query import Term

#: Newest rows that PostgreSQL looks through for a common word before it asks the
#: GIN index, which knows no order.
WALKED = 200
#: Rows of one era that PostgreSQL fetches and puts in order; where more hold the
#: words, it asks the shorter eras within, one after the other.
MOST_SORTED = 500
#: Steps of SQLite's machine between two looks at the clock. FTS5 reads whole lists
#: in few of them: some 3 ms.
STEPS = 100
#: How PostgreSQL has to go about a question to its GIN index. Its planner cannot
#: know that the words of an era stand together, nor that to look into a row costs
#: more than to find it: left alone, it reads the whole table at times.
_BY_GIN_ALONE = dict.fromkeys(("enable_seqscan", "enable_indexscan", "jit"), "off")


class OutOfTime(Exception):
    """The index has not answered in full within the time that there was.

    ``found`` are the first positions of what is found, as far as they are known.
    """

    def __init__(self, found: list[int]) -> None:
        super().__init__()
        self.found = found


@dataclass(frozen=True, slots=True)
class Wanted:
    """A term, with marks of the names that hold it: either may be on the article."""

    term: Term
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the index.

    ``marks`` must all be there; positions are of ``above`` or more and less than
    ``below``. ``shelf`` None asks for every article.
    """

    wanted: Sequence[Wanted]
    excluded: Sequence[Wanted] = ()
    marks: Sequence[str] = ()
    shelf: Shelf | None = None
    above: int | None = None
    below: int | None = None
    oldest_first: bool = False

    def lies_in(self, era: Era) -> bool:
        """Whether anything that is asked for can be in an era."""
        is_later = self.below is not None and era.first >= self.below
        return not (is_later or (self.above is not None and era.end <= self.above))

    def holds(self, position: int) -> bool:
        """Whether a position is between those that are asked for."""
        is_later = self.below is not None and position >= self.below
        return not (is_later or (self.above is not None and position < self.above))


def positions(
    question: Question, most: int, *, deadline: float | None = None
) -> list[int]:
    """The positions of what is found, at most so many, in order.

    Raises OutOfTime if they are not known by ``deadline`` (of ``time.monotonic``).
    """
    if deadline is not None and time.monotonic() >= deadline:
        raise OutOfTime([])
    connection = connections[router.db_for_read(SearchRow)]
    ask = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    return ask(connection, question, most, deadline)


def _on_sqlite(
    connection: Any, question: Question, most: int, deadline: float | None
) -> list[int]:
    """FTS5 keeps its lists in the order of positions: it walks them side by side."""
    where, values = _between("rowid", question)
    order = "ASC" if question.oldest_first else "DESC"
    found: list[int] = []
    with connection.cursor() as cursor, _watched(connection, deadline, found):
        cursor.execute(
            "SELECT rowid FROM articles_searchwords"
            f" WHERE articles_searchwords MATCH %s{where}"
            f" ORDER BY rowid {order} LIMIT %s",
            [as_match(question), *values, most],
        )
        found.extend(row[0] for row in cursor)
    return found


@contextmanager
def _watched(
    connection: Any, deadline: float | None, found: list[int]
) -> Iterator[None]:
    """Stop SQLite at the deadline, with what was found by then."""
    if deadline is None:
        yield
        return
    until = deadline

    def is_late() -> bool:
        return time.monotonic() > until

    connection.connection.set_progress_handler(is_late, STEPS)
    try:
        yield
    except OperationalError as error:
        if is_late():
            raise OutOfTime(found) from error
        raise
    finally:
        connection.connection.set_progress_handler(None, 0)


def _on_postgresql(
    connection: Any, question: Question, most: int, deadline: float | None
) -> list[int]:
    """Common words are among the newest rows; for the others GIN is asked by eras."""
    found: list[int] = []
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        try:
            if deadline is not None:
                left = max(1, math.ceil(1000 * (deadline - time.monotonic())))
                _set(cursor, statement_timeout=f"{left}ms")
            found = _among_the_newest(cursor, question, most)
            if len(found) < most:
                ends = _ends(cursor)
                _set(cursor, **_BY_GIN_ALONE)
                found = _by_eras(cursor, question, most, *ends)
        except OperationalError as error:
            if deadline is not None and time.monotonic() > deadline:
                raise OutOfTime(found) from error
            raise
        # Nothing was written; what was set goes with the savepoint.
        transaction.set_rollback(True, using=connection.alias)
    return found


def _set(cursor: Any, **settings: str) -> None:
    """Set settings of PostgreSQL until the transaction, or its savepoint, ends."""
    each = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    cursor.execute(
        f"SELECT {each}", [part for pair in settings.items() for part in pair]
    )


def _among_the_newest(cursor: Any, question: Question, most: int) -> list[int]:
    """What the newest rows hold of it, in the order of their index."""
    where, values = _between("position", question)
    if question.shelf is not None:
        where, values = f" AND shelf = %s{where}", [question.shelf.value, *values]
    order = "ASC" if question.oldest_first else "DESC"
    cursor.execute(
        "SELECT position FROM ("
        " SELECT position, vector FROM articles_searchrow"
        f" WHERE true{where} ORDER BY position {order} LIMIT %s"
        f") newest WHERE vector @@ %s::tsquery ORDER BY position {order} LIMIT %s",
        [*values, WALKED, as_tsquery(question), most],
    )
    return [row[0] for row in cursor.fetchall()]


def _ends(cursor: Any) -> tuple[int, int]:
    """The position before all articles, and the one behind them.

    Asked for while indexes may be read: with GIN alone it took 2.5 s of a million.
    """
    cursor.execute(
        "SELECT coalesce(min(position), 0), coalesce(max(position) + 1, 0)"
        " FROM articles_searchrow"
    )
    first, end = cursor.fetchone()
    return first, end


def _by_eras(
    cursor: Any, question: Question, most: int, first: int, end: int
) -> list[int]:
    """What GIN finds, in order: all at once if it is little, else era by era."""
    if (found := _all_of(cursor, question)) is not None:
        return found[:most]
    longest = eras(first, end, ERAS[-1])
    return list(islice(_within(cursor, question, longest, most), most))


def _within(
    cursor: Any, question: Question, parts: list[Era], most: int
) -> Iterator[int]:
    """What is found in some eras, in order; asked for as it is needed."""
    for era in parts if question.oldest_first else reversed(parts):
        if not question.lies_in(era):
            continue
        if (found := _all_of(cursor, question, era)) is not None:
            yield from found
        elif shorter := era.parts():
            yield from _within(cursor, question, shorter, most)
        else:
            yield from _first_of(cursor, question, era, most)


def _all_of(
    cursor: Any, question: Question, era: Era | None = None
) -> list[int] | None:
    """All that GIN finds in an era, in order; None if that is too much to sort."""
    # Within a common table expression the planner does not count on the limit.
    cursor.execute(
        "WITH found AS MATERIALIZED ("
        " SELECT position FROM articles_searchrow WHERE vector @@ %s::tsquery"
        ") SELECT position FROM found LIMIT %s",
        [as_tsquery(question, era), MOST_SORTED + 1],
    )
    found = [row[0] for row in cursor.fetchall()]
    if len(found) > MOST_SORTED:
        return None
    return sorted(filter(question.holds, found), reverse=not question.oldest_first)


def _first_of(cursor: Any, question: Question, era: Era, most: int) -> list[int]:
    """The first of what GIN finds in the shortest of eras: all of it is sorted."""
    where, values = _between("position", question)
    order = "ASC" if question.oldest_first else "DESC"
    cursor.execute(
        "WITH found AS MATERIALIZED ("
        " SELECT position FROM articles_searchrow"
        f" WHERE vector @@ %s::tsquery{where}"
        f") SELECT position FROM found ORDER BY position {order} LIMIT %s",
        [as_tsquery(question, era), *values, most],
    )
    return [row[0] for row in cursor.fetchall()]


def _between(column: str, question: Question) -> tuple[str, list[int]]:
    where, values = "", list[int]()
    if question.above is not None:
        where += f" AND {column} >= %s"
        values.append(question.above)
    if question.below is not None:
        where += f" AND {column} < %s"
        values.append(question.below)
    return where, values


def as_match(question: Question) -> str:
    """The question in FTS5's language. Words of the index hold no quotation mark."""
    shelves = [question.shelf] if question.shelf is not None else list(Shelf)
    places = [_quoted(mark("shelf", each.value)) for each in shelves]
    all_of = [_either(places), *map(_quoted, question.marks)]
    all_of += map(_wanted_in_match, question.wanted)
    text = " AND ".join(all_of)
    if question.excluded:
        text = f"({text}) NOT {_either(map(_wanted_in_match, question.excluded))}"
    return text


def _wanted_in_match(wanted: Wanted) -> str:
    phrase = _quoted(" ".join(wanted.term.words))
    if wanted.term.is_beginning:
        phrase += " *"
    return _either([phrase, *map(_quoted, wanted.marks)])


def _either(parts: Iterable[str]) -> str:
    return f"({' OR '.join(parts)})"


def _quoted(text: str) -> str:
    return f'"{text}"'


def as_tsquery(question: Question, era: Era | None = None) -> str:
    """The question as PostgreSQL reads a ``tsquery``. No word holds a quote."""
    marks = [*question.marks, *([era.mark] if era else [])]
    if question.shelf is not None:
        marks.append(mark("shelf", question.shelf.value))
    all_of = [f"'{each}'" for each in marks]
    all_of += [_wanted_in_tsquery(each) for each in question.wanted]
    all_of += [f"!{_wanted_in_tsquery(each)}" for each in question.excluded]
    return " & ".join(all_of)


def _wanted_in_tsquery(wanted: Wanted) -> str:
    phrase = " <-> ".join(f"'{word}'" for word in wanted.term.words)
    if wanted.term.is_beginning:
        phrase += ":*"
    marks = (f"'{each}'" for each in wanted.marks)
    return f"({' | '.join([phrase, *marks])})"


def is_whole() -> bool:
    """Whether what the database derives from the rows is true to them.

    PostgreSQL derives it within the row, by which nothing can get lost.
    """
    connection = connections[router.db_for_write(SearchRow)]
    if connection.vendor == "postgresql":
        return True
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO articles_searchwords(articles_searchwords, rank)"
                " VALUES ('integrity-check', 1)"
            )
    except DatabaseError:
        return False
    return True


def rebuild() -> None:
    """Derive anew, from the rows, what SQLite searches in."""
    connection = connections[router.db_for_write(SearchRow)]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO articles_searchwords(articles_searchwords)"
                " VALUES ('rebuild')"
            )

"""Asking the index: which articles hold the words, newest first.

The only module that knows what each database searches in. Each question costs what
it finds or what it walks over, and both are bounded; see decision 0023.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections, router

from articles.models import SearchRow, Shelf
from articles.models.search_row import mark

from .query import Term

#: Newest rows that PostgreSQL looks through for a common word before it asks the
#: GIN index, which knows no order.
WALKED = 2000


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


def positions(question: Question, most: int) -> list[int]:
    """The positions of what is found, at most so many, in order."""
    connection = connections[router.db_for_read(SearchRow)]
    ask = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with connection.cursor() as cursor:
        return ask(cursor, question, most)


def _on_sqlite(cursor: Any, question: Question, most: int) -> list[int]:
    """FTS5 keeps its lists in the order of positions: it walks them side by side."""
    where, values = _between("rowid", question)
    order = "ASC" if question.oldest_first else "DESC"
    cursor.execute(
        "SELECT rowid FROM articles_searchwords"
        f" WHERE articles_searchwords MATCH %s{where}"
        f" ORDER BY rowid {order} LIMIT %s",
        [as_match(question), *values, most],
    )
    return [row[0] for row in cursor.fetchall()]


def _on_postgresql(cursor: Any, question: Question, most: int) -> list[int]:
    """Common words are among the newest rows; what is not common can be sorted."""
    where, values = _between("position", question)
    if question.shelf is not None:
        where, values = f" AND shelf = %s{where}", [question.shelf.value, *values]
    order = "ASC" if question.oldest_first else "DESC"
    asked = as_tsquery(question)
    cursor.execute(
        "SELECT position FROM ("
        " SELECT position, vector FROM articles_searchrow"
        f" WHERE true{where} ORDER BY position {order} LIMIT %s"
        f") newest WHERE vector @@ %s::tsquery ORDER BY position {order} LIMIT %s",
        [*values, WALKED, asked, most],
    )
    found = [row[0] for row in cursor.fetchall()]
    if len(found) == most:
        return found
    # Materialised, so that the planner does not walk the positions once more, in
    # the hope that it finds soon what is not there.
    cursor.execute(
        "WITH found AS MATERIALIZED ("
        " SELECT position FROM articles_searchrow"
        f" WHERE vector @@ %s::tsquery{where}"
        f") SELECT position FROM found ORDER BY position {order} LIMIT %s",
        [asked, *values, most],
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


def as_tsquery(question: Question) -> str:
    """The question as PostgreSQL reads a ``tsquery``. No word holds a quote."""
    all_of = [f"'{each}'" for each in question.marks]
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

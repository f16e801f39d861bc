"""Finding articles by words: for readers the rows of a page, for editors ids.

Both begin at the index, newest first, and stop when they have enough.
"""

import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import QuerySet

from articles.models import Shelf, Tag, moment_listed
from articles.models.search_row import article_at, floor_of, position_of

from .index import OutOfTime, Question, Wanted, positions
from .names import Names, named
from .query import Query, parse

#: Articles that a search at the desk or in the admin finds at most: nobody reads
#: more, and what is found is then narrowed and ordered there.
MOST_FOUND = 1000
#: How many times as many positions are asked for when the first ones were not
#: enough, as they belong to pieces that the rows do not have.
GROWTH = 4
#: Seconds that the index may take to answer one reader.
PATIENCE = 1.0


class Narrowed(NamedTuple):
    """Rows that hold the words; without ``is_whole`` there may be more of them.

    ``called`` are the tags one of whose names holds all the words, the liveliest first.
    """

    rows: QuerySet
    is_whole: bool = True
    called: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a listing that a page needs: so many rows from a cursor on.

    ``after`` and ``before`` are article ids. The cursor's own piece, and one row on its
    other side, are found as well, so that the page knows whether it goes on there.
    """

    size: int
    after: int | None = None
    before: int | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


def narrowed(
    rows: QuerySet, text: str, span: Span, *, id_field: str, marks: Sequence[str] = ()
) -> Narrowed:
    """Those of ``rows`` that a page of them shows, once narrowed to what is found.

    ``rows`` are public pieces, or rows of the listing index, with all their filters;
    ``id_field`` names the article in them. ``marks`` are those of the filters that
    the index knows (``source=3``): without them the same is found, only later. A
    blank text narrows nothing; one without a word in it finds nothing. What is not
    found within ``PATIENCE`` is left out, and the answer says so.
    """
    query = parse(text)
    if query.is_blank:
        return Narrowed(rows)
    if not query.terms:
        return Narrowed(rows.none())
    names = named(query, Tag.objects.listed())
    question = replace(
        _question_of(query, names),
        marks=marks,
        shelf=Shelf.LISTED,
        above=floor_of(span.since) if span.since else None,
        below=floor_of(span.until) if span.until else None,
    )

    def there(positions: list[int]) -> list[int]:
        ids = [article_at(each) for each in positions]
        found = rows.order_by().filter(**{f"{id_field}__in": ids})
        known = set(found.values_list(id_field, flat=True)) if ids else set()
        return [article for article in ids if article in known]

    ids: list[int] = []
    is_whole, deadline = True, time.monotonic() + PATIENCE
    for each, most in _parts(question, span):
        try:
            for part in _first(each, most, there, deadline):
                ids += part
        except OutOfTime as error:
            ids += there(error.found)
            is_whole = False
    narrower = rows.filter(**{f"{id_field}__in": ids})
    return Narrowed(narrower, is_whole, names.tags_called(query))


def found(
    text: str, *, shelf: Shelf | None = None, oldest_first: bool = False
) -> list[int] | None:
    """The newest articles (ids) that hold the words, at most ``MOST_FOUND``.

    For editors: on one shelf or on all of them. What they find is what a reader
    would, and no text that readers may not see. None for a blank text.
    """
    query = parse(text)
    if query.is_blank:
        return None
    if not query.terms:
        return []
    # Also by tags that readers have nothing under yet, but by none of the desk alone.
    question = _question_of(query, named(query, Tag.objects.public()))
    question = replace(question, shelf=shelf, oldest_first=oldest_first)
    return [article_at(each) for each in positions(question, MOST_FOUND)]


def _question_of(query: Query, names: Names) -> Question:
    return Question(
        wanted=[Wanted(term, names.marks(term)) for term in query.wanted],
        excluded=[Wanted(term, names.marks(term)) for term in query.excluded],
    )


def _parts(question: Question, span: Span) -> Iterator[tuple[Question, int]]:
    """What is asked for a page, and how much of each: the page, and its other side."""
    cursor = span.before or span.after
    place = _place_of(cursor) if cursor else None
    if place is None:
        yield question, span.size + 1
        return
    # On the side that is read the cursor's own piece is found too, while it is there.
    edge = place if span.before else place + 1
    above, below = max(edge, question.above or edge), min(edge, question.below or edge)
    newer = replace(question, above=above, oldest_first=True)
    older = replace(question, below=below)
    yield newer, span.size + 2 if span.before else 1
    yield older, 1 if span.before else span.size + 2


def _place_of(article: int) -> int | None:
    """The position at which an article stands in listings, or last stood."""
    moment = moment_listed(article)
    return position_of(moment, article) if moment else None


def _first(
    question: Question,
    most: int,
    there: Callable[[list[int]], list[int]],
    deadline: float,
) -> Iterator[list[int]]:
    """The first articles (ids) of what is found that are ``there``, in parts."""
    asked = most
    while True:
        page = positions(question, asked, deadline=deadline)
        articles = there(page)[:most]
        yield articles
        most -= len(articles)
        if most <= 0 or len(page) < asked:
            return
        edge = page[-1]
        question = (
            replace(question, above=edge + 1)
            if question.oldest_first
            else replace(question, below=edge)
        )
        asked *= GROWTH

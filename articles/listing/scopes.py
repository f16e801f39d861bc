"""What a listing lists: everything, or the pieces of a source, a category, a tag."""

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from articles.models import Article, Category, Source, Tag, TaggedArticle
from articles.models.lookups import Unindexed
from articles.models.search_row import mark
from newsroom.memory import Memory
from newsroom.replica import alias

#: How large listings are, by their subjects; it is right for longer than an hour.
SIZES = Memory[int](room=2_000, seconds=3600)


class Place(NamedTuple):
    """Where a piece stands in a listing: its date there, and its number.

    ``stamp`` is the edition of its page at that moment, None where it never changed.
    """

    moment: datetime.datetime
    article: int
    stamp: int | None = None


#: A lookup of the rows of a listing, and its value: an id or a moment.
Lookup = tuple[str, Any]
#: The lookup that no model has: that a row's article carries a tag (id).
CARRYING = "carrying"
#: What articles have listings of, and so indexes.
LED_BY = ("source", "category")


class Subject(NamedTuple):
    """What the whole of a listing is of: a kind, and the row's id, 0 for everything."""

    kind: str
    id: int = 0

    def rows(self) -> QuerySet:
        """All of its rows; with another id the question reads the same."""
        if self.kind == "tag":
            return TaggedArticle.objects.published().filter(tag=self.id)
        public = Article.objects.published()
        return public.filter(**{self.kind: self.id}) if self.id else public

    def size(self) -> int:
        """About how many rows it has: PostgreSQL guesses, SQLite counts. Kept."""
        key = (alias(), self)
        if (size := SIZES.get(key)) is None:
            rows = self.rows()
            is_guessed = connections[rows.db].vendor == "postgresql"
            plan = json.loads(rows.explain(format="json")) if is_guessed else None
            size = plan[0]["Plan"]["Plan Rows"] if plan else rows.count()
            SIZES.set(key, size)
        return size

    @property
    def ids(self) -> tuple[int, ...]:
        return (self.id,) if self.id else ()

    @property
    def path(self) -> str:
        return "content_object__" if self.kind == "tag" else ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a listing lists: the whole of its subject, or some rows of it.

    Rows have the listing's columns; ``path`` leads from a row to its article, and is
    "" where the row is the article. ``marks`` are what all of its pieces carry in the
    search index. ``lookups`` narrow it by values, which a question has places for
    (``newsroom/prepared.py``); whatever else does is in ``narrowed``.
    """

    subject: Subject
    marks: tuple[str, ...] = ()
    narrowed: QuerySet | None = None
    lookups: tuple[Lookup, ...] = ()

    @property
    def rows(self) -> QuerySet:
        found = self.subject.rows() if self.narrowed is None else self.narrowed
        for name, value in self.lookups:
            if name == CARRYING:
                found = _carrying(found, value)
            elif name in LED_BY and not self.path:
                # The subject's index leads.
                found = found.filter(Unindexed(F(name), value))
            else:
                found = found.filter(**{name: value})
        return found

    @property
    def path(self) -> str:
        return self.subject.path

    @property
    def id_field(self) -> str:
        return "content_object_id" if self.path else "id"

    def of(self, rows: QuerySet) -> "Scope":
        """These rows of it."""
        return replace(self, narrowed=rows, lookups=())

    def where(self, *lookups: Lookup) -> "Scope":
        """The part of it that these lookups leave."""
        return replace(self, lookups=(*self.lookups, *lookups))

    def read_from(self, others: Iterable[Subject]) -> "Scope":
        """The same, for whoever filters it by these subjects too.

        A source's few pieces under a tag that most carry are found among the
        source's: among the tag's all of them would be read, seven million in a second.
        """
        own, others = self.subject, list(others)
        if not others or self.narrowed is not None:
            return self
        if own.kind == "everything":
            return replace(self, subject=min(others, key=Subject.size))
        least = min((own, *others), key=Subject.size)
        if least == own:
            return self
        name = CARRYING if own.kind == "tag" else own.kind
        return replace(self, subject=least).where((name, own.id))


def shown_sources() -> QuerySet[Source]:
    """The sources that have something to read by now.

    No other is named to readers: who writes a feed could put names on every page
    before anybody has looked at it.
    """
    return _with_pieces(Source.objects.readable(), "source")


def shown_categories() -> QuerySet[Category]:
    """The sections that have something to read by now, as with sources."""
    return _with_pieces(Category.objects.all(), "category")


def _with_pieces(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """``name`` is what an article calls such a row."""
    public = Article.objects.published().filter(**{name: OuterRef("pk")})
    return rows.filter(Exists(public))


def _whole(kind: str, id: int = 0) -> Scope:
    return Scope(Subject(kind, id), (mark(kind, id),) if id else ())


def everything() -> Scope:
    """All that is public."""
    return _whole("everything")


def of_source(source: Source) -> Scope:
    return _whole("source", source.pk)


def of_category(category: Category) -> Scope:
    return _whole("category", category.pk)


def of_tag(tag: Tag) -> Scope:
    return _whole("tag", tag.pk)


def of_tags(tags: list[Tag]) -> Scope:
    """The pieces that carry all of these tags.

    The rarest one's rows are read in their order, and each is looked up under the
    others in the index that keeps a tag once on an article. Written as a value and
    not as EXISTS: that one PostgreSQL may turn into a join, which reads all rows of
    every tag and sorts them. At worst each row of the rarest tag is read once.
    """
    rarest, *others = sorted(tags, key=lambda tag: tag.listed_count)
    marks = tuple(mark("tag", tag.pk) for tag in tags)
    lookups = tuple((CARRYING, tag.pk) for tag in others)
    return Scope(Subject("tag", rarest.pk), marks, lookups=lookups)


def _carrying(rows: QuerySet, tag: int) -> QuerySet:
    """Those of these rows, of articles or of the listing's, that carry a tag (id)."""
    article = "content_object" if rows.model is TaggedArticle else "pk"
    same = {"tag": tag, "content_object": OuterRef(article)}
    also = TaggedArticle.objects.filter(**same).order_by().values("tag")[:1]
    name = f"also_{tag}"
    return rows.alias(**{name: Subquery(also)}).filter(**{f"{name}__isnull": False})

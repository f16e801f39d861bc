"""What a listing lists: everything, or the pieces of a source, a category, a tag."""

import datetime
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from articles.models import Article, Category, Source, Tag, TaggedArticle
from articles.models.search_row import mark


class Place(NamedTuple):
    """Where a piece stands in a listing: its date there, and its number."""

    moment: datetime.datetime
    article: int


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
    search index.
    """

    subject: Subject
    marks: tuple[str, ...] = ()
    narrowed: QuerySet | None = None

    @property
    def rows(self) -> QuerySet:
        return self.subject.rows() if self.narrowed is None else self.narrowed

    @property
    def is_whole(self) -> bool:
        return self.narrowed is None

    @property
    def path(self) -> str:
        return self.subject.path

    @property
    def id_field(self) -> str:
        return "content_object_id" if self.path else "id"

    def of(self, rows: QuerySet) -> "Scope":
        """These rows of it."""
        return replace(self, narrowed=rows)


def with_pieces(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Those of these sources, or categories, that have something to read by now.

    ``name`` is what an article calls such a row. No other is named to readers: who
    writes a feed could put names on every page before anybody has looked at it.
    """
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
    if not others:
        return of_tag(rarest)
    subject = Subject("tag", rarest.pk)
    rows = subject.rows()
    for other in others:
        same = {"tag": other, "content_object": OuterRef("content_object")}
        also = TaggedArticle.objects.filter(**same).order_by().values("tag")[:1]
        name = f"also_{other.pk}"
        rows = rows.alias(**{name: Subquery(also)}).filter(**{f"{name}__isnull": False})
    marks = tuple(mark("tag", tag.pk) for tag in tags)
    return Scope(subject, marks, rows)

"""What a listing lists: everything, or the pieces of a source, a category, a tag."""

import datetime
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from articles.models import Article, Category, Source, Tag, TaggedArticle
from articles.models.search_row import mark


class Place(NamedTuple):
    """Where a piece stands in a listing: its date there, and its number."""

    moment: datetime.datetime
    article: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a listing lists: rows with the listing's columns, and how they are named.

    ``path`` leads from a row to its article; "" where the row is the article.
    """

    rows: QuerySet
    path: str
    #: What all of its pieces carry in the search index.
    marks: tuple[str, ...] = ()

    @property
    def id_field(self) -> str:
        return f"{self.path}id".replace("__id", "_id") if self.path else "id"


def with_pieces(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Those of these sources, or categories, that have something to read by now.

    ``name`` is what an article calls such a row. No other is named to readers: who
    writes a feed could put names on every page before anybody has looked at it.
    """
    public = Article.objects.published().filter(**{name: OuterRef("pk")})
    return rows.filter(Exists(public))


def everything() -> Scope:
    """All that is public."""
    return Scope(Article.objects.published(), path="")


def of_source(source: Source) -> Scope:
    public = Article.objects.published().filter(source=source)
    return Scope(public, path="", marks=(mark("source", source.pk),))


def of_category(category: Category) -> Scope:
    public = Article.objects.published().filter(category=category)
    return Scope(public, path="", marks=(mark("category", category.pk),))


def of_tag(tag: Tag) -> Scope:
    return of_tags([tag])


def of_tags(tags: list[Tag]) -> Scope:
    """The pieces that carry all of these tags.

    The rarest one's rows are read in their order, and each is looked up under the
    others in the index that keeps a tag once on an article. Written as a value and
    not as EXISTS: that one PostgreSQL may turn into a join, which reads all rows of
    every tag and sorts them. At worst each row of the rarest tag is read once.
    """
    rarest, *others = sorted(tags, key=lambda tag: tag.listed_count)
    rows = TaggedArticle.objects.published().filter(tag=rarest)
    for other in others:
        same = {"tag": other, "content_object": OuterRef("content_object")}
        also = TaggedArticle.objects.filter(**same).order_by().values("tag")[:1]
        name = f"also_{other.pk}"
        rows = rows.alias(**{name: Subquery(also)}).filter(**{f"{name}__isnull": False})
    marks = tuple(mark("tag", tag.pk) for tag in tags)
    return Scope(rows, "content_object__", marks)

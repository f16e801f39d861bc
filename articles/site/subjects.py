"""What has a page that lists pieces, with how many it shows by now, and since when.

Nothing is counted, and of each the newest entry of its index is read: with a million
pieces a look at all of them took seconds, for each sitemap after each publication.
"""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value

from articles import listing
from articles.models import Article, Tag, TaggedArticle


def tags(order: str) -> list[Any]:
    """Tags with ``shown``, their pieces, and ``changed``, when the newest one came."""
    rows = TaggedArticle.objects.published().filter(tag=OuterRef("pk"))
    found = Tag.objects.listed().annotate(changed=_newest(rows, "content_object"))
    needed = found.only("name", "slug", "description", "listed_count")
    named: list[Any] = listing.shown_tags(list(needed.order_by(order)))
    for tag in named:
        tag.shown = tag.visible_count
    return named


def sources(order: str) -> list[Any]:
    """Sources that have something to read, likewise; ``shown`` says that alone."""
    return _told(listing.shown_sources().order_by(order), "source")


def categories(order: str) -> list[Any]:
    """Sections that have something to read, likewise."""
    return _told(listing.shown_categories().order_by(order), "category")


def _told(rows: QuerySet[Any], name: str) -> list[Any]:
    """``name`` is what an article calls such a row."""
    pieces = Article.objects.published().filter(**{name: OuterRef("pk")})
    return list(rows.annotate(changed=_newest(pieces, "pk"), shown=Value(1)))


def _newest(rows: QuerySet, id_field: str) -> Subquery:
    """Since when the first piece of a listing has shown."""
    newest = rows.order_by("-listed_at", f"-{id_field}")
    return Subquery(newest.values("visible_from")[:1])

"""The source, or the section, that an address names."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from articles.models import Article, Category, Source

from . import kept
from .addresses import moved
from .parts import part

View = Callable[..., HttpResponse]


def with_source(view: View) -> View:
    """Give a view that is kept the source of its address (``slug``) as ``source``.

    A former slug leads to the present one (301), filters, day and format of a feed
    included. One that is not known, is blocked, or of which nothing was ever public,
    is a 404.
    """
    return _with("source", Source.objects.readable, view)


def with_category(view: View) -> View:
    """Give a view the section of its address as ``category``; likewise."""
    return _with("category", Category.objects.all, view)


def _with(name: str, rows: Callable[[], Any], view: View) -> View:
    @wraps(view)
    def found(request: HttpRequest, slug: str, **parts: Any) -> HttpResponse:
        def look() -> Source | Category:
            row: Source | Category | None = rows().by_slug([slug]).get(slug)
            if row is None:
                raise Http404(f"No {name} at this address.")
            if not _was_ever_seen(**{name: row}):
                raise Http404(f"Nothing of this {name} was ever published.")
            return row

        row = part(kept.ground(kept.states_of(request)), name, slug, make=look)
        if row.slug != slug:
            return moved(request, row.slug)
        return view(request, **{name: row}, **parts)

    return found


def _was_ever_seen(**of: Source | Category) -> bool:
    pieces: Any = Article.objects.filter(**of)
    # Nearly always one entry of an index; the other question may look at many pieces.
    return bool(pieces.published().exists() or pieces.once_public().exists())

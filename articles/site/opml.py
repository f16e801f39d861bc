"""All our feeds in one file, for feed readers (http://opml.org/spec2.opml)."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext

from articles.ingest.text import printable

from . import kept, subjects
from .canonical import absolute


@kept.page(kept.of_everything)
def opml(request: HttpRequest) -> HttpResponse:
    """The feeds of the site, its tags, its sources and its categories."""
    text = "\n".join([*_lines(), ""])
    return HttpResponse(text, content_type="text/x-opml; charset=utf-8")


def _lines() -> Iterator[str]:
    name = settings.NEWSROOM_SITE_NAME
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<opml version="2.0">'
    title = escape(printable(gettext("Feeds of %(name)s") % {"name": name}))
    yield f"<head><title>{title}</title><docs>http://opml.org/spec2.opml</docs></head>"
    yield "<body>"
    yield _outline(name, reverse("articles:home"))
    yield from _group(gettext("Tags"), subjects.tags("key"), mark="#")
    yield from _group(gettext("Sources"), subjects.sources("key"))
    yield from _group(gettext("Categories"), subjects.categories("key"))
    yield "</body>"
    yield "</opml>"


def _group(name: str, shown: list[Any], mark: str = "") -> Iterator[str]:
    """No outline where nothing shows something."""
    if not shown:
        return
    yield f"<outline text={quoteattr(name)}>"
    for row in shown:
        yield _outline(f"{mark}{row.name}", row.get_absolute_url())
    yield "</outline>"


def _outline(name: str, path: str) -> str:
    text, page = quoteattr(printable(name)), absolute(path)
    return (
        f'<outline type="rss" version="RSS2" text={text} title={text}'
        f" xmlUrl={quoteattr(f'{page}feed.rss')} htmlUrl={quoteattr(page)}/>"
    )

"""Sitemaps: the pages that search engines may list, with their last change.

``/sitemap.xml`` names the others, by what they hold and, for pieces, by month. Only
what ``policy`` lets be listed is in them (https://www.sitemaps.org/protocol.html).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse
from django.utils.text import Truncator
from django.utils.timezone import now
from django.views.decorators.gzip import gzip_page

from articles import updates
from articles.ingest.text import printable
from articles.listing import UNREAD
from articles.models import Article, Reuse, Source
from articles.rights import shown_in_full
from newsroom.reading import for_reading
from newsroom.replica import from_replica

from . import kept, subjects
from .canonical import absolute
from .context import ANY_LANGUAGE, alternates, paths_of
from .policy import Facts, Kind, index_policy, may_be_in_sitemaps

#: The most pages of one file: each stands in every language, and the protocol's limit
#: is 50,000 addresses.
MOST = 50_000 // len(settings.LANGUAGES)
#: For how long a piece is news to Google, and the most of them in one file
#: (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap).
NEWS = timedelta(days=2)
MOST_NEWS = 1_000

_URLSET = (
    'urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)
_INDEX = 'sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = f'{_URLSET} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


@dataclass(frozen=True, slots=True)
class Entry:
    """An address, when what it shows last changed, and elements of its own."""

    address: str
    changed: datetime | None = None
    more: str = ""


def _document(root: str, child: str, entries: Iterable[Entry]) -> HttpResponse:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>"]
    for entry in entries:
        at = f"<lastmod>{_w3c(entry.changed)}</lastmod>" if entry.changed else ""
        location = escape(absolute(entry.address))
        lines.append(f"<{child}><loc>{location}</loc>{at}{entry.more}</{child}>")
    lines += [f"</{root.partition(' ')[0]}>", ""]
    text = "\n".join(lines)
    return HttpResponse(text, content_type="application/xml; charset=utf-8")


def _in_every_language(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each page in each language, with links to all, as the pages' heads have them.

    https://developers.google.com/search/docs/specialty/international/localized-versions
    """
    for entry in entries:
        addresses = alternates(
            paths_of(entry.address.removeprefix(get_script_prefix()))
        )
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(address)}/>'
            for code, address in addresses
        )
        for code, address in addresses:
            if code != ANY_LANGUAGE:
                yield replace(entry, address=address, more=entry.more + links)


def _w3c(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


#: The pages that list pieces, by the name of their sitemap.
SUBJECTS = {
    "tags": (Kind.TAG, subjects.tags),
    "sources": (Kind.SOURCE, subjects.sources),
    "categories": (Kind.CATEGORY, subjects.categories),
}


def _subjects(name: str) -> list[Any]:
    """What has a page of one kind that may be listed, in the order of the ids."""
    kind, rows = SUBJECTS[name]
    return [
        row
        for row in rows("pk")
        if index_policy(
            Facts(kind, pieces=row.shown, is_described=bool(row.description))
        ).in_sitemap
    ]


def _pages() -> list[Entry]:
    """The home page and the list of tags."""
    came = Article.objects.published().order_by("-visible_from")
    newest = came.values_list("visible_from", flat=True).first()
    kinds = {"articles:home": Kind.HOME, "articles:tags": Kind.INDEX}
    return [
        Entry(reverse(name), newest)
        for name, kind in kinds.items()
        if index_policy(Facts(kind)).in_sitemap
    ]


def _pieces(*, of_news: bool = False) -> QuerySet[Article]:
    """The pieces that may be listed: full texts, as their licences say."""
    sources = Source.objects.filter(
        indexing__in=may_be_in_sitemaps(of_news=of_news), reuse=Reuse.FULL_TEXT
    )
    # Their ids first: an index of articles begins with the source.
    ids = list(sources.values_list("pk", flat=True))
    return shown_in_full(Article.objects.published().filter(source__in=ids))


def _month(text: str) -> tuple[datetime, datetime]:
    """The beginning of a month in UTC, and of the next one."""
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise Http404("No month of that name.") from error
    return first, (first + timedelta(days=32)).replace(day=1)


def _of_month(text: str, part: int) -> list[Entry]:
    first, end = _month(text)
    rows = _pieces().filter(listed_at__gte=first, listed_at__lt=end).order_by("pk")
    chosen = rows.defer(*UNREAD)[(part - 1) * MOST : part * MOST]
    changed = updates.latest(
        _pieces().filter(listed_at__gte=first, listed_at__lt=end).values("pk"),
        with_text=True,
    )
    return [
        Entry(each.get_absolute_url(), updates.updated_at(each, changed))
        for each in chosen
    ]


def _files() -> Iterator[Entry]:
    """The sitemaps there are, each with its last change."""
    for name in ("pages", *SUBJECTS):
        # Addresses are not asked for: to find ten thousand took half of the time.
        pages = _pages() if name == "pages" else _subjects(name)
        for part in range(-(-len(pages) // MOST)):
            held = pages[part * MOST : (part + 1) * MOST]
            newest = max((each.changed for each in held if each.changed), default=None)
            yield Entry(_address(name, part + 1), newest)
    months = _pieces().annotate(month=TruncMonth("listed_at", tzinfo=UTC)).order_by()
    counted = months.values("month").annotate(number=Count("pk"))
    for row in counted.order_by("month"):
        for part in range(-(-row["number"] // MOST)):
            yield Entry(_address(f"{row['month']:%Y-%m}", part + 1))


def _address(name: str, part: int) -> str:
    parts = {"name": name, "part": part} if part > 1 else {"name": name}
    return reverse("sitemap-of", kwargs=parts)


@kept.page(kept.of_everything)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The sitemaps there are."""
    return _document(_INDEX, "sitemap", _files())


@kept.page(kept.of_everything)
def sitemap(request: HttpRequest, name: str, part: str = "1") -> HttpResponse:
    """One sitemap: ``tags``, ``sources``, ``2026-11``; ``tags.2`` is a second part."""
    number = int(part)
    if name == "pages":
        entries = _pages() if number == 1 else []
    elif name in SUBJECTS:
        rows = _subjects(name)[(number - 1) * MOST : number * MOST]
        entries = [Entry(row.get_absolute_url(), row.changed) for row in rows]
    else:
        entries = _of_month(name, number)
    if not entries:
        raise Http404("Nothing is in it.")
    return _document(_URLSET, "url", _in_every_language(entries))


# Not kept: pieces leave it as time goes, though nothing is changed.
@for_reading
@gzip_page
@from_replica
def news_sitemap(request: HttpRequest) -> HttpResponse:
    """Our own pieces of the last two days, newest first; it may be empty."""
    rows = _pieces(of_news=True).filter(listed_at__gt=now() - NEWS)
    rows = rows.prefetch_related("source").defer(*UNREAD)
    newest = rows.order_by("-listed_at", "-pk")[:MOST_NEWS]
    return _document(_NEWS, "url", map(_news_entry, newest))


def _news_entry(article: Article) -> Entry:
    language = _language(article.language or article.source.language or "en")
    facts = (
        f"<news:publication><news:name>{_text(article.source.name)}</news:name>"
        f"<news:language>{_text(language)}</news:language>"
        "</news:publication>"
        f"<news:publication_date>{_w3c(article.listed_at)}</news:publication_date>"
        f"<news:title>{_text(article.shown_headline)}</news:title>"
    )
    address = article.get_absolute_url()
    return Entry(address, more=f"<news:news>{facts}</news:news>")


def _language(tag: str) -> str:
    """A language as Google's news want it: bare, but for the two kinds of Chinese."""
    language, _, rest = tag.lower().partition("-")
    if language != "zh":
        return language
    return "zh-tw" if {"hant", "tw", "hk", "mo"} & {*rest.split("-")} else "zh-cn"


def _text(value: str) -> str:
    return escape(printable(Truncator(value).chars(500)))

"""A feed of every listing, in three formats; publishers are credited in each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles import corrections, listing, updates
from articles.listing import Card
from articles.models import Category, Source, Tag
from articles.rights import Channel, permitted

from . import kept
from .canonical import ROWS, absolute, own_address, query_of
from .formats import FORMATS, Entry, Feed
from .named import with_category, with_source
from .policy import Facts, Kind, index_policy
from .tags import slug_of, with_tags

#: Pieces in a feed.
FEED_SIZE = "50"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is about: its title, its page, and what it lists."""

    title: str
    path: str
    scope: listing.Scope


def _home() -> Subject:
    return Subject(_("Latest news"), reverse("articles:home"), listing.everything())


def _tag(tags: list[Tag]) -> Subject:
    name = " + ".join(f"#{tag}" for tag in tags)
    path = reverse("articles:tag", args=[slug_of(tags)])
    return Subject(name, path, listing.of_tags(tags))


def _source(source: Source) -> Subject:
    return Subject(source.name, source.get_absolute_url(), listing.of_source(source))


def _category(category: Category) -> Subject:
    return Subject(
        category.name, category.get_absolute_url(), listing.of_category(category)
    )


def _search() -> Subject:
    return Subject(_("Search"), reverse("articles:search"), listing.everything())


#: What a feed is about, and the editions it shows, by the kind of its listing.
SUBJECTS: dict[str, tuple[Callable[..., Subject], Callable[..., Iterable[str]]]] = {
    "home": (_home, kept.of_everything),
    "tag": (_tag, kept.of_tags),
    "source": (_source, kept.of_source),
    "category": (_category, kept.of_category),
    "search": (_search, kept.of_everything),
}

#: What gives the view of a feed what its address names.
NAMED = {"tag": with_tags, "source": with_source, "category": with_category}


def _page(request: HttpRequest, subject: Subject) -> listing.Page:
    """The pieces of a feed, with the filters that the address names.

    Raises InvalidListing for one that makes no sense.
    """
    return listing.page(subject.scope, {"page_size": FEED_SIZE, **request.GET.dict()})


def _feed(request: HttpRequest, subject: Subject, page: listing.Page) -> Feed:
    """The feed of a listing's page, with what was corrected lately."""
    cards = page.cards
    if page.is_first:
        # What was corrected need not hold the words of a search.
        scope = page.scope
        if page.asked["q"]:
            scope = scope.of(scope.rows.none())
        cards = corrections.for_feed(scope, cards)
    found = updates.latest([card.article.pk for card in cards])
    words = request.GET.get("q", "").strip()
    title = f"{subject.title}: {words}" if words else subject.title
    query = query_of(request.GET, without=ROWS)
    return Feed(
        title=f"{title} · {settings.NEWSROOM_SITE_NAME}",
        page=absolute(subject.path + query),
        address=own_address(request, query=True),
        language=get_language() or settings.LANGUAGE_CODE,
        rights=_("Each piece belongs to its publisher."),
        entries=[_entry(card, found) for card in cards],
        older=_older(request, page.older),
    )


def _older(request: HttpRequest, after: int | None) -> str:
    if after is None:
        return ""
    given = request.GET.copy()
    given["after"] = str(after)
    return absolute(escape_uri_path(request.path)) + query_of(given)


def _entry(card: Card, found: dict[int, datetime]) -> Entry:
    article, source = card.article, card.article.source
    shown = permitted(article, Channel.FEED)
    return Entry(
        id=f"{settings.NEWSROOM_SITE_URL}/articles/{article.pk}/",
        url=absolute(article.get_absolute_url()),
        original=article.url,
        title=shown.headline,
        text=_text(card, shown.note, shown.excerpt),
        author=article.author or source.name,
        source=source.name,
        source_url=source.site_url or article.url,
        source_page=absolute(source.get_absolute_url()),
        published=article.listed_at,
        updated=updates.updated_at(article, found),
        language=article.language,
        category=article.category.name,
        tags=[tag.name for tag in card.tags],
        image=absolute(shown.image.file.url) if shown.image else "",
    )


def _text(card: Card, note: str, excerpt: str) -> str:
    """Our note and the excerpt, below what was corrected."""
    told = [
        f"{capfirst(each.get_kind_display())},"
        f" {date_format(localdate(each.at), 'SHORT_DATE_FORMAT')}: {each.text}"
        for each in corrections.of_piece(card.article)
    ]
    return "\n\n".join(part for part in (*told, note, excerpt) if part)


def view_of(kind: str, ending: str) -> Callable[..., HttpResponse]:
    """The view of a listing's feed in one format."""
    subject, names = SUBJECTS[kind]
    write = FORMATS[ending]

    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        about = subject(**parts)
        try:
            page = _page(request, about)
        except listing.InvalidListing as error:
            text = f"{error}\n"
            return HttpResponse(text, status=400, content_type="text/plain")
        answer = write(_feed(request, about, page))
        if page.is_cut:
            # At another moment there may be more.
            answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Robots-Tag"] = index_policy(Facts(Kind.FEED)).robots
        if ending == "json":
            answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    found = NAMED[kind](view) if kind in NAMED else view
    return kept.page(names, dated=True)(found)


def views_of(kind: str) -> Iterator[tuple[str, Callable[..., HttpResponse]]]:
    """``(ending of the address, view)`` for each format of a listing's feed."""
    for ending in FORMATS:
        yield ending, view_of(kind, ending)

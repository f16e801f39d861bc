"""A feed of every listing, in three formats; publishers are credited in each."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import feedgenerator
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, rfc3339_date
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from articles import corrections, listing
from articles.ingest.text import printable
from articles.listing import Card
from articles.models import Category, Source, Tag
from newsroom.reading import for_reading
from newsroom.replica import from_replica

from .tags import slug_of, with_tags

#: Pieces in a feed.
FEED_SIZE = "50"


class Subject:
    """What a feed is about: its title, its page, and what it lists."""

    def __init__(self, title: str, path: str, scope: listing.Scope) -> None:
        self.title = f"{title} · {settings.NEWSROOM_SITE_NAME}"
        self.path = path
        self.scope = scope

    def cards(self) -> list[Card]:
        cards = listing.page(self.scope, {"page_size": FEED_SIZE}).cards
        return corrections.for_feed(self.scope, cards)


def _home() -> Subject:
    return Subject(_("Latest news"), reverse("articles:home"), listing.everything())


def _tag(tags: list[Tag]) -> Subject:
    name = " + ".join(f"#{tag}" for tag in tags)
    path = reverse("articles:tag", args=[slug_of(tags)])
    return Subject(name, path, listing.of_tags(tags))


def _source(slug: str) -> Subject:
    source = get_object_or_404(Source.objects.readable(), slug=slug)
    return Subject(source.name, source.get_absolute_url(), listing.of_source(source))


def _category(slug: str) -> Subject:
    category = get_object_or_404(Category, slug=slug)
    return Subject(
        category.name, category.get_absolute_url(), listing.of_category(category)
    )


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "home": _home,
    "tag": _tag,
    "source": _source,
    "category": _category,
}


class XmlFeed(feedgenerator.SyndicationFeed):
    """A feed without what XML has no way to write (XML 1.0, 2.2).

    Sources' texts are clean, but editors paste: a word processor's soft line break
    is a control character, and one of it would break every feed the piece is in.
    """

    def write(self, outfile: Any, encoding: str) -> None:
        self.feed, self.items = _writable(self.feed), _writable(self.items)
        super().write(outfile, encoding)


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _writable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    return printable(value) if isinstance(value, str) else value


class CreditedRss(XmlFeed, Rss201rev2Feed):
    """RSS 2.0 whose items name their publisher in ``<source>``."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement(
            "source", item["publisher"], {"url": item["publisher_url"]}
        )
        # RSS has no date of a change; readers know Atom's within it.
        updated = rfc3339_date(item["updateddate"])
        handler.addQuickElement("atom:updated", updated)


class CreditedAtom(XmlFeed, Atom1Feed):
    """Atom whose entries lead to their publisher by ``rel="via"``."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "via", "href": item["source_link"]})


class ListingFeed(Feed):
    """One listing as RSS or Atom."""

    def __init__(
        self, kind: str, feed_type: type[feedgenerator.SyndicationFeed]
    ) -> None:
        self.kind = kind
        self.feed_type = feed_type

    def get_object(self, request: HttpRequest, **parts: Any) -> Subject:
        return SUBJECTS[self.kind](**parts)

    def title(self, subject: Subject) -> str:
        return subject.title

    def description(self, subject: Subject) -> str:
        return subject.title

    subtitle = description

    def link(self, subject: Subject) -> str:
        return subject.path

    def items(self, subject: Subject) -> list[Card]:
        return subject.cards()

    def item_title(self, item: Card) -> str:
        return item.shown.headline

    def item_description(self, item: Card) -> str:
        return _text(item)

    def item_link(self, item: Card) -> str:
        return item.article.get_absolute_url()

    def item_guid(self, item: Card) -> str:
        return f"{settings.NEWSROOM_SITE_URL}/articles/{item.article.pk}/"

    item_guid_is_permalink = False

    def item_author_name(self, item: Card) -> str:
        return item.article.author or item.article.source.name

    def item_pubdate(self, item: Card) -> datetime:
        return item.article.listed_at

    def item_updateddate(self, item: Card) -> datetime:
        return corrections.changed_at(item)

    def item_categories(self, item: Card) -> list[str]:
        return [tag.name for tag in item.tags]

    def item_extra_kwargs(self, item: Card) -> dict[str, str]:
        source = item.article.source
        return {
            "publisher": source.name,
            "publisher_url": source.site_url or item.article.url,
            "source_link": item.article.url,
        }


def _text(item: Card) -> str:
    """Our note and the excerpt, below what was corrected."""
    told = [
        f"{capfirst(each.get_kind_display())},"
        f" {date_format(localdate(each.at), 'j F Y')}: {each.text}"
        for each in corrections.of_piece(item.article)
    ]
    parts = (*told, item.shown.note, item.shown.excerpt)
    return "\n\n".join(part for part in parts if part)


def _json_feed(kind: str) -> Callable[..., HttpResponse]:
    """The listing as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        subject = SUBJECTS[kind](**parts)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": subject.title,
            "home_page_url": request.build_absolute_uri(subject.path),
            "feed_url": request.build_absolute_uri(request.path),
            "items": [_json_item(request, card) for card in subject.cards()],
        }
        return JsonResponse(feed, content_type="application/feed+json")

    return view


def _json_item(request: HttpRequest, item: Card) -> dict[str, Any]:
    article = item.article
    facts = {
        "id": f"{settings.NEWSROOM_SITE_URL}/articles/{article.pk}/",
        "url": request.build_absolute_uri(article.get_absolute_url()),
        "external_url": article.url,
        "title": item.shown.headline,
        "content_text": _text(item),
        "date_published": article.listed_at.isoformat(),
        "date_modified": corrections.changed_at(item).isoformat(),
        "authors": [{"name": article.author or article.source.name}],
        "language": article.language,
        "tags": [tag.name for tag in item.tags],
    }
    return {
        name: value for name, value in facts.items() if value or name == "content_text"
    }


def views_of(kind: str) -> Iterator[tuple[str, Callable[..., HttpResponse]]]:
    """``(ending of the address, view)`` for each format of a listing's feed."""
    found = with_tags if kind == "tag" else _as_it_is
    for ending, view in (
        ("rss", ListingFeed(kind, CreditedRss)),
        ("atom", ListingFeed(kind, CreditedAtom)),
        ("json", _json_feed(kind)),
    ):
        yield ending, for_reading(from_replica(found(view)))


def _as_it_is(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return view

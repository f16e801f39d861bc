"""What stands in the ``<head>`` of a page for programs, from the page's context."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

from articles import updates
from articles.ingest.text import clean
from articles.models import Article
from articles.rights import Channel, permitted

from . import structured
from .canonical import PARAMETERS, ROWS, absolute, own_address, query_of
from .policy import Canonical, Data, Facts, IndexPolicy, Kind, facts_of, index_policy

#: The types of our feeds, by the endings of their addresses.
FEED_TYPES = {
    "rss": ("application/rss+xml", "RSS"),
    "atom": ("application/atom+xml", "Atom"),
    "json": ("application/feed+json", "JSON"),
}
#: Open Graph wants a territory beside the language (ogp.me, "Optional Metadata").
LOCALES = {"en": "en_US", "ja": "ja_JP"}
#: The picture of pages that have none of their own, or none that may be shared.
CARD = "img/card.png"
CARD_SIZE = (1200, 630)
#: A description longer than this is cut by whoever shows it.
MOST_DESCRIPTION = 300


@dataclass(frozen=True, slots=True)
class FeedLink:
    type: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Head:
    """The tags of a page: ``named`` by name, ``properties`` by property, in order."""

    canonical: str = ""
    named: list[tuple[str, str]] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    feeds: list[FeedLink] = field(default_factory=list)
    data: SafeString = SafeString("")
    has_alternates: bool = False

    # Written here, as a loop of a template takes four times as long.
    @property
    def metas(self) -> SafeString:
        """The ``<meta>`` elements, in order."""
        named = format_html_join("\n", '<meta name="{}" content="{}">', self.named)
        return named + format_html_join(
            "\n", '<meta property="{}" content="{}">', self.properties
        )

    @property
    def links(self) -> SafeString:
        """The ``<link>`` elements that name the feeds."""
        return format_html_join(
            "\n",
            '<link rel="alternate" type="{}" title="{}" href="{}">',
            ((feed.type, feed.title, feed.path) for feed in self.feeds),
        )


def head_of(kind: Kind, context: Mapping[str, Any]) -> Head:
    """The head of a page of that kind, from what its template is told.

    It reads ``request``, ``page``, ``cards``, ``period``, ``tag``, ``source``,
    ``category``, and of a piece ``article``, ``shown`` and ``tags``.
    """
    request: HttpRequest = context["request"]
    policy = index_policy(_facts(kind, context))
    named = [("robots", policy.robots)]
    if policy.news_robots:
        named.append(("googlebot-news", policy.news_robots))
    if policy.canonical == Canonical.NONE and kind != Kind.PIECE:
        return Head(named=named + _reserved())
    address = own_address(request, query=kind != Kind.PIECE)
    title, description = _words(kind, context)
    if description:
        named.append(("description", description))
    named += [("twitter:card", "summary_large_image"), *_reserved(), *_app(address)]
    return Head(
        canonical=_canonical(policy, address, context),
        named=named,
        properties=_open_graph(kind, policy, address, title, description, context),
        feeds=_feeds(kind, context, title),
        data=_data(policy, address, title, description, context),
        has_alternates=policy.is_indexed and policy.canonical == Canonical.SELF,
    )


def _facts(kind: Kind, context: Mapping[str, Any]) -> Facts:
    if kind == Kind.PIECE:
        return facts_of(context["article"], has_text=bool(context["shown"].body))
    page, subject = context.get("page"), context.get("tag")
    rows = getattr(page, "places", None) or getattr(page, "corrections", [])
    given = context["request"].GET
    return Facts(
        kind,
        pieces=context.get("count", len(rows)) if subject else len(rows),
        is_described=bool(getattr(subject, "description", "")),
        is_part=bool(context.get("period"))
        # What several tags have in common is a choice of one of them.
        or len(context.get("tags") or []) > 1
        or any(given.get(name) for name in PARAMETERS),
    )


def _canonical(policy: IndexPolicy, address: str, context: Mapping[str, Any]) -> str:
    match policy.canonical:
        case Canonical.SELF:
            return address
        case Canonical.PUBLISHER:
            return str(context["article"].url)
    return ""


def _words(kind: Kind, context: Mapping[str, Any]) -> tuple[str, str]:
    """The title and the description of a page, "" where it has none."""
    site = settings.NEWSROOM_SITE_NAME
    match kind:
        case Kind.HOME:
            title = gettext("%(site_name)s: latest news") % {"site_name": site}
            return title, gettext(
                "The newest pieces of many publishers, chosen and tagged by editors."
            )
        case Kind.TAG:
            name = context["name"]
            title = gettext("Latest news with #%(name)s") % {"name": name}
            said = getattr(context["tag"], "description", "") or gettext(
                "What publishers write about #%(name)s, newest first."
            ) % {"name": name}
        case Kind.SOURCE:
            source = context["source"]
            title = gettext("News from %(name)s") % {"name": source.name}
            said = source.description
        case Kind.CATEGORY:
            category = context["category"]
            title = gettext("Latest news in %(name)s") % {"name": category.name}
            said = category.description
        case Kind.PIECE:
            title = context["shown"].headline
            said = context["shown"].note or context["shown"].excerpt
        case Kind.SEARCH:
            words = context["request"].GET.get("q", "")
            title = gettext("Search: %(words)s") % {"words": words}
            title, said = title if words else gettext("Search the news"), ""
        case Kind.CORRECTIONS:
            title, said = gettext("Corrections"), ""
        case _:
            title, said = site, ""
    return clean(title), clean(said)[:MOST_DESCRIPTION]


def _reserved() -> list[tuple[str, str]]:
    """That text and data mining is reserved, where the operator reserves it."""
    if not settings.NEWSROOM_TDM_RESERVATION:
        return []
    policy = settings.NEWSROOM_TDM_POLICY_URL
    return [("tdm-reservation", "1"), *([("tdm-policy", policy)] if policy else [])]


def app_store_id() -> str:
    """The app's number in Apple's store, where its address tells one."""
    found = re.search(r"/id(\d+)\b", settings.NEWSROOM_APP_STORE_URL)
    return found[1] if found else ""


def _app(address: str) -> list[tuple[str, str]]:
    if not (number := app_store_id()):
        return []
    # The number ends at a comma, and so would an address with one in it.
    argument = address.replace(",", "%2C")
    return [("apple-itunes-app", f"app-id={number}, app-argument={argument}")]


def _open_graph(
    kind: Kind,
    policy: IndexPolicy,
    address: str,
    title: str,
    description: str,
    context: Mapping[str, Any],
) -> list[tuple[str, str]]:
    is_article = policy.data in {Data.LICENSED, Data.OWN}
    language = get_language() or settings.LANGUAGE_CODE
    found = [
        ("og:title", title),
        ("og:type", "article" if is_article else "website"),
        ("og:url", address),
        ("og:site_name", settings.NEWSROOM_SITE_NAME),
        ("og:locale", LOCALES.get(language, to_locale(language))),
        ("og:description", description),
        *_picture(kind, context),
    ]
    if is_article:
        article: Article = context["article"]
        found += [
            ("article:published_time", article.listed_at.isoformat()),
            ("article:section", article.category.name),
            *(("article:tag", tag.name) for tag in context["tags"]),
        ]
    return [(name, value) for name, value in found if value]


def _picture(kind: Kind, context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The piece's picture where it may be shared, else the site's own card."""
    away = permitted(context["article"], Channel.META) if kind == Kind.PIECE else None
    if away and away.image:
        image = away.image
        url, width, height = image.file.url, image.width, image.height
        alt = away.image_alt
    else:
        url, (width, height), alt = static(CARD), CARD_SIZE, settings.NEWSROOM_SITE_NAME
    return [
        ("og:image", absolute(url)),
        ("og:image:width", str(width)),
        ("og:image:height", str(height)),
        ("og:image:alt", alt),
    ]


def _feeds(kind: Kind, context: Mapping[str, Any], title: str) -> list[FeedLink]:
    """The feeds of a listing, with the filters that the page has."""
    match kind:
        case Kind.HOME:
            folder = reverse("articles:home")
        case Kind.SEARCH:
            folder = reverse("articles:search")
        case Kind.TAG | Kind.SOURCE | Kind.CATEGORY:
            folder = context["bare_url"]
        case _:
            return []
    query = query_of(context["request"].GET, without=ROWS)
    return [
        FeedLink(type, f"{title} ({name})", f"{folder}feed.{ending}{query}")
        for ending, (type, name) in FEED_TYPES.items()
    ]


def _data(
    policy: IndexPolicy,
    address: str,
    title: str,
    description: str,
    context: Mapping[str, Any],
) -> SafeString:
    if policy.data == Data.NONE:
        return SafeString("")
    nodes: list[structured.Node] = []
    items = None
    if policy.data in {Data.HOME, Data.COLLECTION}:
        items = [card.item for card in context["cards"]]
        nodes.append(structured.collection(address, title, description, len(items)))
        if policy.data == Data.COLLECTION:
            is_tag = "tag" in context
            nodes.append(structured.trail(_here(context), address, tags=is_tag))
    elif policy.data == Data.LINK:
        nodes.append(structured.link(address, context["article"], context["shown"]))
    else:
        nodes.append(_news_article(address, context))
    return structured.script(nodes, items)


def _here(context: Mapping[str, Any]) -> str:
    """What the visible trail calls the page of a tag, a source or a category."""
    if "tag" in context:
        return f"#{context['name']}"
    return str((context.get("source") or context["category"]).name)


def _news_article(address: str, context: Mapping[str, Any]) -> structured.Node:
    article: Article = context["article"]
    found = updates.latest([article.pk], with_text=True)
    away = permitted(article, Channel.META)
    return structured.news_article(
        address,
        article,
        context["shown"],
        tags=context["tags"],
        updated=updates.updated_at(article, found).isoformat(),
        picture=absolute(away.image.file.url) if away.image else "",
    )

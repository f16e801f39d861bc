"""What stands in the ``<head>`` of a page for programs, from the page's context."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, to_locale

from articles import updates
from articles.ingest.text import clean
from articles.models import Article
from articles.rights import Channel, permitted
from newsroom.memory import Memory

from . import kept, structured
from .canonical import ROWS, absolute, own_address, query_of
from .context import alternates, in_every_language
from .parts import part
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


Pairs = list[tuple[str, str]]


class Words(NamedTuple):
    """What a page is called and what it is about, "" where it says nothing of that;
    ``here`` is what its trail calls it."""

    title: str
    description: str
    here: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page, as HTML, and its ``data`` as JSON-LD."""

    metas: SafeString
    links: SafeString = SafeString("")
    data: SafeString = SafeString("")


#: Heads of listings by all that they tell, but for the pieces: a listing that is drawn
#: again tells the same of itself.
HEADS = Memory[tuple[Head, structured.Frame]](room=2_000, seconds=kept.KEPT)


def head_of(kind: Kind, context: Mapping[str, Any]) -> Head:
    """The head of a page of that kind, from what its template is told.

    It reads ``request``, ``page``, ``cards``, ``period``, ``tag``, ``source``,
    ``category``, and of a piece ``article``, ``shown`` and ``tags``.
    """
    request: HttpRequest = context["request"]
    policy = index_policy(_facts(kind, context))
    if policy.canonical == Canonical.NONE and kind != Kind.PIECE:
        return Head(_metas(_robots(policy) + _reserved()))
    words = _words(kind, context)
    if kind == Kind.PIECE:
        head = _head(kind, policy, words, context)
        return replace(head, data=_data_of_piece(policy, context))
    items = [card.item for card in context.get("cards", ())]
    head, frame = part(
        *(kept.build(), kind, policy, words, len(items)),
        *(request.path, query_of(request.GET), bool(request.resolver_match)),
        make=lambda: (
            _head(kind, policy, words, context),
            _frame(policy, words, len(items), context),
        ),
        memory=HEADS,
    )
    return replace(head, data=frame.around(items))


def _head(
    kind: Kind, policy: IndexPolicy, words: Words, context: Mapping[str, Any]
) -> Head:
    """All but the data."""
    address = own_address(context["request"], query=kind != Kind.PIECE)
    named = _robots(policy)
    if words.description:
        named.append(("description", words.description))
    named += [("twitter:card", "summary_large_image"), *_reserved(), *_app(address)]
    links = _links(policy, address, context) + _feeds(kind, context, words.title)
    return Head(
        _metas(named, _open_graph(kind, policy, address, words, context)), links
    )


# Written here, as a loop of a template takes four times as long.
def _metas(named: Pairs, properties: Pairs | None = None) -> SafeString:
    """The ``<meta>`` elements, by name and by property."""
    return format_html_join(
        "\n", '<meta name="{}" content="{}">', named
    ) + format_html_join("\n", '<meta property="{}" content="{}">', properties or [])


def _robots(policy: IndexPolicy) -> Pairs:
    named = [("robots", policy.robots)]
    if policy.news_robots:
        named.append(("googlebot-news", policy.news_robots))
    return named


def _links(policy: IndexPolicy, address: str, context: Mapping[str, Any]) -> SafeString:
    """The address of a page, and those of the same in every language."""
    links = SafeString("")
    if canonical := _canonical(policy, address, context):
        links += format_html('<link rel="canonical" href="{}">\n', canonical)
    if policy.is_indexed and policy.canonical == Canonical.SELF:
        links += format_html_join(
            "",
            '<link rel="alternate" hreflang="{}" href="{}">\n',
            _alternates(context["request"]),
        )
    return links


def _alternates(request: HttpRequest) -> Pairs:
    is_ours = bool(request.resolver_match)
    return alternates(in_every_language(request)) if is_ours else []


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
        or bool(query_of(given)),
    )


def _canonical(policy: IndexPolicy, address: str, context: Mapping[str, Any]) -> str:
    match policy.canonical:
        case Canonical.SELF:
            return address
        case Canonical.PUBLISHER:
            return str(context["article"].url)
    return ""


def _words(kind: Kind, context: Mapping[str, Any]) -> Words:
    """What a page is called, and what it is about."""
    site = settings.NEWSROOM_SITE_NAME
    match kind:
        case Kind.HOME:
            title = gettext("%(site_name)s: latest news") % {"site_name": site}
            said = gettext(
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
    here = _here(context) if kind in {Kind.TAG, Kind.SOURCE, Kind.CATEGORY} else ""
    return Words(clean(title), clean(said)[:MOST_DESCRIPTION], here)


def _reserved() -> Pairs:
    """That text and data mining is reserved, where the operator reserves it."""
    if not settings.NEWSROOM_TDM_RESERVATION:
        return []
    policy = settings.NEWSROOM_TDM_POLICY_URL
    return [("tdm-reservation", "1"), *([("tdm-policy", policy)] if policy else [])]


def app_store_id() -> str:
    """The app's number in Apple's store, where its address tells one."""
    found = re.search(r"/id(\d+)\b", settings.NEWSROOM_APP_STORE_URL)
    return found[1] if found else ""


def _app(address: str) -> Pairs:
    if not (number := app_store_id()):
        return []
    # The number ends at a comma, and so would an address with one in it.
    argument = address.replace(",", "%2C")
    return [("apple-itunes-app", f"app-id={number}, app-argument={argument}")]


def _open_graph(
    kind: Kind,
    policy: IndexPolicy,
    address: str,
    words: Words,
    context: Mapping[str, Any],
) -> Pairs:
    is_article = policy.data in {Data.LICENSED, Data.OWN}
    language = get_language() or settings.LANGUAGE_CODE
    found = [
        ("og:title", words.title),
        ("og:type", "article" if is_article else "website"),
        ("og:url", address),
        ("og:site_name", settings.NEWSROOM_SITE_NAME),
        ("og:locale", LOCALES.get(language, to_locale(language))),
        ("og:description", words.description),
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


def _picture(kind: Kind, context: Mapping[str, Any]) -> Pairs:
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


def _feeds(kind: Kind, context: Mapping[str, Any], title: str) -> SafeString:
    """The feeds of a listing, with the filters that the page has."""
    match kind:
        case Kind.HOME:
            folder = reverse("articles:home")
        case Kind.SEARCH:
            folder = reverse("articles:search")
        case Kind.TAG | Kind.SOURCE | Kind.CATEGORY:
            folder = context["bare_url"]
        case _:
            return SafeString("")
    query = query_of(context["request"].GET, without=ROWS)
    return format_html_join(
        "\n",
        '<link rel="alternate" type="{}" title="{}" href="{}">',
        (
            (type, f"{title} ({name})", f"{folder}feed.{ending}{query}")
            for ending, (type, name) in FEED_TYPES.items()
        ),
    )


def _frame(
    policy: IndexPolicy, words: Words, number: int, context: Mapping[str, Any]
) -> structured.Frame:
    """What the data of a listing say, round its pieces."""
    if policy.data not in {Data.HOME, Data.COLLECTION}:
        return structured.Frame()
    address = own_address(context["request"], query=True)
    about = structured.collection(address, words.title, words.description, number)
    if policy.data == Data.HOME:
        return structured.frame([about])
    trail = structured.trail(words.here, address, tags="tag" in context)
    return structured.frame([about, trail])


def _data_of_piece(policy: IndexPolicy, context: Mapping[str, Any]) -> SafeString:
    if policy.data == Data.NONE:
        return SafeString("")
    address = own_address(context["request"], query=False)
    if policy.data == Data.LINK:
        node = structured.link(address, context["article"], context["shown"])
    else:
        node = _news_article(address, context)
    return structured.script([node])


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

"""Data within pages: schema.org as JSON-LD, the same that the page shows.

Whoever made a piece is its author and publisher; of other people's works we are
named as the publisher of the data alone (``sdPublisher``).
"""

import json
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from articles.ingest.text import printable
from articles.models import Article, Source, Tag
from articles.rights import Permitted

from .canonical import absolute
from .cards import Drawn

Node = dict[str, Any]

#: What would end the element, or begin another, within a script (HTML, 4.12.1.3).
_UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script(nodes: list[Node]) -> SafeString:
    """Nodes as the text of one ``application/ld+json`` element."""
    graph = {"@context": "https://schema.org", "@graph": nodes}
    text = json.dumps(_printable(graph), ensure_ascii=False)
    return mark_safe(text.translate(_UNSAFE))


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _printable(each)
            for name, each in value.items()
            if each not in ("", None, [])
        }
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return printable(value) if isinstance(value, str) else value


def website() -> Node:
    """The site."""
    return {
        "@type": "WebSite",
        "@id": absolute("/#website"),
        "url": absolute(reverse("articles:home")),
        "name": settings.NEWSROOM_SITE_NAME,
        "inLanguage": get_language(),
        "publisher": {"@id": absolute("/#organization")},
    }


def organization() -> Node:
    """This newsroom."""
    return {
        "@type": "NewsMediaOrganization",
        "@id": absolute("/#organization"),
        "url": absolute("/"),
        "name": settings.NEWSROOM_SITE_NAME,
        "logo": {
            "@type": "ImageObject",
            "url": absolute(static("img/icon-512.png")),
            "width": 512,
            "height": 512,
        },
        "correctionsPolicy": absolute(reverse("articles:corrections")),
    }


def collection(address: str, name: str, description: str, cards: list[Drawn]) -> Node:
    """A listing, with the pieces that it shows."""
    return {
        "@type": "CollectionPage",
        "@id": f"{address}#page",
        "url": address,
        "name": name,
        "description": description,
        "inLanguage": get_language(),
        "isPartOf": {"@id": absolute("/#website")},
        "mainEntity": {
            "@type": "ItemList",
            "itemListOrder": "https://schema.org/ItemListOrderDescending",
            "numberOfItems": len(cards),
            "itemListElement": [
                _item(position, card) for position, card in enumerate(cards, 1)
            ],
        },
    }


def _item(position: int, card: Drawn) -> Node:
    url = absolute(card.path)
    return {
        "@type": "ListItem",
        "position": position,
        "url": url,
        "name": card.headline,
        "item": {"@type": "WebPage", "@id": url, "citation": card.original},
    }


def breadcrumb(*steps: tuple[str, str]) -> Node:
    """The way to a page: ``(name, address)`` of each step from home on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": absolute(address),
            }
            for position, (name, address) in enumerate(steps, 1)
        ],
    }


def trail(name: str, address: str, *, tags: bool = False) -> Node:
    """From home to a page, as ``_trail.html`` shows it; to a tag's by their list."""
    steps = [(gettext("Home"), reverse("articles:home"))]
    if tags:
        steps.append((gettext("Tags"), reverse("articles:tags")))
    return breadcrumb(*steps, (name, address))


def link(address: str, article: Article, shown: Permitted) -> Node:
    """A page that points to somebody else's piece."""
    return {
        "@type": "WebPage",
        "@id": f"{address}#page",
        "url": address,
        "name": shown.headline,
        "inLanguage": get_language(),
        "isPartOf": {"@id": absolute("/#website")},
        "citation": {
            "@type": "NewsArticle",
            "headline": shown.headline,
            "url": article.url,
            "datePublished": article.listed_at.isoformat(),
            "inLanguage": article.language,
            "author": _author(article),
            "publisher": _publisher(article.source),
        },
    }


def news_article(
    address: str,
    article: Article,
    shown: Permitted,
    *,
    tags: list[Tag],
    updated: str,
    picture: str,
) -> Node:
    """A piece in full: its publisher's by licence, or our own."""
    source = article.source
    node: Node = {
        "@type": "NewsArticle",
        "@id": f"{address}#article",
        "headline": shown.headline,
        "mainEntityOfPage": address,
        "url": address,
        "description": shown.note or shown.excerpt,
        "image": [picture] if picture else [],
        "datePublished": article.listed_at.isoformat(),
        "dateModified": updated,
        "author": _author(article),
        "publisher": _publisher(source),
        "inLanguage": article.language,
        "isAccessibleForFree": True,
        "articleSection": article.category.name,
        "keywords": [tag.name for tag in tags],
    }
    if not source.is_own:
        node |= {
            "isBasedOn": article.url,
            "copyrightHolder": _publisher(source),
            "creditText": source.name,
            "sdPublisher": {"@id": absolute("/#organization")},
        }
    return node


def _publisher(source: Source) -> Node:
    if source.is_own:
        return {"@id": absolute("/#organization")}
    return {"@type": "Organization", "name": source.name, "url": source.site_url}


def _author(article: Article) -> Node:
    if article.author:
        return {"@type": "Person", "name": article.author}
    return _publisher(article.source)

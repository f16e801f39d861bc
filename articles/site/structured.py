"""Data within pages: schema.org as JSON-LD, the same that the page shows.

Whoever made a piece is its author and publisher; of other people's works we are
named as the publisher of the data alone (``sdPublisher``).
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from articles.ingest.text import printable
from articles.models import Article, Source, Tag
from articles.rights import Permitted

from .canonical import absolute

Node = dict[str, Any]
#: Stands for what is written already; no text of others can hold it (``printable``).
_WRITTEN = "\x1f"

#: What would end the element, or begin another, within a script (HTML, 4.12.1.3).
_UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


class Frame(NamedTuple):
    """The data of a listing but for its pieces: what stands before and behind them."""

    before: str = ""
    behind: str = ""

    def around(self, items: list[str]) -> SafeString:
        """The whole, with these pieces as ``item`` wrote them."""
        if not self.before:
            return SafeString("")
        numbered = ", ".join(
            f'{{"@type": "ListItem", "position": {position}, {each}}}'
            for position, each in enumerate(items, 1)
        )
        return mark_safe(f"{self.before}[{numbered}]{self.behind}")


def frame(nodes: list[Node]) -> Frame:
    """Nodes, one of them a ``collection``, round the pieces of its list."""
    before, _, behind = script(nodes).partition(json.dumps(_WRITTEN))
    return Frame(before, behind)


def script(nodes: list[Node]) -> SafeString:
    """Nodes as the text of one ``application/ld+json`` element."""
    about = (settings.NEWSROOM_SITE_NAME, settings.NEWSROOM_SITE_URL)
    graph = ", ".join([_own(get_language(), *about), *map(_text, nodes)])
    return mark_safe(f'{{"@context": "https://schema.org", "@graph": [{graph}]}}')


def _text(node: Node) -> str:
    text = json.dumps(_printable(node), ensure_ascii=False)
    return text.translate(_UNSAFE)


@lru_cache
def _own(language: str | None, name: str, url: str) -> str:
    """The site and this newsroom, the same on every page of a language."""
    return f"{_text(website())}, {_text(organization())}"


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _printable(each)
            for name, each in value.items()
            if each not in ("", None, [])
        }
    if isinstance(value, list):
        return [_printable(each) for each in value]
    is_text = isinstance(value, str) and value != _WRITTEN
    return printable(value) if is_text else value


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


def collection(address: str, name: str, description: str, number: int) -> Node:
    """A listing that shows so many pieces; its ``Frame`` puts them into it."""
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
            "numberOfItems": number,
            "itemListElement": _WRITTEN,
        },
    }


def item(path: str, headline: str, original: str) -> str:
    """A piece within a collection, without its number there: what is in the braces."""
    url = absolute(path)
    page = {"@type": "WebPage", "@id": url, "citation": original}
    return _text({"url": url, "name": headline, "item": page})[1:-1]


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

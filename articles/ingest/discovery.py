"""The feeds that a web page names."""

from typing import Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from .identity import http_url
from .parse.charset import decoded

#: Characters of a page that are read; feeds are named in its head.
MOST_PAGE = 1 << 20
#: Feeds that are told of one page.
MOST_FEEDS = 50

_TYPES: Final = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
        "application/rss+xml",
        "application/x.atom+xml",
        "application/xml",
        "text/xml",
    }
)
_ENDINGS: Final = (".atom", ".rdf", ".rss", "/atom", "/feed", "/rss", "atom.xml",
                   "feed.json", "feed.xml", "index.xml", "rss.xml")  # fmt: skip


def feed_links(page: bytes, *, url: str, content_type: str = "") -> list[str]:
    """Absolute http and https addresses of the feeds that a page names, best first.

    Those of its link elements (HTML, "link type alternate"; rel=feed); where there
    are none, those of links that look like feeds. ``url`` is the page's address.
    """
    found = _Links(url)
    parser = etree.HTMLParser(target=found, encoding="utf-8", no_network=True)
    text = decoded(page, content_type)[:MOST_PAGE].replace("\0", "")
    if "<" in text:
        etree.fromstring(b"<html>" + text.encode("utf-8", "replace"), parser)
    return list(dict.fromkeys(found.named or found.likely))[:MOST_FEEDS]


class _Links:
    """Hears of every element of a page, and keeps addresses of feeds only."""

    def __init__(self, base: str) -> None:
        self.named: list[str] = []
        self.likely: list[str] = []
        self._page = base
        self._base = base
        self._has_base = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        href = (attributes.get("href") or "").strip()
        if not href:
            return
        match tag:
            case "base" if not self._has_base:
                self._base = _absolute(self._page, href) or self._base
                self._has_base = True
            case "link" if _names_feed(attributes):
                self._add(self.named, href)
            case "a" if len(self.likely) < MOST_FEEDS and _looks_like_feed(href):
                self._add(self.likely, href)

    def _add(self, found: list[str], href: str) -> None:
        address = _absolute(self._base, href)
        if address and address != self._page and len(found) < MOST_FEEDS:
            found.append(address)

    def end(self, tag: str) -> None:
        """Nothing to do: where an element ends says nothing of feeds."""

    def data(self, data: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def _absolute(base: str, href: str) -> str:
    """``href`` as an absolute http or https address, "" if it is none.

    feed: before an address, as some pages have it, means nothing more.
    """
    if href.lower().startswith("feed:"):
        href = href[5:] if "://" in href[5:13] else f"https:{href[5:]}"
    try:
        return http_url(urljoin(base, href))
    except ValueError:
        return ""


def _names_feed(attributes: dict[str, str]) -> bool:
    relations = (attributes.get("rel") or "").lower().split()
    kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
    if "feed" in relations:
        return not kind or kind in _TYPES
    return "alternate" in relations and kind in _TYPES


def _looks_like_feed(href: str) -> bool:
    try:
        path = urlsplit(href).path.lower().rstrip("/")
    except ValueError:
        return False
    return path.endswith(_ENDINGS)

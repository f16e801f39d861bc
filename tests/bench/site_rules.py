"""What is right of an answer of the site: pages, the data in them, and feeds.

Each function gives the faults of one answer, in words; none is a good answer.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from lxml import etree, html

ATOM = "{http://www.w3.org/2005/Atom}"
#: Elements and attributes that a browser fetches by itself.
FETCHED = (
    "//link[@rel='stylesheet' or @rel='icon' or @rel='manifest'"
    " or @rel='apple-touch-icon' or @rel='preload' or @rel='modulepreload']/@href",
    "//*[self::img or self::script or self::source or self::iframe or self::video"
    " or self::audio or self::embed]/@src",
)
#: A month, a day, or a moment with its zone (HTML, 4.5.14).
_MOMENT = re.compile(
    r"\d{4}-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d))?)?"
)
_STYLED = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


def fetched_by(page: Any, base: str) -> set[str]:
    """Absolute addresses of all that a browser fetches for a page."""
    found = [each for path in FETCHED for each in page.xpath(path)]
    for candidates in page.xpath("//@srcset"):
        found += [each.split()[0] for each in candidates.split(", ")]
    return {urljoin(base, each) for each in found if not each.startswith("data:")}


def fetched_by_style(text: str, base: str) -> set[str]:
    """The same of a style sheet."""
    found = chain.from_iterable(_STYLED.findall(text))
    return {urljoin(base, each) for each in found if each and each[:5] != "data:"}


def words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def page_faults(page: Any, address: str, origin: str) -> Iterator[str]:
    """What is wrong with a page for readers, on its own."""
    path = urlsplit(address).path
    language = "ja" if path.startswith("/ja/") else "en"
    if page.get("lang") != language:
        yield f"its language is {page.get('lang')}"
    if len(page.xpath("//h1")) != 1:
        yield "it has not one h1"
    if not page.xpath("string(//title)").strip():
        yield "it has no title"
    ids = page.xpath("//@id")
    if len(ids) != len(set(ids)):
        yield "an id stands twice"
    if page.xpath("//@style | //style | //script[not(@src or @type)]"):
        yield "it holds a style or a script of its own"
    for moment in page.xpath("//time/@datetime"):
        if not _MOMENT.fullmatch(moment):
            yield f"{moment!r} is no time of HTML"
    for picture in page.xpath("//img"):
        if picture.get("alt") is None or not picture.get("width"):
            yield "a picture has no alt or no width"
    yield from third_parties(fetched_by(page, address), origin)
    yield from data_faults(page)


def third_parties(addresses: set[str], origin: str) -> Iterator[str]:
    for each in sorted(addresses):
        if not each.startswith(f"{origin}/"):
            yield f"it fetches {each}"


def data_faults(page: Any) -> Iterator[str]:
    """Where the data in a page and what it shows are not the same."""
    for script in page.xpath("//script[@type='application/ld+json']"):
        graph = json.loads(script.text)
        if graph["@context"] != "https://schema.org":
            yield "its data are not of schema.org"
        for node in graph["@graph"]:
            if check := _CHECKS.get(node["@type"]):
                yield from check(node, page)


def _differs(name: str, told: object, shown: object) -> Iterator[str]:
    if told != shown:
        yield f"data: {name} is {told!r}, the page shows {shown!r}"


def _collection(node: dict[str, Any], page: Any) -> Iterator[str]:
    told = node["mainEntity"].get("itemListElement", [])
    links = page.xpath("//article//h3/a")
    yield from _differs(
        "headlines", [_plain(each["name"]) for each in told], [words(a) for a in links]
    )
    yield from _differs(
        "addresses",
        [urlsplit(each["url"]).path for each in told],
        [each.get("href") for each in links],
    )
    originals = page.xpath("//article//a[@class='source']/@href")
    told_originals = [each["item"]["citation"] for each in told]
    yield from _differs("citations", told_originals, originals)
    yield from _differs("numberOfItems", node["mainEntity"]["numberOfItems"], len(told))
    yield from _differs(
        "url", [node["url"]], page.xpath("//link[@rel='canonical']/@href")
    )
    called = [words(each) for each in page.xpath("//h1 | //title")]
    if _plain(node["name"]) not in called:
        yield f"data: it is called {node['name']!r}, the page {called!r}"


def _breadcrumb(node: dict[str, Any], page: Any) -> Iterator[str]:
    told = node["itemListElement"]
    steps = page.xpath("//nav[@class='trail']//li/*")
    names = [words(each) for each in steps]
    yield from _differs("the trail", [_plain(each["name"]) for each in told], names)
    above = [urlsplit(each["item"]).path for each in told[:-1]]
    yield from _differs("its steps", above, [each.get("href") for each in steps[:-1]])


def _piece(node: dict[str, Any], page: Any) -> Iterator[str]:
    cited = node.get("citation", node)
    (title,) = page.xpath("//h1")
    yield from _differs("headline", _plain(cited["headline"]), words(title))
    (moment,) = page.xpath("//div[@class='credit']//time/@datetime")
    published = datetime.fromisoformat(cited["datePublished"])
    yield from _differs("datePublished", published, datetime.fromisoformat(moment))
    original = page.xpath("//p[@class='onward']/a/@href")
    url = cited.get("isBasedOn") or (cited["url"] if cited is not node else None)
    if url:
        yield from _differs("the original", [url], original)
    (source,) = page.xpath("//div[@class='credit']//a[@class='source']")
    if name := cited["publisher"].get("name"):
        yield from _differs("publisher", _plain(name), words(source))
    byline = [words(each) for each in page.xpath("//span[@class='byline']")]
    author = _plain(cited["author"].get("name", ""))
    yield from _differs("author", author, byline[0] if byline else _plain(name or ""))
    if "keywords" in node:
        tags = page.xpath("//article/footer//ul[@class='tags']//a")
        yield from _differs(
            "keywords",
            [f"#{each}" for each in node["keywords"]],
            [words(t) for t in tags],
        )
    if "articleSection" in node:
        section = page.xpath("string(//div[@class='credit']//a[@class='category'])")
        yield from _differs("articleSection", node["articleSection"], section)


def _plain(text: str) -> str:
    return " ".join(text.split())


_CHECKS = {
    "CollectionPage": _collection,
    "BreadcrumbList": _breadcrumb,
    "WebPage": _piece,
    "NewsArticle": _piece,
}


def feed_faults(address: str, body: bytes) -> Iterator[str]:
    """Where a feed breaks the rules of its format."""
    if urlsplit(address).path.endswith(".json"):
        yield from _json_feed(json.loads(body))
        return
    read = feedparser.parse(body)
    if read.bozo:
        yield f"feedparser: {read.bozo_exception}"
    root = etree.fromstring(body)
    yield from (_atom(root) if root.tag == f"{ATOM}feed" else _rss(root))


def _rss(root: Any) -> Iterator[str]:
    """https://www.rssboard.org/rss-specification"""
    if (root.tag, root.get("version"), len(root)) != ("rss", "2.0", 1):
        yield "it is no RSS 2.0 with one channel"
    (channel,) = root
    for name in ("title", "link", "description"):
        if len(channel.findall(name)) != 1 or not channel.findtext(name):
            yield f"its channel has not one {name}"
    if not channel.findall(f"{ATOM}link[@rel='self']"):
        yield "it does not name itself"
    once = ("title", "link", "description", "author", "guid", "pubDate", "source")
    for item in channel.findall("item"):
        if not (item.findtext("title") or item.findtext("description")):
            yield "an item has neither title nor description"
        if any(len(item.findall(name)) > 1 for name in once):
            yield "an item has something twice"
        parsedate_to_datetime(item.findtext("pubDate"))
        for enclosure in item.findall("enclosure"):
            if not {"url", "length", "type"} <= set(enclosure.attrib):
                yield "an enclosure is not whole"
        if not item.find("source").get("url"):
            yield "a source has no address"
    yield from _unique([each.text for each in channel.iterfind("item/guid")], channel)


def _unique(ids: list[Any], entries: Any) -> Iterator[str]:
    number = len(entries.findall("item") or entries.findall(f"{ATOM}entry"))
    if len(set(ids)) != number or not all(ids):
        yield "its entries have not one id each"


def _atom(root: Any) -> Iterator[str]:
    """RFC 4287, 4.1."""
    for node in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            if len(node.findall(f"{ATOM}{name}")) != 1 or not node.findtext(
                ATOM + name
            ):
                yield f"{node.tag} has not one {name}"
        if len(node.findall(f"{ATOM}link[@rel='alternate']")) != 1:
            yield f"{node.tag} has not one address"
        for name in ("updated", "published"):
            text = node.findtext(ATOM + name)
            if text and not datetime.fromisoformat(text).tzinfo:
                yield f"{text} has no zone"
        if node is not root and not node.findtext(f"{ATOM}author/{ATOM}name"):
            yield "an entry has no author"
        for source in node.findall(f"{ATOM}source"):
            if not source.findtext(f"{ATOM}title") or not source.findtext(f"{ATOM}id"):
                yield "a source is not whole"
    if len(root.findall(f"{ATOM}link[@rel='self']")) != 1:
        yield "it does not name itself"
    yield from _unique(
        [each.text for each in root.iterfind(f"{ATOM}entry/{ATOM}id")], root
    )


def _json_feed(feed: dict[str, Any]) -> Iterator[str]:
    """https://www.jsonfeed.org/version/1.1/"""
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or not feed.get(
        "title"
    ):
        yield "it has no version or no title"
    ids = [each.get("id") for each in feed["items"]]
    if len(set(ids)) != len(ids) or not all(isinstance(each, str) for each in ids):
        yield "its items have not one id each"
    for item in feed["items"]:
        if not isinstance(item.get("content_text", item.get("content_html")), str):
            yield f"{item['id']} has no content"
        for name in ("date_published", "date_modified"):
            if not datetime.fromisoformat(item[name]).tzinfo:
                yield f"{item[name]} has no zone"
        for name in ("url", "external_url", "image"):
            if name in item and not urlsplit(item[name]).netloc:
                yield f"{name} {item[name]!r} is not absolute"


def opml_faults(body: bytes) -> Iterator[str]:
    """http://opml.org/spec2.opml"""
    root = etree.fromstring(body)
    if (root.get("version"), [each.tag for each in root]) != ("2.0", ["head", "body"]):
        yield "it is no OPML 2.0"
    for outline in root.iter("outline"):
        if not outline.get("text") or bool(len(outline)) == bool(outline.get("xmlUrl")):
            yield f"outline {dict(outline.attrib)} is neither a group nor a feed"


def is_to_be_listed(page: Any, address: str) -> bool:
    """Whether a page says that search engines may list it, under this address."""
    robots = page.xpath("string(//meta[@name='robots']/@content)")
    return not robots.startswith("noindex") and page.xpath(
        "//link[@rel='canonical']/@href"
    ) == [address]


def parsed(body: bytes) -> Any:
    return html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))

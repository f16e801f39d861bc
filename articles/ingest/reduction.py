"""Bringing a tree of markup down to what an article may hold."""

import re
from urllib.parse import urljoin, urlsplit

from lxml import etree

from .elements import (
    ALLOWED_ATTRIBUTES,
    ALLOWED_TAGS,
    BLOCKS,
    CONTAINERS,
    EMBEDS,
    RENAMED,
    words,
)
from .identity import http_url
from .text import clean

#: Cells that one cell may span.
MOST_SPAN = 1_000

# Elements that say nothing once they hold nothing; an empty link or heading is a
# trap for those who listen to a page. Blocks go with a lone line break in them.
_EMPTY_BLOCKS = words(
    "blockquote dd dl dt figcaption figure h2 h3 h4 h5 h6 li ol p pre ul"
)
_EMPTY_INLINE = words(
    "a abbr b cite code del em i ins kbd q s small strong sub sup time u"
)
_VIDEO_HOSTS = words(
    "dailymotion.com player.vimeo.com vimeo.com youtu.be youtube-nocookie.com"
    " youtube.com"
)
# Tags of ours, for elements that are to go with or without what they hold.
_DROP, _UNWRAP = "newsroom-drop", "newsroom-unwrap"


def reduce(root: etree._Element, base: str) -> None:
    """Leave allowed elements and attributes only, and nothing that says nothing.

    Embedded players become links; links are resolved against ``base``.
    """
    for element in list(root.iter(*EMBEDS)):
        _link_embed(element, base)
    etree.strip_elements(root, _DROP, with_tail=False)
    _reshape(root)
    _trim_attributes(root, base)
    _prune(root)


def _link_embed(element: etree._Element, base: str) -> None:
    """Turn a player or frame into a link to what it would have shown."""
    address = _embedded_address(element, base)
    kind, tail = element.tag, element.tail
    element.clear()
    element.tail = tail
    if not address:
        element.tag = _DROP
        return
    element.tag = "p"
    link = etree.SubElement(element, "a", href=address)
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    if kind == "audio":
        link.text = f"Audio at {host}"
    elif kind == "video" or host in _VIDEO_HOSTS:
        link.text = f"Video at {host}"
    else:
        link.text = f"Embedded content at {host}"


def _embedded_address(element: etree._Element, base: str) -> str:
    candidates = [element.get(name) for name in ("src", "data", "data-src")]
    candidates += [source.get("src") for source in element.iter("source", "embed")]
    for candidate in candidates:
        if candidate and (address := web_address(candidate, base)):
            return address
    return ""


def web_address(address: str, base: str) -> str:
    """``address`` as browsers would resolve it, or "" if it is not http or https."""
    try:
        return http_url(urljoin(base, re.sub("[\t\r\n]", "", address.strip())))
    except ValueError:
        return ""


def _reshape(root: etree._Element) -> None:
    """Leave allowed tags only; blocks of other names become paragraphs."""
    elements = list(root.iter())
    holders = set()
    for element in reversed(elements):
        if element.tag in RENAMED:
            element.tag = RENAMED[element.tag]
        if element.tag in BLOCKS or element in holders:
            holders.add(element.getparent())
    for element in elements:
        _reshape_one(element, holders)
    root.tag = "div"
    etree.strip_tags(root, _UNWRAP)


def _reshape_one(element: etree._Element, holders: set[etree._Element]) -> None:
    if element.tag in CONTAINERS or (element.tag == "p" and element in holders):
        if element in holders:
            _wrap_runs(element, holders)
            element.tag = _UNWRAP
        else:
            element.tag = "p"
    elif element.tag == "pre":
        # A browser swallows a line break that follows the tag.
        element.text = (element.text or "").lstrip("\n")
    elif element.tag not in ALLOWED_TAGS:
        element.tag = _UNWRAP


def _wrap_runs(parent: etree._Element, holders: set[etree._Element]) -> None:
    """Make paragraphs of what stands loose between the blocks of ``parent``."""
    children = list(parent)
    run = None
    if (parent.text or "").strip():
        run = etree.Element("p")
        run.text, parent.text = parent.text, None
        parent.insert(0, run)
    for child in children:
        if child.tag not in BLOCKS and child not in holders:
            if run is None:
                run = etree.Element("p")
                child.addprevious(run)
            run.append(child)
        elif (child.tail or "").strip():
            run = etree.Element("p")
            run.text, child.tail = child.tail, None
            child.addnext(run)
        else:
            run = None


def _trim_attributes(root: etree._Element, base: str) -> None:
    for element in root.iter():
        allowed = ALLOWED_ATTRIBUTES.get(element.tag, set())
        for name, value in element.items():
            if name in allowed and (kept := _attribute(name, value, base)):
                element.set(name, kept)
            else:
                del element.attrib[name]
        if element.tag == "a" and element.get("href") is None:
            element.tag = _UNWRAP


def _attribute(name: str, value: str, base: str) -> str:
    """What is kept of an attribute's value; "" to take it away."""
    match name:
        case "href" if value.strip().lower().startswith("mailto:"):
            return clean(value)
        case "href" | "cite":
            return web_address(value, base)
        case "colspan" | "rowspan":
            is_span = re.fullmatch("[1-9][0-9]{0,3}", value.strip())
            return value.strip() if is_span and int(value) <= MOST_SPAN else ""
        case "scope":
            return value if value in ("col", "row", "colgroup", "rowgroup") else ""
    return clean(value)


def _prune(root: etree._Element) -> None:
    """Take away elements that are left with nothing to say."""
    full, broken = {root}, set()
    for element in reversed(list(root.iter())):
        parent = element.getparent()
        if (element.tail or "").strip():
            full.add(parent)
        if element.tag == "br":
            broken.add(parent)
        elif element in full or (element.text or "").strip():
            full.add(parent)
        elif element.tag in _EMPTY_BLOCKS:
            element.tag = _DROP
        elif element in broken:
            broken.add(parent)
        elif element.tag in _EMPTY_INLINE:
            element.tag = _UNWRAP
        elif element.tag != _UNWRAP:
            full.add(parent)
    etree.strip_elements(root, _DROP, with_tail=False)
    etree.strip_tags(root, _UNWRAP)

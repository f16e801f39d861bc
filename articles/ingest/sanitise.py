"""HTML from outside, made safe to store and show; and plain text out of it.

In two passes. libxml2 parses within a bounded depth, and its tree is brought down to
the tags and attributes below: that keeps what comes next small and quick, which it
would not be on hostile markup. nh3 comes last and is what safety rests on: it parses
anew, as browsers do, and writes nothing that is not on its lists.
"""

import re
from html import escape, unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

import nh3
from lxml import etree

from .identity import http_url
from .text import clean, printable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What an article may hold. No pictures: shown from where they lie, they would tell
#: every reader's address to their host.
ALLOWED_TAGS: Final = _names(
    "a abbr b blockquote br cite code dd del dl dt em figcaption figure h2 h3 h4 h5"
    " h6 hr i ins kbd li ol p pre q s small strong sub sup table tbody td th thead"
    " time tr u ul"
)
ALLOWED_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "a": {"href", "title"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "td": {"colspan", "rowspan", "scope"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
ALLOWED_SCHEMES: Final = frozenset({"http", "https", "mailto"})
LINK_REL: Final = "noopener noreferrer nofollow ugc"

#: Characters of markup that are read; what follows in a longer one is left out.
MOST_MARKUP = 2 * 1024 * 1024
#: Bytes of UTF-8 of a sanitised body.
MOST_OUTPUT = 512 * 1024
#: Characters kept of a text whose markup came out larger: escaped, they still fit.
MOST_PLAIN = MOST_OUTPUT // 8
#: Levels of elements that are kept; deeper ones leave only their content.
MOST_DEPTH = 64
#: Just below 2,048, where libxml2 stops reading (its xmlParserMaxDepth, "huge").
PARSER_DEPTH = 2_000
#: Cells that one cell may span.
MOST_SPAN = 1_000
#: Turns until the result no longer changes: two for nearly all real markup, and
#: never more than four in 15,000 random soups of tags.
MOST_TURNS = 6

_DROPPED = _names(
    "applet base basefont bgsound button canvas datalist frame frameset head input"
    " keygen link math meta meter noembed noframes noscript optgroup option output"
    " param progress script select style svg template textarea title track"
)
_EMBEDS = _names("audio embed iframe object video")
#: Elements that never hold anything (HTML, 13.1.2), of which libxml2 knows no better
#: than that the rest of the paragraph lies in them.
_VOID = _names("bgsound embed keygen track")
_RENAMED = {
    "dir": "ul",
    "h1": "h2",
    "listing": "pre",
    "menu": "ul",
    "plaintext": "pre",
    "strike": "s",
    "tfoot": "tbody",
    "tt": "code",
    "xmp": "pre",
}
_CONTAINERS = _names(
    "address article aside body caption center details dialog div fieldset footer form"
    " header hgroup html legend main nav search section summary"
)
_BLOCKS = _CONTAINERS | _names(
    "blockquote dd dir dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li listing menu ol"
    " p plaintext pre table tbody td tfoot th thead tr ul xmp"
)
_INLINE = _names(
    "acronym area bdi bdo big blink col colgroup data dfn font image img label map"
    " mark marquee nobr picture rb rp rt rtc ruby samp slot source span var wbr"
)
_KNOWN = ALLOWED_TAGS | _DROPPED | _EMBEDS | _RENAMED.keys() | _BLOCKS | _INLINE
_BUILT = _KNOWN - {"html", "body"}
#: Attributes that are kept, or that name what an embedded player shows.
_READ = frozenset().union(*ALLOWED_ATTRIBUTES.values(), ("data", "data-src", "src"))
# Elements that say nothing once they hold nothing; an empty link or heading is a
# trap for those who listen to a page. Blocks go with a lone line break in them.
_EMPTY_BLOCKS = _names(
    "blockquote dd dl dt figcaption figure h2 h3 h4 h5 h6 li ol p pre ul"
)
_EMPTY_INLINE = _names(
    "a abbr b cite code del em i ins kbd q s small strong sub sup time u"
)
_VIDEO_HOSTS = _names(
    "dailymotion.com player.vimeo.com vimeo.com youtu.be youtube-nocookie.com"
    " youtube.com"
)
# Tags of ours, for elements that are to go with or without what they hold.
_DROP, _UNWRAP = "newsroom-drop", "newsroom-unwrap"

_TAG = re.compile(
    r"<(?:/?(?P<name>[a-z][a-z0-9:-]*)(?=[\s/>])|!--|!doctype|!\[CDATA\[)", re.I
)
_WHOLE_TAG = re.compile(r"<(/?[a-z!][^<>]*)>", re.I)
_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE
)
# A picture within the markup, which may be larger than all the rest.
_DATA_URI = re.compile(r"""(=\s*["']?)data:image/[^"'\s<>]+""", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\r\n?")
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")


def html(markup: str, *, base: str) -> str:
    """``markup`` brought down to the allowed tags and attributes.

    Relative links are resolved against ``base``; links that are not to http, https
    or mailto are plain text; embedded players become links to them. What comes out
    larger than MOST_OUTPUT is given as its plain text, cut to MOST_PLAIN characters.
    Never raises. Sanitising the result again changes nothing: markup that changes
    from one parser to the next is what mutation attacks live on.
    """
    markup = _bounded(markup)
    before = markup
    for _ in range(MOST_TURNS):
        after = _sanitised(before, base)
        if after is None:
            break
        if after == before:
            return after
        before = after
    return _plain_paragraph(markup)


def text(markup: str) -> str:
    """The plain text of ``markup`` on one line, its entities decoded once.

    Text that is no markup ("a < b & c") stays as it is.
    """
    markup = _bounded(markup)
    if not holds_tags(markup):
        return clean(_decoded(markup))
    root = _parsed(markup)
    if root is None:
        return clean(_decoded(_without_tags(markup)))
    etree.strip_elements(root, *_EMBEDS, with_tail=False)
    for element in root.iter(*_BLOCKS, "br"):
        element.text = f" {element.text or ''}"
        element.tail = f" {element.tail or ''}"
    return clean(etree.tostring(root, method="text", encoding="unicode"))


def article_html(value: str, *, base: str) -> str:
    """The body of an article from HTML or from plain text.

    In plain text an empty line parts paragraphs and a line break is kept.
    """
    if holds_tags(value):
        return html(value, base=base)
    lines = _LINE_BREAK.sub("\n", _decoded(_bounded(value))).strip()
    return html("\n".join(map(_paragraph, _PARAGRAPH_BREAK.split(lines))), base=base)


def holds_tags(value: str) -> bool:
    """Whether ``value`` is HTML rather than text in which a "<" happens to stand."""
    for match in _TAG.finditer(value, 0, value.rfind(">") + 1):
        name = (match["name"] or "").lower()
        if not name or name in _KNOWN or "-" in name or ":" in name:
            return True
    return False


def _bounded(markup: str) -> str:
    if len(markup) > MOST_MARKUP:
        markup = _DATA_URI.sub(r"\1", markup)
    return markup[:MOST_MARKUP]


def _decoded(value: str) -> str:
    return _REFERENCE.sub(lambda match: unescape(match[0]), value)


def _paragraph(plain: str) -> str:
    lines = escape(plain.strip(), quote=False).split("\n")
    return f"<p>{'<br>'.join(lines)}</p>"


def _plain_paragraph(markup: str) -> str:
    plain = text(markup)
    if len(plain) > MOST_PLAIN:
        plain = f"{plain[:MOST_PLAIN].rstrip()}…"
    return _paragraph(plain) if plain else ""


def _without_tags(markup: str) -> str:
    """The text between the tags of what is nested too deeply to be parsed."""
    kept = []
    inside = ""
    for number, piece in enumerate(_WHOLE_TAG.split(markup)):
        if number % 2 == 0:
            kept.append("" if inside else piece)
        elif piece.lower().startswith(("script", "style")):
            inside = piece[:5].lower()
        elif piece.lower().startswith(f"/{inside}"):
            inside = ""
    return " ".join(kept)


def _sanitised(markup: str, base: str) -> str | None:
    """One turn through both passes; None if it is nested too deeply or too large."""
    root = _parsed(markup)
    if root is None:
        return None
    for element in list(root.iter(*_EMBEDS)):
        _link_embed(element, base)
    etree.strip_elements(root, _DROP, with_tail=False)
    _reshape(root)
    _trim_attributes(root, base)
    _prune(root)
    reduced = etree.tostring(root, method="html", encoding="unicode")
    # Before nh3, which takes quadratic time over a run of character references.
    if len(reduced.encode()) > MOST_OUTPUT:
        return None
    result = nh3.clean(
        reduced,
        tags=set(ALLOWED_TAGS),
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=set(ALLOWED_SCHEMES),
        url_relative="deny",
        link_rel=LINK_REL,
    ).strip()
    return result if len(result.encode()) <= MOST_OUTPUT else None


class _Builder:
    """Builds a tree from what libxml2 reports of a document.

    Only known tags get into it, down to MOST_DEPTH, and only attributes that are
    looked at later: libxml2's own tree takes quadratic time over many of them.
    """

    def __init__(self) -> None:
        self.is_too_deep = False
        self._tree = etree.TreeBuilder()
        self._tree.start("html", {})
        self._tree.start("body", {})
        #: Of every open element, whether it is in the tree.
        self._open: list[bool] = []
        #: How many elements were open when one that is left out began.
        self._hidden_at: int | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        depth = len(self._open)
        self.is_too_deep |= depth >= PARSER_DEPTH
        if self._hidden_at is None and tag in _DROPPED - _VOID:
            self._hidden_at = depth
        is_kept = self._hidden_at is None and depth < MOST_DEPTH and tag in _BUILT
        self._open.append(is_kept and tag not in _VOID)
        if is_kept:
            read = {k: printable(v) for k, v in attributes.items() if k in _READ}
            self._tree.start(tag, read)
            if tag in _VOID:
                self._tree.end(tag)

    def end(self, tag: str) -> None:
        if self._open.pop():
            self._tree.end(tag)
        if self._hidden_at == len(self._open):
            self._hidden_at = None

    def data(self, data: str) -> None:
        if self._hidden_at is None:
            self._tree.data(printable(data))

    def close(self) -> etree._Element:
        self._tree.end("body")
        self._tree.end("html")
        return self._tree.close()


def _parsed(markup: str) -> etree._Element | None:
    """The tree of ``markup``, reduced; None if it is nested too deeply."""
    if "<![CDATA[" in markup:
        markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    builder = _Builder()
    parser = etree.HTMLParser(
        target=builder, encoding="utf-8", no_network=True, huge_tree=True
    )
    root = etree.fromstring(b"<body>" + printable(markup).encode(), parser)
    return None if builder.is_too_deep else root


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
        if candidate and (address := _absolute(candidate, base)):
            return address
    return ""


def _absolute(address: str, base: str) -> str:
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
        if element.tag in _RENAMED:
            element.tag = _RENAMED[element.tag]
        if element.tag in _BLOCKS or element in holders:
            holders.add(element.getparent())
    for element in elements:
        _reshape_one(element, holders)
    root.tag = "div"
    etree.strip_tags(root, _UNWRAP)


def _reshape_one(element: etree._Element, holders: set[etree._Element]) -> None:
    if element.tag in _CONTAINERS or (element.tag == "p" and element in holders):
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
        if child.tag not in _BLOCKS and child not in holders:
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
            return _absolute(value, base)
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

"""Which elements markup may hold, and a tree of it that is built within bounds."""

import inspect
from typing import Final

from lxml import etree

from .text import printable


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


#: What an article may hold. No pictures: shown from where they lie, they would tell
#: every reader's address to their host.
ALLOWED_TAGS: Final = words(
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

#: Levels of elements that are kept; deeper ones leave only their content.
MOST_DEPTH = 64
#: Just below 2,048, where libxml2 stops reading (its xmlParserMaxDepth, "huge").
PARSER_DEPTH = 2_000

#: What is left out with all it holds, and what becomes a link to what it shows.
DROPPED = words(
    "applet base basefont bgsound button canvas datalist frame frameset head input"
    " keygen link math meta meter noembed noframes noscript optgroup option output"
    " param progress script select style svg template textarea title track"
)
EMBEDS = words("audio embed iframe object video")
#: Elements that never hold anything (HTML, 13.1.2), of which libxml2 knows no better
#: than that the rest of the paragraph lies in them.
VOID = words("bgsound embed keygen track")
#: What is kept under another name, what only holds other elements, what begins a line.
RENAMED = {
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
CONTAINERS = words(
    "address article aside body caption center details dialog div fieldset footer form"
    " header hgroup html legend main nav search section summary"
)
BLOCKS = CONTAINERS | words(
    "blockquote dd dir dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li listing menu ol"
    " p plaintext pre table tbody td tfoot th thead tr ul xmp"
)
INLINE = words(
    "acronym area bdi bdo big blink col colgroup data dfn font image img label map"
    " mark marquee nobr picture rb rp rt rtc ruby samp slot source span var wbr"
)
KNOWN = ALLOWED_TAGS | DROPPED | EMBEDS | RENAMED.keys() | BLOCKS | INLINE
_BUILT = KNOWN - {"html", "body"}
#: Attributes that are kept, or that name what an embedded player shows.
_READ = frozenset().union(*ALLOWED_ATTRIBUTES.values(), ("data", "data-src", "src"))


def parsed(markup: str) -> etree._Element | None:
    """The tree of ``markup``, reduced; None if it is nested too deeply."""
    if "<![CDATA[" in markup:
        markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    builder = _Builder()
    parser = etree.HTMLParser(
        target=builder, encoding="utf-8", no_network=True, huge_tree=True
    )
    root = etree.fromstring(b"<body>" + printable(markup).encode(), parser)
    return None if builder.is_too_deep else root


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
        if self._hidden_at is None and tag in DROPPED - VOID:
            self._hidden_at = depth
        is_kept = self._hidden_at is None and depth < MOST_DEPTH and tag in _BUILT
        self._open.append(is_kept and tag not in VOID)
        if is_kept:
            read = {k: printable(v) for k, v in attributes.items() if k in _READ}
            self._tree.start(tag, read)
            if tag in VOID:
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


# For each parser lxml asks what ``start`` takes, and to find out took a seventh of the
# time of a parse.
_Builder.start.__signature__ = inspect.signature(_Builder.start)  # type: ignore[attr-defined]

"""HTML from outside, made safe to store and show; and plain text out of it.

In two passes. libxml2 parses within a bounded depth (``elements``), and its tree is
brought down to the tags and attributes that are allowed (``reduction``): that keeps
what comes next small and quick, which it would not be on hostile markup. nh3 comes
last and is what safety rests on: it parses anew, as browsers do, and writes nothing
that is not on its lists.
"""

import re
from html import escape, unescape
from typing import Final

import nh3
from lxml import etree

from .elements import ALLOWED_ATTRIBUTES, ALLOWED_TAGS, BLOCKS, EMBEDS, KNOWN, parsed
from .reduction import reduce
from .settled import LINK_REL, is_settled
from .text import clean

ALLOWED_SCHEMES: Final = frozenset({"http", "https", "mailto"})

#: Characters of markup that are read; what follows in a longer one is left out.
MOST_MARKUP = 2 * 1024 * 1024
#: Bytes of UTF-8 of a sanitised body.
MOST_OUTPUT = 512 * 1024
#: Characters kept of a text whose markup came out larger: escaped, they still fit.
MOST_PLAIN = MOST_OUTPUT // 8
#: Turns until the result no longer changes: two for nearly all real markup, and
#: never more than four in 15,000 random soups of tags.
MOST_TURNS = 6

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
        if after == before or is_settled(after, base):
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
    root = parsed(markup)
    if root is None:
        return clean(_decoded(_without_tags(markup)))
    etree.strip_elements(root, *EMBEDS, with_tail=False)
    for element in root.iter(*BLOCKS, "br"):
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
        if not name or name in KNOWN or "-" in name or ":" in name:
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
    root = parsed(markup)
    if root is None:
        return None
    reduce(root, base)
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

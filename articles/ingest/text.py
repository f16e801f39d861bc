"""Text from outside, made fit to store and to show on one line."""

import re
import unicodedata

# Characters that show nothing and can mislead: C0 and C1 controls that are no white
# space, bidirectional overrides and isolates (Unicode Technical Report 36, 3.1), and
# the two code points that XML 1.0 allows nowhere, so that one of them would break
# every feed we write.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_VERTICAL = re.compile("[\x0b\x0c]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Soft hyphen, zero-width blank, word joiner, byte order mark. The zero-width joiner
# and non-joiner stay: emoji, Persian and Indic scripts need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


def clean(value: str) -> str:
    """``value`` as one line of NFC text without characters that show nothing.

    Runs of white space become one blank and the ends are stripped.
    """
    if value.isascii() and value.isprintable():
        # Most texts are, and nothing of them has to go.
        return " ".join(value.split())
    visible = _INVISIBLE.sub("", printable(value))
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def printable(value: str) -> str:
    """``value`` with its lines, and without control characters.

    What is no character at all (a lone surrogate) becomes U+FFFD, so that the
    result can be encoded, stored and written into XML.
    """
    if value.isascii() and value.isprintable():
        return value
    value = _VERTICAL.sub("\n", _CONTROLS.sub("", value))
    return _SURROGATES.sub("\ufffd", value)

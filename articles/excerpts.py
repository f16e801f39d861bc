"""Excerpts: the beginning of a text, cut where a reader would cut it.

Lengths count words where a script separates them, and what a reader takes for one
character (a grapheme cluster) where it does not.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice

#: A character of the scripts that are written without blanks between words, by
#: Unicode's blocks: Thai, Lao, Tibetan, Burmese, Khmer, kana, bopomofo, Chinese
#: characters, Yi.
UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3031-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\uf900-\ufaff\uff66-\uff9f\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"\S+")
#: No language's words are as long on average, so a text without blanks is not one
#: word of any length.
_MOST_GRAPHEMES_PER_WORD = 20
#: Code points; the Stream-Safe Text Format (UAX #15, 13) allows 30 marks on a base.
_LONGEST_GRAPHEME = 32
#: Punctuation that makes no sense before an ellipsis.
_WEAK = " \t\r\n\u00a0\u3000,;:–—-、，；："


def words_or_graphemes(text: str, words: int, graphemes: int) -> str:
    """The first ``words`` of ``text``, with "…" where it was cut.

    Should they be mostly in a script without blanks between words, it is the first
    ``graphemes`` instead. A text that is short enough comes back as it is.
    """
    shown = _first_graphemes(
        _first_words(text, words), words * _MOST_GRAPHEMES_PER_WORD
    )
    if _is_unspaced(shown):
        shown = _first_graphemes(text, graphemes)
    if len(shown) == len(text):
        return text
    shown = shown.rstrip(_WEAK)
    return f"{shown}…" if shown else ""


def _first_words(text: str, count: int) -> str:
    words = islice(_WORD.finditer(text), count)
    end = max((word.end() for word in words), default=0)
    return text[:end] if text[end:].strip() else text


def _is_unspaced(text: str) -> bool:
    letters = "".join(_LETTER.findall(text))
    return 2 * len(UNSPACED.findall(letters)) > len(letters)


def _first_graphemes(text: str, count: int) -> str:
    if len(text) <= count:
        return text
    head = text[: count * _LONGEST_GRAPHEME]
    starts = [0, *boundaries(head, count)]
    if len(starts) > count:
        return text[: starts[count]]
    if len(head) == len(text):
        return text
    return text[: starts[-2]] if len(starts) > 1 else ""


def boundaries(text: str, count: int | None = None) -> list[int]:
    """Where the first ``count`` grapheme clusters of ``text`` end, as indexes.

    Unicode Standard Annex #29, table 1c, as a regular expression over one letter
    for each character's class; but Burmese vowel signs and tones, which the annex
    lets stand alone, stay with their letter.
    """
    classes = "".join(map(_grapheme_class, text))
    return [match.end() for match in islice(_CLUSTER.finditer(classes), count)]


_CLUSTER = re.compile(
    "rn|[rnc]|p*(?:ii|L*(?:AV*|V+|B)T*|L+|T+|x(?:e*zx)*|[^rncp])[ezs]*|p+[ezs]*"
)
_PICTOGRAPHIC = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328"
    "\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe"
    "\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d"
    "\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767"
    "\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f"
    "\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a"
    "\U0001f23c-\U0001f23f\U0001f249-\U0001f3fa\U0001f400-\U0001f53d\U0001f546-\U0001f64f"
    "\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f"
    "\U0001f848-\U0001f84f\U0001f85a-\U0001f85f\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff"
    "\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff\U0001fc00-\U0001fffd]"
)
_PREPENDED = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a"
    "\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
# Spacing marks by category that only extend, and letters that behave like marks.
_EXTENDING = frozenset(
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf"
    "\u1b35\u200c\u302e\u302f\uff9e\uff9f\U0001133e\U00011357\U000114b0\U000114bd"
    "\U000115af\U00011930\U0001d165\U0001d16e\U0001d16f\U0001d170\U0001d171\U0001d172"
)


@lru_cache(maxsize=4096)
def _grapheme_class(character: str) -> str:
    """The letter of ``character``'s Grapheme_Cluster_Break class in ``_CLUSTER``."""
    code = ord(character)
    if code < 0x300 and character not in "\u00a9\u00ad\u00ae":
        if character == "\r":
            return "r"
        if character == "\n":
            return "n"
        return "c" if code < 0x20 or 0x7F <= code < 0xA0 else "o"
    if hangul := _hangul_class(code):
        return hangul
    if character == "\u200d":
        return "z"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "i"
    if character in _PREPENDED:
        return "p"
    category = unicodedata.category(character)
    if (
        category in ("Mn", "Me")
        or character in _EXTENDING
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    ):
        return "e"
    if category == "Mc" or character in "\u0e33\u0eb3":
        return "s"
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return "c"
    return "x" if _PICTOGRAPHIC.match(character) else "o"


def _hangul_class(code: int) -> str:
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "A" if (code - 0xAC00) % 28 == 0 else "B"
    return ""

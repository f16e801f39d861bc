"""Phrases in running text: where do the names of tags stand in an article?

Text and phrases are folded alike and cut into units with the gaps between them
kept. A unit is a word where words are set apart by blanks, a run of katakana,
one character in scripts that write on without blanks, or one symbol. A phrase
stands where its units and gaps stand, so it never begins or ends inside a word.

The index is flat: phrases by their folded text, and how many units they have by
their first two. Measured beside a trie of characters, on two busy cores, over
texts of 500 words in which 1 word of 10 (with 50,000 phrases 4 of 10) begins
something to be found:

=======  ======  =====  ======  =====
phrases  index   build  memory  find
=======  ======  =====  ======  =====
10,000   flat     60ms    3 MB  1.5ms
10,000   trie    130ms   16 MB  1.9ms
50,000   flat    350ms   12 MB  2.5ms
50,000   trie    700ms   52 MB  3.3ms
=======  ======  =====  ======  =====

Two thirds of the time to find go into cutting the text.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import Generic, TypeVar

Target = TypeVar("Target", bound=Hashable)

#: A phrase of one or two characters, such as C or AI, must stand more freely.
SHORT = 2

#: Combining marks of the basic plane. With those of the other planes, of scripts
#: hardly in use, ``re`` would search a list for every character (20 times slower).
_MARK = "".join(
    c for c in map(chr, range(0x10000)) if unicodedata.category(c)[0] == "M"
)
#: Joiners, soft hyphens, marks of direction; variation selectors; skin tones.
_UNSEEN = (
    "\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff"
)
#: Hangul vowels and finals, also half-width, and half-width voicing marks:
#: they are no marks, yet NFKC joins them to the character before.
_JOINED = "\u1160-\u11ff\ud7b0-\ud7ff\uff9e-\uffdc"

_KATAKANA = "ァ-ヺー-ヿㇰ-ㇿ"
#: Thai, Lao; Burmese; Hangul; Khmer; Han, Hiragana, Bopomofo and their signs.
_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\uac00-\ud7ff\u1780-\u17ff"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"
    "ぁ-ゖゝ-ゟ\u3105-\u312f\u31a0-\u31bf\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W\d_{_KATAKANA}{_UNSPACED}]"
_SPACED = rf"[^\W_{_KATAKANA}{_UNSPACED}]"
_WORD = rf"{_SPACED}+(?:[{_MARK}]+{_SPACED}*)*"

#: Text as NFKC may treat it, piece by piece. No piece is longer than 31: sorting
#: marks takes the square of their number, and UAX #15 (Stream-Safe Text Format)
#: finds no use for more than 30.
_CLUSTER = rf"(?s:.)[{_MARK}{_UNSEEN}{_JOINED}]{{,30}}"
#: A run of ASCII, which NFKC leaves as it is, or a cluster. A mark belongs to the
#: character before it, so the run ends one character before a mark.
_STRETCH = re.compile(rf"[\x00-\x7f]+(?![{_MARK}{_UNSEEN}{_JOINED}])|{_CLUSTER}")
_UNIT = re.compile(
    rf"""(
      [a-z0-9]{{2,}}(?=[ ,])  # most of them: the next ones find the same, later
    | (?<![\w.])\.(?={_LETTER}){_WORD}             # .NET
    | (?:{_LETTER}\.)+{_LETTER}(?!{_SPACED})(?:\.(?!{_SPACED}))?   # U.S.
    | {_WORD}(?:\+{{2,}}|[+\#](?!{_SPACED}))?       # Japan, C++, C#
    | [{_KATAKANA}]+(?:[{_MARK}]+[{_KATAKANA}]*)*
    | [{_UNSPACED}][{_MARK}]*
    | [$&+<=>|] | [^\w\s\x00-\x7f]                 # symbols
    )""",
    re.VERBOSE,
)
_SEEN = re.compile(f"[^{_UNSEEN}]+")
_FREE = re.compile(f"[{_KATAKANA}{_UNSPACED}]")
#: Gaps over which no phrase runs unless it has such a gap itself.
_BREAK = re.compile(r"[,;:!?()\[\]{}]")
#: Punctuation of the kind "other", and symbols, that do not break a phrase.
_LINKS = "·‧・′″׳״−⁄"


@dataclass(frozen=True, slots=True)
class Match(Generic[Target]):
    """A phrase found: ``text[start:end] == found``, in characters."""

    target: Target
    phrase: str
    found: str
    start: int
    end: int


class PhraseBook(Generic[Target]):
    """Phrases and what they stand for, ready to be found in many texts.

    ``phrases`` yields pairs; several phrases may have one target and several
    targets one phrase. A phrase without letter, digit or symbol is left out.
    """

    def __init__(self, phrases: Iterable[tuple[str, Target]]) -> None:
        #: Phrases by folded text, and how many units the phrases have that
        #: begin with the same two, longest first.
        self._phrases: dict[str, tuple[tuple[str, Target], ...]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        #: Units that are a phrase by themselves.
        self._alone: set[str] = set()
        for phrase, target in phrases:
            tokens = _Cut(phrase).tokens[1:-1]
            if tokens:
                self._add(tokens, phrase, target)

    def _add(self, tokens: list[str], phrase: str, target: Target) -> None:
        folded = "".join(tokens)
        same = self._phrases.get(folded, ())
        if all(target != known for _phrase, known in same):
            self._phrases[folded] = (*same, (phrase, target))
        length = len(tokens) // 2 + 1
        if length == 1:
            self._alone.add(folded)
        else:
            beginning = "".join(tokens[:3])
            lengths = {*self._lengths.get(beginning, ()), length}
            self._lengths[beginning] = tuple(sorted(lengths, reverse=True))

    def find(self, text: str) -> list[Match[Target]]:
        """Which phrases stand in a text, in the order of their places.

        Where phrases overlap, the one that begins first counts, and of those
        the longest. Each target is given once, at its first place.
        """
        cut = _Cut(text)
        found: dict[Target, Match[Target]] = {}
        free = 0
        for unit in self._beginnings(cut):
            length = self._length_at(cut, unit) if unit >= free else 0
            if length:
                free = unit + length
                start, end = cut.span(unit, length)
                here = text[start:end]
                for phrase, target in self._phrases[cut.folded(unit, length)]:
                    if target not in found and _is_meant(phrase, here):
                        place = Match(target, phrase, here, start, end)
                        found[target] = place
        return list(found.values())

    def _beginnings(self, cut: "_Cut") -> list[int]:
        """The units at which a phrase may begin.

        In many a text every other word begins the name of some tag, and hardly one
        goes on as the name does: what goes for each word is done by few calls.
        """
        units, gaps = cut.tokens[1::2], cut.tokens[2::2]
        pairs = map("".join, zip(units, gaps, [*units[1:], ""], strict=False))
        alone, lengths = self._alone, self._lengths
        return [
            unit
            for unit, (first, pair) in enumerate(zip(units, pairs, strict=True))
            if first in alone or pair in lengths
        ]

    def _length_at(self, cut: "_Cut", unit: int) -> int:
        """How many units the longest phrase has that begins at a unit, or 0."""
        beginning = cut.folded(unit, 2)
        for length in (*self._lengths.get(beginning, ()), 1):
            folded = cut.folded(unit, length)
            if folded in self._phrases and cut.stands_free(unit, length):
                return length
        return 0


def first_matches(
    book: PhraseBook[Target], pieces: Iterable[Sequence[str]]
) -> list[dict[Target, Match[Target]]]:
    """For each piece, given as its texts, the first match of each target in them."""
    found: list[dict[Target, Match[Target]]] = []
    for texts in pieces:
        matches: dict[Target, Match[Target]] = {}
        for text in texts:
            for match in book.find(text):
                matches.setdefault(match.target, match)
        found.append(matches)
    return found


def _is_meant(phrase: str, found: str) -> bool:
    """Whether text of this case means the phrase: "us" is not the US.

    A phrase of capital letters alone is an abbreviation; "Nato" may be one as
    well, but "who", "it" and "us" are words.
    """
    return not (phrase.isalpha() and phrase.isupper() and found.islower())


def fold(text: str) -> str:
    """What makes two phrases the same: "Japan–US  Alliance" is "japan us alliance".

    NFKC and case folding; dots within abbreviations dropped; a run of blanks,
    dashes, slashes, quotation marks and single dots is one blank, and a run with
    a comma or another mark that sets off is one comma; none at either end.
    """
    return "".join(_Cut(text).tokens[1:-1])


class _Cut:
    """A text as gap, unit, gap, unit … gap, and where each came from."""

    def __init__(self, text: str) -> None:
        self.text = text
        normal, self._origin = _normalised(text)
        parts = _UNIT.split(normal)
        self._places = list(accumulate(map(len, parts), initial=0))
        self.tokens = parts
        self.units = len(parts) // 2
        parts[::2] = [gap if gap in ("", " ") else _gap(gap) for gap in parts[::2]]
        parts[1::2] = [
            unit.replace(".", "") if "." in unit[1:] else unit for unit in parts[1::2]
        ]

    def folded(self, unit: int, length: int) -> str:
        """Units and the gaps between them; empty where the text ends before."""
        if unit + length > self.units:
            return ""
        return "".join(self.tokens[2 * unit + 1 : 2 * (unit + length)])

    def span(self, unit: int, length: int) -> tuple[int, int]:
        """Where units stand in the original text."""
        start = self._places[2 * unit + 1]
        end = self._places[2 * (unit + length)]
        return self._origin[start], self._origin[end]

    def stands_free(self, unit: int, length: int) -> bool:
        """Whether units are set off well enough from what stands beside them."""
        ends = self._places[2 * unit + 1], self._places[2 * (unit + length)]
        if any(end and self._origin[end] == self._origin[end - 1] for end in ends):
            return False  # inside a character that NFKC makes several of
        folded = self.folded(unit, length)
        if len(folded) > SHORT or not re.match(_SPACED, folded):
            return True
        start, end = self.span(unit, length)
        return all(
            map(_sets_off, (self.text[start - 1 : start], self.text[end : end + 1]))
        )


def _normalised(text: str) -> tuple[str, Sequence[int]]:
    """A text folded character by character, and the origin of each place.

    ``origin[i]`` is where in ``text`` the character began that gave place ``i``;
    the end is the last place.
    """
    if text.isascii():
        return text.lower(), range(len(text) + 1)
    folded: list[str] = []
    origin: list[Sequence[int]] = []
    place = 0
    for stretch in _STRETCH.findall(text):
        end = place + len(stretch)
        if stretch.isascii():
            folded.append(stretch.lower())
            origin.append(range(place, end))
        else:
            folded.append(_folded(stretch))
            origin.append([place] * len(folded[-1]))
        place = end
    return "".join(folded), [*chain.from_iterable(origin), place]


@lru_cache(maxsize=8192)
def _folded(cluster: str) -> str:
    """A character with its marks in NFKC, without regard to case."""
    seen = "".join(_SEEN.findall(cluster))
    if unicodedata.category(seen[:1] or "x") == "Sk":
        return " "  # an accent that stands alone is somebody's apostrophe
    text = unicodedata.normalize("NFKC", seen).casefold()
    return "".join(map(_plain, unicodedata.normalize("NFKC", text)))


def _plain(c: str) -> str:
    """A character, or the ASCII punctuation that does the same here."""
    if c.isascii():
        return c
    category = unicodedata.category(c)
    if c in _LINKS or category in {"Pd", "Pc", "Pi", "Pf", "Cc"} or category[0] == "Z":
        return " "
    if category[0] == "P":
        return ","
    return "#" if c == "♯" else c


def _gap(gap: str) -> str:
    return "," if _BREAK.search(gap) else " "


def _sets_off(neighbour: str) -> bool:
    """Whether a character, or the edge, sets off a short phrase: C from C-suite."""
    c = unicodedata.normalize("NFKC", neighbour)[:1]
    if not c or c.isspace() or _FREE.match(c):
        return True
    category = unicodedata.category(c)
    return category[0] in "PC" and category not in {"Pd", "Pc"} and c not in "+#&"

"""The words of a text as search compares them: folded, stemmed, in pairs of characters.

What the index holds and what a reader asks for come from here alone, so both
databases find the same. Nothing here knows the database.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import snowballstemmer

from articles.excerpts import UNSPACED

#: The longest word that counts, in characters; what is longer is cut there.
LONGEST_WORD = 60
#: Words of one text that are looked at. A position beyond 16,383 is none to
#: PostgreSQL, and a piece shows several texts.
MOST_WORDS = 4000

#: Leads a stem, so that it is no word that somebody can write.
STEM = "="
#: Stands between two texts, so that no phrase reaches from one into the other.
BREAK = "="


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or one pair of characters, with its place in the text it is from.

    ``end`` is where it ends, ``first`` where its first character does. ``is_last``
    marks the single character that ends a run of pairs.
    """

    text: str
    start: int
    end: int
    first: int
    is_pair: bool = False
    is_last: bool = False


#: What belongs to one character: accents, voicing marks, parts of a Hangul syllable.
_CLUSTER = re.compile(
    "[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?"
    "|.[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u3099\u309a"
    "\uff9e\uff9f]*",
    re.DOTALL,
)
#: Letters that carry a mark which no Unicode table takes off.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_QUOTES = str.maketrans(dict.fromkeys("‘’‛ʼ＇", "'"))
#: Katakana (ァ to ヶ) stand for the hiragana this far before them.
_KATAKANA = range(0x30A1, 0x30F7)
_TO_HIRAGANA = 0x60
#: Accents go from the scripts before this one: Latin, Greek, Cyrillic, Hebrew,
#: Arabic. Behind it marks are vowels, or tell か from が.
_FIRST_WITHOUT_ACCENTS = 0x0700

#: Says in which of its shapes the character before it is drawn.
_VARIANT = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# After folding, whatever is not ASCII belongs to a word.
_IN = "0-9a-z\u0080-\U0010ffff"
_RUN = UNSPACED.pattern[1:-1] + "\uac00-\ud7a3"
_TOKEN = re.compile(
    rf"(?P<dotted>(?<![{_IN}])[a-z](?:\.[a-z])+(?![{_IN}])\.?)"
    rf"|(?P<sharp>(?<![{_IN}])[a-z](?:\+\+|#)(?![{_IN}]))"
    rf"|(?P<run>[{_RUN}]+)"
    rf"|(?P<word>(?:(?![{_RUN}])[{_IN}])+)(?:'s(?![{_IN}]))?"
)


@lru_cache(maxsize=20_000)
def _folded(cluster: str) -> str:
    """One character with its marks, folded; a blank where it parts words."""
    if cluster.isascii():
        return cluster.lower()
    text = unicodedata.normalize("NFKC", cluster.translate(_QUOTES)).casefold()
    text = "".join(map(_bare, text)).translate(_LETTERS)
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _bare(character: str) -> str:
    """Without its accents, where accents do not make another letter."""
    parts = unicodedata.normalize("NFD", character)
    if unicodedata.category(parts[0]) == "Mn" and ord(parts[0]) < 0x700:
        return ""
    if len(parts) == 1 or ord(parts[0]) >= _FIRST_WITHOUT_ACCENTS:
        return character
    return "".join(c for c in parts if unicodedata.category(c) != "Mn")


def _letter(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category in ("Cf", "Cs") or _VARIANT.match(character):
        return ""
    if category[0] not in "LMN":
        return " "
    code = ord(character)
    return chr(code - _TO_HIRAGANA) if code in _KATAKANA else character


def fold(text: str) -> str:
    """A text without what does not count: case, width, accents, kind of kana."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, _CLUSTER.findall(text)))


def _origins(text: str) -> list[int]:
    """For each character of ``fold(text)``, and its end, the index where it is from."""
    origins: list[int] = []
    for match in _CLUSTER.finditer(text):
        origins += [match.start()] * len(_folded(match[0]))
    return [*origins, len(text)]


def words(text: str) -> list[Word]:
    """The words of a text in their order, with places in the folded text.

    A run of Japanese, Chinese, Korean or Thai comes as the pairs of its characters
    and then its last one: 日米同盟 is 日米, 米同, 同盟, 盟.
    """
    return list(_words(fold(text)))


def words_in(text: str) -> list[Word]:
    """The same with places in ``text`` itself."""
    if text.isascii():
        # Each character is folded to one.
        return words(text)
    at = _origins(text)

    def place(end: int) -> int:
        # Marks of the last character belong to it: end where the next one begins.
        last = at[end - 1]
        while end < len(at) - 1 and at[end] == last:
            end += 1
        return at[end]

    return [
        Word(
            each.text,
            at[each.start],
            place(each.end),
            place(each.first),
            each.is_pair,
            each.is_last,
        )
        for each in _words(fold(text))
    ]


def _words(folded: str) -> Iterator[Word]:
    number = 0
    for match in _TOKEN.finditer(folded):
        for word in _of_match(match):
            if (number := number + 1) > MOST_WORDS:
                return
            yield word


def _of_match(match: re.Match[str]) -> Iterator[Word]:
    kind = match.lastgroup or ""
    start, end = match.span(kind)
    if kind == "run":
        for at in range(start, end - 1):
            pair = match.string[at : at + 2]
            yield Word(pair, at, at + 2, at + 1, is_pair=True)
        yield Word(match.string[end - 1], end - 1, end, end, is_last=True)
        return
    text = match[kind].replace(".", "") if kind == "dotted" else match[kind]
    yield Word(text[:LONGEST_WORD], start, end, start + 1)


_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=60_000)
def stem(word: str) -> str:
    """The English stem of a folded word, led by ``STEM``: elections, =elect.

    Words of other languages go through the same rules, when written and when asked
    for, and so find themselves.
    """
    if word.isascii() and word.isalpha():
        return STEM + str(_stemmer.stemWord(word))
    return STEM + word


def indexed(texts: Iterable[str], marks: Iterable[str] = ()) -> list[str]:
    """What the index holds of some texts that are shown together.

    First their words in order, a ``BREAK`` behind each text; then stems and
    ``marks``, each once, which stand in no order.
    """
    found: list[str] = []
    stems: dict[str, None] = {}
    for text in texts:
        for word, has_stem in islice(_bare_words(fold(text)), MOST_WORDS):
            found.append(word)
            if has_stem:
                stems[stem(word)] = None
        found.append(BREAK)
    return [*found, *stems, *dict.fromkeys(marks)]


def _bare_words(folded: str) -> Iterator[tuple[str, bool]]:
    """The words of a folded text, each with whether it has a stem.

    As ``words`` has them, without their places: an import cuts millions, in half
    of the time.
    """
    for match in _TOKEN.finditer(folded):
        if match.lastgroup == "word":
            yield match["word"][:LONGEST_WORD], True
        elif match.lastgroup == "run":
            run = match["run"]
            for at in range(len(run)):
                yield run[at : at + 2], False
        else:
            yield from ((word.text, True) for word in _of_match(match))

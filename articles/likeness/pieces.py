"""Pieces as they are compared: what is read of them, and how alike two are.

The numbers come from real texts and headlines; docs/decisions/0016-near-copies.md
has the figures.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from articles.excerpts import UNSPACED
from articles.markup import plain

from .signatures import headline_keys, text_keys

#: Words that are read of headline and text together. Copy is cut from its end, so
#: its beginning is what two papers have in common.
MOST_WORDS = 200
#: Characters in which so many are looked for, and the same with markup.
READ, READ_OF_BODY = 2_400, 6_000
#: Words in a row that count as one part of a text.
RUN = 3
#: A text of fewer words, its headline left out, is a remark such as "Read more".
#: Of characters without blanks between words, two count as one, here and below.
FEWEST_WORDS = 20
#: A headline of fewer words, such as "Weather forecast", stands over many pieces.
FEWEST_IN_HEADLINE = 6
#: How much two texts have in common from which on they are taken for copies: of
#: two sources, and of one. A source has its templates, and repeats itself.
OF_TWO_SOURCES, OF_ONE_SOURCE = 0.5, 0.75
#: The same of headlines, which count between two sources only, and within days.
OF_HEADLINES, DAYS_OF_HEADLINES = 0.75, timedelta(days=3)
#: Figures that both texts must have for these to tell them apart.
FEWEST_FIGURES = 3

#: Blanks and punctuation. Not ``\\W``: that holds the vowels of Indian scripts.
_BETWEEN = (
    r"\s!-/:-@\[-`{-~\u00a0-\u00bf\u060c\u061b\u061f\u0964\u0965"
    r"\u2000-\u206f\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030"
)
_WORD = re.compile(rf"{UNSPACED.pattern}|[^{_BETWEEN}{UNSPACED.pattern[1:-1]}]+")
_FIGURE = re.compile(r"\d+")


@dataclass(frozen=True)
class Piece:
    """What is compared of a piece: its source, its date, its first words.

    ``words`` begin with those of the headline, ``in_headline`` of them.
    """

    source: int
    at: datetime
    words: tuple[str, ...]
    in_headline: int

    @cached_property
    def headline(self) -> frozenset[str]:
        """The headline's words, or pairs of characters where no blanks are.

        Empty if there are too few of them to tell anything.
        """
        words = self.words[: self.in_headline]
        if _length(words) < FEWEST_IN_HEADLINE:
            return frozenset()
        characters = {word for word in words if UNSPACED.match(word)}
        pairs = (
            one + next_one
            for one, next_one in pairwise(words)
            if one in characters and next_one in characters
        )
        return frozenset({*words, *pairs} - characters)

    @cached_property
    def has_text(self) -> bool:
        return _length(self.words[self.in_headline :]) >= FEWEST_WORDS

    @cached_property
    def runs(self) -> list[str]:
        """The parts of headline and text, in order."""
        words = self.words
        starts = (words[n:] for n in range(RUN))
        return list(map(" ".join, zip(*starts, strict=False)))

    @cached_property
    def keys(self) -> frozenset[int]:
        """By which pieces that may be alike are found."""
        keys = text_keys(self.runs) if self.has_text else []
        if self.headline:
            keys += headline_keys(self.headline)
        return frozenset(keys)


def read(headline: str, excerpt: str, body: str, *, source: int, at: datetime) -> Piece:
    """The piece with this headline, excerpt and text with markup.

    Of excerpt and text the longer one is read: where there are both, the one is
    the beginning of the other, or somebody's summary, which others do not have.
    """
    title = _words(headline)
    texts = (_words(excerpt), _words(plain(body[:READ_OF_BODY])))
    words = _head((*title, *max(texts, key=len)))
    return Piece(source=source, at=at, words=words, in_headline=len(title))


def likeness(one: Piece, other: Piece) -> float:
    """How much two pieces have in common, up to 1; 0 if they are taken for two.

    Their texts are compared as far as the shorter one goes, their headlines if
    they come from two sources at nearly the same time.
    """
    is_one_source = one.source == other.source
    found = 0.0
    if one.has_text and other.has_text:
        shared = _of_texts(one, other)
        if shared >= (OF_ONE_SOURCE if is_one_source else OF_TWO_SOURCES):
            found = shared
    if not is_one_source and abs(one.at - other.at) <= DAYS_OF_HEADLINES:
        shared = _of_headlines(one, other)
        if shared >= OF_HEADLINES:
            found = max(found, shared)
    return found


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text[:READ]).casefold())


def _length(words: Sequence[str]) -> float:
    """How many words they are, two characters counted as one."""
    text = "".join(words)
    return len(words) - (0 if text.isascii() else len(UNSPACED.findall(text)) / 2)


def _head(words: tuple[str, ...]) -> tuple[str, ...]:
    """The first MOST_WORDS, or twice as many where most are characters."""
    head = words[:MOST_WORDS]
    return head if _length(head) > 0.75 * len(head) else words[: 2 * MOST_WORDS]


def _of_texts(one: Piece, other: Piece) -> float:
    length = min(len(one.words), len(other.words))
    if _figures_differ(one.words[:length], other.words[:length]):
        return 0
    runs = length - RUN + 1
    return _shared({*one.runs[:runs]}, {*other.runs[:runs]})


def _figures_differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether most figures are other ones: a copy keeps them, a template does not."""
    of_one, of_other = _figures(one), _figures(other)
    fewer = min(len(of_one), len(of_other))
    return fewer >= FEWEST_FIGURES and 2 * len(of_one & of_other) < fewer


def _of_headlines(one: Piece, other: Piece) -> float:
    of_one, of_other = (
        _figures(each.words[: each.in_headline]) for each in (one, other)
    )
    if of_one - of_other and of_other - of_one:
        # Part 1 and part 2, a summit of two years.
        return 0
    return _shared(one.headline, other.headline)


def _figures(words: Sequence[str]) -> set[str]:
    return set(_FIGURE.findall(" ".join(words)))


def _shared(one: frozenset[str] | set[str], other: frozenset[str] | set[str]) -> float:
    """What both have, as a part of what either has (the Jaccard index)."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0

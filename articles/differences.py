"""What differs between two texts, word by word, for people to read."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from articles.excerpts import boundaries

Kind = Literal["same", "changed", "gap"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: as in the other text, not in it, or left out here."""

    text: str
    kind: Kind


#: Words, sentences or the like in both texts together that are compared one by one.
#: It takes quadratic time: a quarter of a second for as many as this, at the worst.
MOST_PARTS = 6_000
#: Characters around a change that are shown of what has not changed.
CONTEXT = 160
#: Characters that are shown of one stretch that has changed.
MOST_SHOWN = 4_000

_PUNCTUATION = re.escape("""!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~‘’“”„«»…–—""")
_WORD = re.compile(rf"\s+|\d+(?:[.,]\d+)+|[{_PUNCTUATION}]|[^\s{_PUNCTUATION}]+")
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]+\s*|[^.!?。！？\n]+")
#: First words of the Unicode names of characters that stand in texts without blanks.
_UNSPACED = frozenset(
    {
        "BOPOMOFO",
        "CJK",
        "HALFWIDTH",
        "HIRAGANA",
        "IDEOGRAPHIC",
        "KATAKANA",
        "KATAKANA-HIRAGANA",
        "KHMER",
        "LAO",
        "MYANMAR",
        "THAI",
        "TIBETAN",
        "YI",
    }
)


def compare(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, each with what the other lacks marked as changed.

    By words, or by characters in scripts without blanks; texts that differ in very
    many words are compared by sentences, and at last as wholes. Of what has not
    changed, the neighbourhood of a change is kept.
    """
    splitters: tuple[Callable[[str], list[str]], ...] = (_words, _SENTENCE.findall)
    for split in splitters:
        old, new = split(before), split(after)
        head, tail = _common(old, new)
        if len(old) + len(new) - 2 * (head + tail) <= MOST_PARTS:
            return _compared(old, new, head, tail)
    return [_changed(before)], [_changed(after)]


def _changed(text: str) -> Piece:
    shown = f"{text[:MOST_SHOWN]}…" if len(text) > MOST_SHOWN else text
    return Piece(shown, "changed")


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(text):
        if any(map(_is_unspaced, word)):
            ends = [0, *boundaries(word)]
            words += [word[a:b] for a, b in zip(ends, ends[1:], strict=False)]
        else:
            words.append(word)
    return words


@lru_cache(maxsize=4096)
def _is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").partition(" ")[0] in _UNSPACED


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many parts are the same at the beginning of both, and at the end."""
    most = min(len(old), len(new))
    head = next((n for n in range(most) if old[n] != new[n]), most)
    rest = most - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return head, tail


def _compared(
    old: list[str], new: list[str], head: int, tail: int
) -> tuple[list[Piece], list[Piece]]:
    middle = SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail]
    )
    runs = [("equal", 0, head, 0, head)]
    for tag, *where in middle.get_opcodes():
        start, end, new_start, new_end = (head + position for position in where)
        runs.append((tag, start, end, new_start, new_end))
    runs.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    before = [(tag, "".join(old[a:b])) for tag, a, b, _, _ in runs]
    after = [(tag, "".join(new[a:b])) for tag, _, _, a, b in runs]
    return _pieces(before), _pieces(after)


def _pieces(runs: list[tuple[str, str]]) -> list[Piece]:
    """Runs as pieces: neighbours of a kind joined, long ones that are same cut."""
    joined: list[tuple[Kind, str]] = []
    for tag, text in runs:
        kind: Kind = "same" if tag == "equal" else "changed"
        if kind == "same" and text.isspace() and joined:
            # A blank between two changed words makes them no two changes.
            kind = joined[-1][0]
        if not text:
            continue
        if joined and joined[-1][0] == kind:
            text = joined.pop()[1] + text
        joined.append((kind, text))
    pieces: list[Piece] = []
    for place, (kind, text) in enumerate(joined):
        if kind == "changed":
            pieces.append(_changed(text))
        else:
            pieces += _cut(text, place == 0, place == len(joined) - 1)
    return pieces


def _cut(text: str, is_first: bool, is_last: bool) -> list[Piece]:
    """What is the same, without what is far from the changes around it."""
    head = 0 if is_first and not is_last else CONTEXT
    tail = 0 if is_last and not is_first else CONTEXT
    if len(text) <= head + tail + CONTEXT:
        return [Piece(text, "same")]
    kept = [
        Piece(text[:head], "same"),
        Piece(" … ", "gap"),
        Piece(text[len(text) - tail :], "same"),
    ]
    return [piece for piece in kept if piece.text]

"""Where the words of a query stand in a text that is shown.

Computed from the shown text alone, by the rules of the index: nothing hidden can be
told by it, and a stem or a Japanese pair is marked where it was found.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from articles.rights import Permitted
from articles.words import Word, stem, words_in

from .query import Query, Term, parse


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a text; ``is_found`` where words of the query stand in it."""

    text: str
    is_found: bool = False


def highlighted(text: str, query: Query | str) -> list[Segment]:
    """A text in stretches, found and not; joined they are the text."""
    if isinstance(query, str):
        query = parse(query)
    spans = _merged(sorted(_spans(text, query.wanted))) if query.wanted else []
    segments, at = [], 0
    for start, end in spans:
        segments += [Segment(text[at:start]), Segment(text[start:end], is_found=True)]
        at = end
    return [each for each in [*segments, Segment(text[at:])] if each.text]


@dataclass(frozen=True, slots=True)
class Marked:
    """The texts of a card as HTML, escaped, with what was found in ``<mark>``."""

    headline: SafeString
    excerpt: SafeString
    note: SafeString


def marked(shown: Permitted, text: str | None) -> Marked | None:
    """What may be shown of a piece, with the words of a query; None without any."""
    query = parse(text or "")
    if not query.wanted:
        return None
    return Marked(
        headline=as_html(highlighted(shown.headline, query)),
        excerpt=as_html(highlighted(shown.excerpt, query)),
        note=as_html(highlighted(shown.note, query)),
    )


def as_html(segments: list[Segment]) -> SafeString:
    """Stretches of a plain text, escaped, with ``<mark>`` around what was found."""
    parts = (
        f"<mark>{escape(each.text)}</mark>" if each.is_found else escape(each.text)
        for each in segments
    )
    # Each part is escaped; what joins them is nothing.
    return mark_safe("".join(parts))


def _spans(text: str, terms: list[Term]) -> Iterator[tuple[int, int]]:
    found = words_in(text)
    for term in terms:
        length = len(term.words)
        for at in range(len(found) - length + 1):
            part = found[at : at + length]
            if _is(part, term):
                last = part[-1]
                yield part[0].start, last.first if term.is_beginning else last.end


def _is(part: list[Word], term: Term) -> bool:
    if term.is_stem:
        word = part[0]
        return not word.is_pair and stem(word.text) == term.words[0]
    *before, last = zip(part, term.words, strict=True)
    if any(word.text != wanted for word, wanted in before):
        return False
    word, wanted = last
    return word.text.startswith(wanted) if term.is_beginning else word.text == wanted


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged

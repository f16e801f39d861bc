"""What a reader asks for, as the index understands it.

Words in any order; ``"words in quotation marks"`` as they stand beside each other;
``-word`` for what must not be there. Nothing else is syntax: whatever a reader
writes beside that is taken as words, or as nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from articles.words import STEM, Word, stem, words

#: The longest query that is looked at, in characters; the site's forms refuse more.
LONGEST_QUERY = 200
#: Words and phrases of a query that count; the rest of an absurdly long one is
#: left out. Each costs the database one list of the index.
MOST_TERMS = 10

#: Any kind of double quotation mark opens and closes a phrase.
_MARKS = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_PART = re.compile(
    r"(?P<no>(?<!\S)[-－−])?(?:\"(?P<phrase>[^\"]*)(?:\"|$)|(?P<word>[^\s\"]+))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase: words of the index that stand one behind the other.

    A single word is its stem. The last one of a phrase may be the beginning of a
    word: so a single Japanese character is found in pairs.
    """

    words: tuple[str, ...]
    is_beginning: bool = False
    is_excluded: bool = False

    @property
    def is_stem(self) -> bool:
        return self.words[0].startswith(STEM)

    @property
    def in_name(self) -> str:
        """What a name's words hold that this finds; see ``NameWordsField``."""
        return f" {' '.join(self.words)}" + ("" if self.is_beginning else " ")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; ``is_blank`` if nothing was written at all."""

    terms: tuple[Term, ...]
    is_blank: bool

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.is_excluded]

    @property
    def excluded(self) -> list[Term]:
        return [term for term in self.terms if term.is_excluded]


def parse(text: str) -> Query:
    """The query that a text is. Any text is one; what holds no word finds nothing."""
    text = text[:LONGEST_QUERY].translate(_MARKS)
    terms = list(dict.fromkeys(_terms(text)))[:MOST_TERMS]
    return Query(tuple(terms), is_blank=not text.strip())


def _terms(text: str) -> Iterator[Term]:
    for part in _PART.finditer(text):
        phrase, word = part["phrase"], part["word"]
        found = words(phrase or word or "")
        if found:
            is_excluded = part["no"] is not None
            yield _term(found, is_exact=phrase is not None, is_excluded=is_excluded)


def _term(found: list[Word], *, is_exact: bool, is_excluded: bool) -> Term:
    last = found[-1]
    texts = [word.text for word in found]
    if last.is_last and len(found) > 1 and found[-2].is_pair:
        # A run may go on in the text: its last character is in the pair before.
        return Term(tuple(texts[:-1]), is_excluded=is_excluded)
    if last.is_last:
        return Term(tuple(texts), is_beginning=True, is_excluded=is_excluded)
    if len(found) == 1 and not is_exact:
        return Term((stem(last.text),), is_excluded=is_excluded)
    return Term(tuple(texts), is_excluded=is_excluded)

"""Names: when two are the same, what their address is, how they are read.

A name is what people call a tag, a category or a source. Nothing here knows the
database.
"""

import re
import unicodedata
from functools import lru_cache

#: Longest address part, in characters; the slug fields are as long.
SLUG_LENGTH = 100
#: How far back from SLUG_LENGTH a dash is looked for to cut a slug there.
SLUG_CUT = 30

#: Punctuation that tells names apart (C# and C), in all its widths.
_HASHES = "#＃﹟"
#: Dashes that Unicode files under mathematical symbols.
_DASHES = "~−"
#: Variation selectors: whether ❤ is drawn as text or as a picture.
_VARIATIONS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Categories of what goes from a slug without leaving a dash.
_TRACELESS = {"Mn", "Mc", "Me", "Cf", "Cs"}
#: What a slug spells out.
_SPELLED = {"+": "plus", "#": "sharp", "&": "and"}


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """What makes two names the same; empty when the name is none.

    Compatibility forms (NFKC) and case are folded; a leading ``#``, blanks,
    dashes, punctuation and characters nobody sees are dropped. ``+`` and a ``#``
    that does not lead stay, so that C++, C# and C are three names; ♯ counts as
    ``#``. Accents stay, and so do letters and symbols of all scripts.
    ``name_key(name_key(x)) == name_key(x)``.
    """
    key = _folded(name)
    # Dropping may bring together what Unicode then composes, once or twice.
    while (again := _folded(key)) != key:
        key = again
    return key


@lru_cache(maxsize=20_000)
def slug_for(name: str) -> str:
    """The part of an address for a name: ``日米同盟``, ``économie``, ``c-sharp``.

    Lower-case letters and digits of all scripts with single dashes between, at
    most SLUG_LENGTH characters, never a dash at an end, and nothing but what
    ``[-\\w]`` matches, which is what Django's Unicode slugs may hold: combining
    marks that have no composed letter are dropped. Empty for what is no name
    (``!!!``). A name without letter or digit is spelled by the Unicode names of
    its symbols (🚀: ``rocket``). ``slug_for(slug_for(x)) == slug_for(x)``, and
    the slug equals its own ``lower()``.
    """
    if not name_key(name):
        return ""
    text = _dashed(name)
    if not any(map(str.isalnum, text)):
        text = "-".join(map(_spelled, text))
    for mark, word in _SPELLED.items():
        text = text.replace(mark, f"-{word}-")
    text = re.sub(r"[\W_]+", "-", text).strip("-")
    # Dropping a mark may bring together what Unicode then composes.
    return _cut(text if text == _dashed(text) else slug_for(text))


def words_of(name: str) -> str:
    """A hashtag in CamelCase as running words: ``Japan US Alliance``.

    A leading ``#`` is dropped. Names with blanks or punctuation, and names in
    scripts without capitals, stay as they are; so do COVID19, iPhone and NGOs.
    """
    name = name.lstrip(_HASHES)
    if not name.isalnum():
        return name
    starts = [i for i in range(1, len(name)) if _starts_word(name, i)]
    bounds = zip([0, *starts], [*starts, len(name)], strict=True)
    return " ".join(name[start:end] for start, end in bounds)


def _starts_word(name: str, i: int) -> bool:
    """Whether a new word starts at ``name[i]``, the first character apart."""
    before, here, after = name[i - 1], name[i], name[i + 1 : i + 3]
    if not here.isupper():
        return False
    if before.islower():
        return i > 1  # the i of iPhone is no word
    if after[:1] == "s":
        return after[1:].islower()  # the s of NGOs is no word
    return after[:1].islower()


def _composed(text: str) -> str:
    """NFKC, without accents that stand for themselves (´) or vary a picture.

    They go first: NFKC would make a blank and a combining accent of them, and
    put the accent on the letter before.
    """
    text = "".join(" " if unicodedata.category(c) == "Sk" else c for c in text)
    text = _VARIATIONS.sub("", text)
    return unicodedata.normalize("NFKC", text).replace("♯", "#")


def _is_dropped(c: str) -> bool:
    """Whether a character does not tell names apart: blank, dash, control …"""
    category = unicodedata.category(c)
    return c in _DASHES or category[0] in "PZ" or category in {"Sk", "Cc", "Cf", "Cs"}


def _folded(text: str) -> str:
    text = _composed(text).casefold()
    return "".join(c for c in text if c == "#" or not _is_dropped(c)).lstrip("#")


def _dashed(text: str) -> str:
    """Lower case, a dash for each blank or punctuation, none at the ends.

    Combining marks and invisible characters go without a trace, and so does a
    ``#`` that leads a word: "why #metoo" is not about a sharp.
    """
    text = _composed(text).lower()
    seen = (c for c in text if unicodedata.category(c) not in _TRACELESS)
    text = "".join(c if c in _SPELLED or not _is_dropped(c) else "-" for c in seen)
    return re.sub("(^|-)[#-]+", r"\1", text).strip("-")


def _spelled(symbol: str) -> str:
    """A symbol by its Unicode name, by its code where Python knows none."""
    if symbol in _SPELLED or symbol == "-":
        return symbol
    name = unicodedata.name(symbol, f"u{ord(symbol):x}").lower()
    return name.removeprefix("regional indicator symbol letter ")


def _cut(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    dash = slug.rfind("-", SLUG_LENGTH - SLUG_CUT, SLUG_LENGTH + 1)
    return slug[: dash if dash > 0 else SLUG_LENGTH].strip("-")

"""From records, as they were found, to entries, as they may be stored.

The rules are the article record's (``docs``: "An article record"): every problem
of a record is told at once, each beginning with its field.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from articles.excerpts import words_or_graphemes
from articles.names import slug_for

from . import dates, identity, sanitise
from .entries import CONTENT_VERSION, LIMITS, MAX_TAGS, Entry, Record
from .text import clean

#: The fields of a record.
KNOWN_FIELDS = (
    "url",
    "title",
    "source",
    "published",
    "updated",
    "category",
    "summary",
    "body",
    "author",
    "language",
    "external_id",
    "image_url",
    "image_caption",
    "image_credit",
    "tags",
)
#: What an errors file adds to a record; it is fed back as it stands.
_OF_AN_ERRORS_FILE = {"line", "reason", "raw"}
_KNOWN = {*KNOWN_FIELDS, *_OF_AN_ERRORS_FILE}
#: The shape of BCP 47 (RFC 5646 section 2.1), not its registry.
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
# Letters by their category, blank to every eye: Hangul fillers, blank Braille.
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"


#: A piece without a summary gets the beginning of its text as excerpt: more
#: than any source's policy lets be shown, cut again by ``articles.rights``.
DERIVED_WORDS, DERIVED_CHARACTERS = 100, 400


class Invalid(Exception):
    """A record that cannot become an entry; the message lists all its problems."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for the records of a run.

    ``source`` names the publisher of records that name none ("" for nobody),
    ``zone`` is that of times without an offset, ``now`` the run's clock. Raises
    ValueError for a ``date_format`` by which no date can be read.
    """

    source: str
    date_format: str | None
    zone: tzinfo
    now: datetime

    def __post_init__(self) -> None:
        if self.date_format is not None:
            dates.check_format(self.date_format)


def to_entry(record: Record, defaults: Defaults) -> Entry:
    """The record as a valid entry; raises Invalid with all that is wrong with it."""
    fields = _Fields(record.data)
    url, canonical_url = _addresses(fields)
    published, published_raw = _date(fields, "published", defaults)
    updated, _ = _date(fields, "updated", defaults)
    entry = Entry(
        line=record.line,
        url=url,
        canonical_url=canonical_url,
        title=_title(fields),
        source=_source(fields, defaults),
        published=published,
        published_raw=published_raw,
        category=_name(fields, "category"),
        summary=_summary(fields),
        body=_body(fields, url),
        author=fields.line("author"),
        language=_language(fields),
        external_id=_external_id(fields),
        image_url=_http_url(fields, "image_url"),
        image_caption=fields.line("image_caption"),
        image_credit=fields.line("image_credit"),
        tags=_tags(fields),
        updated=updated,
    )
    if fields.problems:
        raise Invalid("; ".join(fields.problems))
    return entry


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells which piece a record is."""

    canonical_url: str
    source: str
    external_id: str


def identity_of(record: Record, defaults: Defaults) -> Identity | None:
    """The identity of the entry that a record may become; None if it becomes none."""
    fields = _Fields(record.data)
    _, canonical_url = _addresses(fields)
    source, external_id = _source(fields, defaults), _external_id(fields)
    return None if fields.problems else Identity(canonical_url, source, external_id)


def digest_of(record: Record, defaults: Defaults) -> str:
    """Of all that the record says, and of how it is read."""
    how = [
        CONTENT_VERSION,
        defaults.source,
        defaults.date_format,
        str(defaults.zone),
    ]
    text = json.dumps([how, record.data], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def derived_excerpt(body: str) -> str:
    """The beginning of a text, for a piece whose source sends no summary."""
    return words_or_graphemes(sanitise.text(body), DERIVED_WORDS, DERIVED_CHARACTERS)


def unknown_fields(record: Record) -> list[str]:
    """The record's fields that are none, in its order."""
    return [name for name in record.data if name not in _KNOWN]


class _Fields:
    """A record's values, and the problems met while reading them."""

    def __init__(self, data: dict[str, object]) -> None:
        self.data = data
        self.problems: list[str] = []

    def refuse(self, name: str, why: str) -> str:
        self.problems.append(f"{name}: {why}")
        return ""

    def text(self, name: str) -> str:
        """As it was found, without blanks around it; "" is absent."""
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            return self.refuse(name, f"must be text, not {_kind(value)}")
        return value.strip()

    def line(self, name: str) -> str:
        """Text on one line, clean and not too long."""
        return self.bounded(name, clean(self.text(name)))

    def bounded(self, name: str, text: str, limit: int | None = None) -> str:
        limit = limit or LIMITS[name]
        if len(text) > limit:
            return self.refuse(
                name, f"longer than {limit:,} characters ({len(text):,})"
            )
        return text


def _addresses(fields: _Fields) -> tuple[str, str]:
    """The piece's address and its canonical form; "" when there is a problem."""
    found = len(fields.problems)
    url = _http_url(fields, "url")
    if not url and len(fields.problems) == found:
        fields.refuse("url", "missing")
    return url, identity.canonical_url(url) if url else ""


def _http_url(fields: _Fields, name: str) -> str:
    text = fields.bounded(name, fields.text(name))
    try:
        return identity.http_url(text) if text else ""
    except ValueError as error:
        return fields.refuse(name, str(error))


def _title(fields: _Fields) -> str:
    found = len(fields.problems)
    title = fields.line("title")
    if not _is_visible(title) and len(fields.problems) == found:
        return fields.refuse("title", "missing")
    return title


def _is_visible(text: str) -> bool:
    return any(
        unicodedata.category(character)[0] not in "ZCM"
        and character not in _BLANK_LETTERS
        for character in text
    )


def _source(fields: _Fields, defaults: Defaults) -> str:
    found = len(fields.problems)
    source = _name(fields, "source")
    if not source and len(fields.problems) == found:
        if not defaults.source:
            return fields.refuse("source", "missing, and no --source names one")
        return defaults.source
    return source


def _name(fields: _Fields, name: str) -> str:
    text = fields.line(name)
    if text and not slug_for(text):
        return fields.refuse(name, f"“{text[:40]}” has no letter, digit or symbol")
    return text


def _date(
    fields: _Fields, name: str, defaults: Defaults
) -> tuple[datetime | None, str]:
    text = fields.text(name)
    if not text:
        return None, ""
    try:
        moment = dates.parse(
            text,
            date_format=defaults.date_format,
            zone=defaults.zone,
            now=defaults.now,
        )
    except ValueError as error:
        fields.refuse(name, str(error))
        return None, ""
    return moment, text


def _summary(fields: _Fields) -> str:
    markup = fields.bounded("summary", fields.text("summary"), LIMITS["body"])
    return fields.bounded("summary", sanitise.text(markup)) if markup else ""


def _body(fields: _Fields, url: str) -> str:
    markup = fields.bounded("body", fields.text("body"))
    # Without an address the record is refused anyway, and nothing has a base.
    return sanitise.article_html(markup, base=url) if markup and url else ""


def _language(fields: _Fields) -> str:
    tag = fields.line("language")
    if tag and not LANGUAGE.fullmatch(tag):
        return fields.refuse(
            "language",
            f"“{tag}” is no language tag (BCP 47); write it like en or pt-BR",
        )
    return tag


def _external_id(fields: _Fields) -> str:
    value = fields.data.get("external_id")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return fields.bounded("external_id", str(value))
    return fields.line("external_id")


def _tags(fields: _Fields) -> tuple[str, ...]:
    value = fields.data.get("tags")
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        fields.refuse(
            "tags",
            f'must be a list of text like ["Japan", "Trade"], not {_kind(value)}',
        )
        return ()
    tags = tuple(dict.fromkeys(_each_tag(fields, value)))
    if len(tags) > MAX_TAGS:
        fields.refuse("tags", f"more than {MAX_TAGS} ({len(tags)})")
    return tags


def _each_tag(fields: _Fields, values: list[object]) -> Iterable[str]:
    """Without their #; blank ones are left out."""
    for number, value in enumerate(values, start=1):
        if value is None:
            continue
        if not isinstance(value, str):
            fields.refuse("tags", f"tag {number} must be text, not {_kind(value)}")
            continue
        tag = clean(value).lstrip("#\N{FULLWIDTH NUMBER SIGN} ")
        if len(tag) > LIMITS["tags"]:
            fields.refuse(
                "tags",
                f"tag {number} is longer than {LIMITS['tags']} characters ({len(tag)})",
            )
        elif tag and not slug_for(tag):
            fields.refuse("tags", f"“{tag[:40]}” has no letter, digit or symbol")
        elif tag:
            yield tag


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "an object"

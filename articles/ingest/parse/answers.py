"""What a worker answers to a feed: entries as plain values, and those checked.

The worker writes with the functions of the first half, and its parent reads with
those of the second, which believe nothing: whatever took over the worker could have
written the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, get_type_hints

from articles.images.renditions import Rendition
from articles.ingest import identity
from articles.ingest.entries import LIMITS, MAX_TAGS, Entry, Refused

#: Characters of a date as it was written; none that can be read is as long.
MOST_RAW_DATE = 100
#: Addresses of feeds that are told of one page.
MOST_ADDRESSES = 50
#: Characters of a reason and of an item's own text.
_MOST_TEXT = 10_000
_MOST_CHARACTERS = {
    **LIMITS,
    "published_raw": MOST_RAW_DATE,
    "canonical_url": LIMITS["url"],
}
_ADDRESSES = frozenset({"url", "canonical_url", "image_url"})
_REQUIRED = ("url", "canonical_url", "title", "source")
_KINDS = get_type_hints(Entry)
#: What a worker tells of an entry; of the others it has no say.
_OURS = {"derived_excerpt", "record_digest"}
_SENT = [field.name for field in fields(Entry) if field.name not in _OURS]


class Nonsense(Exception):
    """An answer that no worker of ours gives."""


#: What reading an answer that is nonsense raises.
NONSENSE = (Nonsense, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed: its newest entries, in its order, and what it says of itself.

    ``total`` counts its items before any was left out. Absent addresses are "".
    ``problem`` says in plain words what is wrong with a feed whose whole items
    could be read nevertheless. ``ttl_minutes`` is how long the feed asks to be left
    alone. ``version`` is feedparser's name of the format, or "json11" and the like.
    """

    entries: list[Entry]
    refused: list[Refused]
    title: str
    site_url: str
    self_url: str
    ttl_minutes: int | None
    problem: str
    total: int
    version: str


def entry_values(entry: Entry) -> dict[str, Any]:
    """Its fields by name, as JSON can have them."""
    return {name: _plain(getattr(entry, name)) for name in _SENT}


def refused_values(refused: Refused) -> dict[str, Any]:
    """Its fields by name; ``data`` is as JSON can have it already."""
    return {field.name: getattr(refused, field.name) for field in fields(Refused)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def parsed_feed(done: Mapping[str, Any]) -> ParsedFeed:
    """The feed that a worker answered. Raises one of NONSENSE."""
    ttl = done["ttl_minutes"]
    return ParsedFeed(
        entries=[_entry(each) for each in done["entries"]],
        refused=[_refused(each) for each in done["refused"]],
        title=text(done, "title", _MOST_TEXT),
        site_url=_address(done, "site_url"),
        self_url=_address(done, "self_url"),
        ttl_minutes=None if ttl is None else number(done, "ttl_minutes"),
        problem=text(done, "problem", _MOST_TEXT),
        total=number(done, "total"),
        version=text(done, "version", _MOST_TEXT),
    )


def text(values: Mapping[str, Any], name: str, most: int) -> str:
    """The text of that name, of up to ``most`` characters that any database takes."""
    value = values[name]
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise Nonsense(f"{name} is no text of up to {most} characters")
    value.encode()
    return value


def number(values: Mapping[str, Any], name: str) -> int:
    """The count of that name, which is not negative."""
    value = values[name]
    if type(value) is not int or not 0 <= value < 2**31:
        raise Nonsense(f"{name} is no number")
    return value


def addresses(values: Mapping[str, Any], name: str) -> list[str]:
    """The http and https addresses in the list of that name."""
    return [
        each
        for each in values[name][:MOST_ADDRESSES]
        if isinstance(each, str) and _is_address(each)
    ]


def renditions(
    values: Mapping[str, Any], payload: bytes
) -> tuple[tuple[Rendition, ...], bytes]:
    """The renditions that a payload begins with, and the rest of it: the picture."""
    made, start = [], 0
    for width, form, size in values["renditions"]:
        if type(width) is not int or type(size) is not int or size < 1:
            raise Nonsense("a rendition without a size")
        made.append(Rendition(width, form, payload[start : start + size]))
        start += size
    return tuple(made), payload[start:]


def _entry(found: Mapping[str, Any]) -> Entry:
    values = {name: _value(found, name) for name in _SENT}
    if not all(values[name] for name in _REQUIRED):
        raise Nonsense("an entry without address, title or source")
    return Entry(**values)


def _value(found: Mapping[str, Any], name: str) -> Any:
    kind = _KINDS[name]
    if kind is int:
        return number(found, name)
    if kind == datetime | None:
        return _moment(found[name])
    if kind == tuple[str, ...]:
        return _texts(found, name)
    if name in _ADDRESSES:
        return _address(found, name)
    return text(found, name, _MOST_CHARACTERS[name])


def _refused(found: Mapping[str, Any]) -> Refused:
    data = found["data"]
    if data is not None and not isinstance(data, dict):
        raise Nonsense("data is no object")
    return Refused(
        line=number(found, "line"),
        reason=text(found, "reason", _MOST_TEXT),
        data=data,
        raw=text(found, "raw", _MOST_TEXT),
    )


def _texts(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = values[name]
    if not isinstance(found, list) or len(found) > MAX_TAGS:
        raise Nonsense(f"{name} is no list of up to {MAX_TAGS}")
    return tuple(text({name: each}, name, LIMITS[name]) for each in found)


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise Nonsense("a date without a zone")
    return moment.astimezone(UTC)


def _address(values: Mapping[str, Any], name: str) -> str:
    value = text(values, name, LIMITS["url"])
    if value and not _is_address(value):
        raise Nonsense(f"{name} is no http or https address")
    return value


def _is_address(value: str) -> bool:
    try:
        return identity.http_url(value) == value
    except ValueError:
        return False

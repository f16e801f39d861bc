"""Dates of records: ISO 8601, RFC 2822 or a format the operator gives; no guessing."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo

#: How far ahead of the clock a date may lie: agencies announce up to a year.
FURTHEST_AHEAD = timedelta(days=366)
EARLIEST_YEAR = 1900
#: No form that is read is longer.
MAX_LENGTH = 100

ACCEPTED = (
    "write it like 2026-03-01T09:30:00+09:00, 2026-03-01"
    " or Sun, 01 Mar 2026 09:30:00 +0900"
)

# The profile of ISO 8601 that RFC 3339 makes, with a blank for the T, seconds,
# offset and time left out at will. Weeks and days of the year are not in it.
_ISO = re.compile(
    r"""([0-9]{4})-([0-9]{2})-([0-9]{2})
    (?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?
    [ ]?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?""",
    re.VERBOSE | re.IGNORECASE,
)
# RFC 2822 section 3.3, with the obsolete forms of 4.3 and a long weekday.
_RFC = re.compile(
    r"""(?:[a-z]{3,9},?\s+)?([0-9]{1,2})[ -]([a-z]{3,9})[ -]([0-9]{2,4})
    \s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?
    (?:\s*([+-][0-9]{2}:?[0-9]{2})|\s+([a-z]{1,5}))?(?:\s*\([^()]*\))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
# RFC 2822 section 4.3; every other name of a zone means several.
_ZONES = {
    "z": 0,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
_YEAR_DIRECTIVES = ("%Y", "%y", "%G", "%c", "%x")


def parse(
    text: str, *, date_format: str | None, zone: tzinfo, now: datetime
) -> datetime:
    """The moment that ``text`` names, aware and in UTC.

    A time without an offset is one in ``zone``, a date alone its 00:00. Where
    ``date_format`` (as for strptime) is given, it is tried first, and beside it
    only dates that carry their own offset are taken: the others would be a guess.
    ``-0000`` is UTC, a second 60 is the 59th, 24:00 the next day's 00:00, and
    years of two digits are those of RFC 2822 (50 is 1950, 49 is 2049).

    Raises ValueError with a plain reason for anything else, and for a moment
    before 1900 or more than 366 days after ``now``.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH or not text.isprintable():
        raise ValueError(f"not a date; {ACCEPTED}")
    try:
        moment = _moment(text, date_format)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{_quoted(text)} lies outside the calendar") from None
    if moment.year < EARLIEST_YEAR:
        raise ValueError(f"{_quoted(text)} is before {EARLIEST_YEAR}")
    if moment > now + FURTHEST_AHEAD:
        raise ValueError(f"{_quoted(text)} is more than a year ahead")
    return moment


def check_format(date_format: str) -> None:
    """Raise ValueError with a plain reason if no date can be read with this format."""
    if "%Z" in date_format:
        raise ValueError(
            "%Z (a zone's name) cannot be read reliably; use %z, the offset"
        )
    if not any(directive in date_format for directive in _YEAR_DIRECTIVES):
        raise ValueError(f"{_quoted(date_format)} has no year; add %Y")
    sample = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    try:
        datetime.strptime(sample.strftime(date_format), date_format)  # noqa: DTZ007
    except (ValueError, re.error):
        raise ValueError(
            f"{_quoted(date_format)} is no date format; write one like %d.%m.%Y %H:%M"
        ) from None


def _moment(text: str, date_format: str | None) -> datetime:
    if date_format is None:
        return _standard(text)
    try:
        # Without %z it is naive on purpose: the caller puts it in its zone.
        return datetime.strptime(text, date_format)  # noqa: DTZ007
    except (ValueError, re.error):
        with suppress(ValueError):
            moment = _standard(text)
            if moment.tzinfo is not None:
                return moment
    raise ValueError(f"{_quoted(text)} is not a date in the format {date_format}")


def _standard(text: str) -> datetime:
    """ISO 8601 or RFC 2822; naive where no offset is written."""
    if match := _ISO.fullmatch(text):
        return _of_iso(text, match)
    if match := _RFC.fullmatch(text):
        return _of_rfc(text, match)
    if text.lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError(f"{_quoted(text)} is a bare number, not a date; {ACCEPTED}")
    raise ValueError(f"{_quoted(text)} is not a date; {ACCEPTED}")


def _of_iso(text: str, match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    return _built(
        text,
        (int(year), int(month), int(day)),
        (int(hour or 0), int(minute or 0), int(second or 0)),
        int((fraction or "").ljust(6, "0")[:6]),
        _offset(text, offset) if offset else None,
    )


def _of_rfc(text: str, match: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, offset, name = match.groups()
    return _built(
        text,
        (_full_year(year), _month(text, month), int(day)),
        (int(hour), int(minute), int(second or 0)),
        0,
        _named_zone(text, name) if name else _offset(text, offset) if offset else None,
    )


def _month(text: str, name: str) -> int:
    """By its English name or the beginning of it, from three letters on."""
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name.lower()):
            return number
    raise ValueError(f"{_quoted(text)} names no month; {ACCEPTED}")


def _full_year(digits: str) -> int:
    """RFC 2822 section 4.3: of two digits 00-49 are 20xx, else 1900 is added."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if len(digits) == 2 and year < 50 else 1900)


def _named_zone(text: str, name: str) -> timezone:
    hours = _ZONES.get(name.lower())
    if hours is None:
        raise ValueError(
            f"the zone {name} of {_quoted(text)} can mean several; write the offset,"
            " like +0900"
        )
    return timezone(timedelta(hours=hours))


def _offset(text: str, written: str) -> timezone:
    if written in {"Z", "z"}:
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{_quoted(text)} has no possible offset; {ACCEPTED}")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if written[0] == "-" else offset)


def _built(
    text: str,
    day: tuple[int, int, int],
    clock: tuple[int, int, int],
    microsecond: int,
    zone: timezone | None,
) -> datetime:
    hour, minute, second = clock
    next_day = timedelta()
    if clock == (24, 0, 0) and not microsecond:
        hour, next_day = 0, timedelta(days=1)
    if second == 60:
        second = 59
    try:
        moment = datetime(*day, hour, minute, second, microsecond, tzinfo=zone)
        return moment + next_day
    except ValueError:
        raise ValueError(
            f"{_quoted(text)} is no day or time that exists; {ACCEPTED}"
        ) from None


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"

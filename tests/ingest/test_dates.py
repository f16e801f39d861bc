"""Dates: which are read, as what moment, and what is said of the others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from articles.ingest import dates

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def parse(text: str, date_format: str | None = None) -> datetime:
    return dates.parse(text, date_format=date_format, zone=TOKYO, now=NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00"),
        ("2026-03-01T09:30:00+09:00", "2026-03-01T00:30:00"),
        ("2026-03-01T09:30:00+0900", "2026-03-01T00:30:00"),
        ("2026-03-01T09:30:00+09", "2026-03-01T00:30:00"),
        ("2026-03-01T09:30:00-00:00", "2026-03-01T09:30:00"),
        ("2026-03-01t09:30:00z", "2026-03-01T09:30:00"),
        ("2026-03-01 09:30Z", "2026-03-01T09:30:00"),
        ("2026-03-01 09:30:15 -05:00", "2026-03-01T14:30:15"),
        ("2026-03-01T09:30:00.25Z", "2026-03-01T09:30:00.250000"),
        ("2026-03-01T09:30:00,123456789Z", "2026-03-01T09:30:00.123456"),
        ("2026-03-01T24:00:00Z", "2026-03-02T00:00:00"),
        ("2025-12-31T24:00Z", "2026-01-01T00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("2024-02-29", "2024-02-28T15:00:00"),
        ("  2026-03-01T09:30:00Z\n", "2026-03-01T09:30:00"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00"),
    ],
)
def test_iso_8601_is_read(text: str, moment: str) -> None:
    assert parse(text) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 01 Mar 2026 09:30:00 +0900", "2026-03-01T00:30:00"),
        ("Sun, 01 Mar 2026 09:30:00 -0000", "2026-03-01T09:30:00"),
        ("Sun, 01 Mar 2026 09:30:00 GMT", "2026-03-01T09:30:00"),
        ("1 Mar 2026 09:30 EST", "2026-03-01T14:30:00"),
        ("Sunday, 01-Mar-26 09:30:00 UT", "2026-03-01T09:30:00"),
        ("1 March 2026 09:30 PDT", "2026-03-01T16:30:00"),
        ("01 Sept 2025 09:30:00 Z", "2025-09-01T09:30:00"),
        ("Mon, 01 Mar 2026 09:30:00 +0000 (UTC)", "2026-03-01T09:30:00"),
        ("01 Mar 49 09:30:00 GMT", None),
        ("01 Mar 50 09:30:00 GMT", "1950-03-01T09:30:00"),
        ("01 Mar 09 09:30:00 GMT", "2009-03-01T09:30:00"),
        ("01 Mar 126 09:30:00 GMT", "2026-03-01T09:30:00"),
        ("Sat, 28 Feb 2026 24:00:00 GMT", "2026-03-01T00:00:00"),
    ],
)
def test_rfc_2822_is_read(text: str, moment: str | None) -> None:
    if moment is None:
        with pytest.raises(ValueError, match="more than a year ahead"):
            parse(text)
    else:
        assert parse(text) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    "text", ["2026-03-01T09:30:00", "2026-03-01 09:30", "1 Mar 2026 09:30:00"]
)
def test_a_time_without_an_offset_is_one_in_the_given_zone(text: str) -> None:
    assert parse(text) == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


def test_a_date_alone_is_midnight_in_the_given_zone() -> None:
    assert parse("2026-03-01") == datetime(2026, 2, 28, 15, 0, tzinfo=UTC)


def test_every_moment_is_in_utc() -> None:
    assert parse("2026-03-01T09:30:00+09:00").tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Invalid Date",
        "2026-W09-1",
        "2026-060",
        "2026-03",
        "2026-3-1",
        "20260301T093000Z",
        "2026-03-01T9:30Z",
        "2026-03-01T09Z",
        "01/03/2026",
        "2026年3月1日",
        "２０２６-03-01",
        "2026-03-01T09:30:00Z and more",
        "2026-03-01\x00",
        "2026-03-01\n2026-03-02",
        "2026-03-01T09:30:00Z" + " " * 100 + "x",
    ],
)
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-03-01T09:30:00"):
        parse(text)


@pytest.mark.parametrize("text", ["1772323200", "1772323200.5", "-5", "20260301"])
def test_a_bare_number_is_refused_as_one(text: str) -> None:
    with pytest.raises(ValueError, match="is a bare number, not a date"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-03-01T25:00:00Z",
        "2026-03-01T24:00:01Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:61Z",
        "0000-01-01",
        "31 Apr 2026 10:00 GMT",
    ],
)
def test_a_day_or_time_that_does_not_exist_is_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError, match="is no day or time that exists"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["2026-03-01T09:30:00+24:00", "2026-03-01T09:30+09:60"]
)
def test_an_offset_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no possible offset"):
        parse(text)


@pytest.mark.parametrize("zone", ["CET", "JST", "A", "IST"])
def test_a_zone_whose_name_means_several_is_refused_by_its_name(zone: str) -> None:
    with pytest.raises(ValueError, match=f"the zone {zone} .* can mean several"):
        parse(f"Sun, 01 Mar 2026 09:30:00 {zone}")


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="names no month"):
        parse("01 Mai 2026 09:30:00 GMT")


@pytest.mark.parametrize("text", ["1899-12-31T23:59:59Z", "1900-01-01", "0001-01-02"])
def test_before_1900_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is before 1900"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31T23:00:00-05:00", "9999-12-31T24:00:00Z"]
)
def test_outside_the_calendar_is_refused_and_does_not_crash(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside the calendar|no day or time"):
        parse(text)


def test_up_to_366_days_ahead_is_taken_and_no_more() -> None:
    last = NOW + timedelta(days=366)
    assert parse(last.isoformat()) == last
    with pytest.raises(ValueError, match="more than a year ahead"):
        parse((last + timedelta(seconds=1)).isoformat())


def test_a_long_text_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueError, match="…") as error:
        parse("x" * 90)
    assert len(str(error.value)) < 200


def test_a_date_format_is_read_in_the_given_zone() -> None:
    assert parse("01.03.2026 09:30", "%d.%m.%Y %H:%M") == datetime(
        2026, 3, 1, 0, 30, tzinfo=UTC
    )


def test_a_date_format_with_an_offset_keeps_it() -> None:
    assert parse("01.03.2026 09:30 -0500", "%d.%m.%Y %H:%M %z") == datetime(
        2026, 3, 1, 14, 30, tzinfo=UTC
    )


def test_beside_a_date_format_dates_with_their_own_offset_are_read() -> None:
    expected = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert parse("2026-03-01T09:30:00Z", "%Y-%d-%m") == expected
    assert parse("Sun, 01 Mar 2026 09:30:00 GMT", "%Y-%d-%m") == expected


def test_beside_a_date_format_nothing_is_guessed() -> None:
    assert parse("2025-03-04", "%Y-%d-%m").astimezone(TOKYO).month == 4
    with pytest.raises(ValueError, match="is not a date in the format %Y-%d-%m"):
        parse("2025-12-25", "%Y-%d-%m")


@pytest.mark.parametrize("date_format", ["%d.%m.%Y", "%c", "%y%m%d", "%Y-%m-%d %z"])
def test_a_usable_format_passes_the_check(date_format: str) -> None:
    dates.check_format(date_format)


@pytest.mark.parametrize(
    ("date_format", "reason"),
    [
        ("", "has no year"),
        ("%d.%m.", "has no year"),
        ("%Y %Z", "use %z"),
        ("%Y %Q", "is no date format"),
        ("%Y %Y", "is no date format"),
    ],
)
def test_a_format_by_which_no_date_can_be_read_is_refused(
    date_format: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        dates.check_format(date_format)

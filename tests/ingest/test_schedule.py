"""When feeds are asked again: intervals, backoff, pauses, moves, alerts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.ingest import schedule
from articles.ingest.schedule import Habits, Move
from articles.models.feed import LONGEST_PAUSE

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

chances = st.floats(-1, 1)
spans = st.timedeltas(timedelta(), 400 * DAY)
habits = st.builds(
    Habits,
    usual_gap=st.none() | spans,
    has_validators=st.booleans(),
    idle=spans,
    wish=st.timedeltas(timedelta(), DAY),
    check_every=st.none() | st.integers(15, 7 * 24 * 60),
)


def test_the_longest_pause_is_the_model_s() -> None:
    assert schedule.CEILING == LONGEST_PAUSE


def test_a_feed_without_habits_is_asked_every_hour() -> None:
    assert Habits().interval == HOUR


@pytest.mark.parametrize(
    ("gap", "interval"),
    [
        (timedelta(), 15 * MINUTE),
        (10 * MINUTE, 15 * MINUTE),
        (3 * HOUR, 90 * MINUTE),
        (40 * DAY, DAY),
    ],
)
def test_the_interval_is_half_the_usual_gap_within_bounds(gap, interval) -> None:
    assert Habits(usual_gap=gap).interval == interval


def test_a_server_without_validators_is_asked_once_an_hour_at_most() -> None:
    quick = Habits(usual_gap=10 * MINUTE, has_validators=False)
    assert quick.interval == HOUR
    assert schedule.after_success(quick, -1) >= HOUR


def test_a_feed_that_has_gone_idle_is_asked_less_and_less() -> None:
    paces = [
        Habits(usual_gap=HOUR, idle=idle).interval
        for idle in (timedelta(), 8 * HOUR, 2 * DAY, 10 * DAY, 60 * DAY)
    ]
    assert paces == [30 * MINUTE, 30 * MINUTE, 144 * MINUTE, 12 * HOUR, DAY]


def test_what_a_person_decided_overrides_everything() -> None:
    decided = Habits(usual_gap=40 * DAY, has_validators=False, wish=DAY, check_every=15)
    assert decided.interval == 15 * MINUTE
    assert Habits(check_every=3 * 24 * 60).interval == 3 * DAY


@given(habits, chances)
def test_a_pause_is_spread_by_a_tenth_and_stays_within_bounds(known, chance) -> None:
    pause = schedule.after_success(known, chance)
    assert known.least <= pause <= schedule.CEILING
    assert abs(pause - known.interval) <= 0.1001 * known.interval
    if known.check_every is None:
        assert 13 * MINUTE < pause <= 1.1 * DAY


def test_feeds_asked_together_drift_apart() -> None:
    pauses = {schedule.after_success(Habits(), chance / 10) for chance in range(-9, 10)}
    assert len(pauses) > 15


def test_a_server_s_wish_is_kept_but_for_a_day_at_most() -> None:
    wish = schedule.server_wish("public, max-age=7200", "", "", None, NOW)
    assert wish == 2 * HOUR
    assert schedule.after_success(Habits(usual_gap=HOUR, wish=wish), -1) >= 2 * HOUR
    assert schedule.server_wish("max-age=99999999", "", "", None, NOW) == DAY


@pytest.mark.parametrize(
    ("cache_control", "expires", "date", "ttl", "wish"),
    [
        ("", "Sun, 01 Nov 2026 13:00:00 GMT", "", None, HOUR),
        # A server's clock may be wrong: Expires counts from its own Date.
        (
            "",
            "Sun, 01 Nov 2020 13:00:00 GMT",
            "Sun, 01 Nov 2020 12:30:00 GMT",
            None,
            30 * MINUTE,
        ),
        ("max-age=600", "Sun, 01 Nov 2026 15:00:00 GMT", "", None, 10 * MINUTE),
        ("no-cache, max-age=600", "", "", None, timedelta()),
        ("max-age=600", "", "", 120, 2 * HOUR),
        ("s-maxage=600", "", "", None, timedelta()),
        ("max-age=soon", "0", "", None, timedelta()),
        ("max-age=-5", "", "", None, timedelta()),
        ("", "Sun, 01 Nov 2020 13:00:00 GMT", "", None, timedelta()),
        ("", "Thu, 99 Foo 99999 99:99:99 GMT", "nonsense", 10**9, DAY),
    ],
)
def test_wishes_are_read_as_http_and_rss_have_them(
    cache_control, expires, date, ttl, wish
) -> None:
    assert schedule.server_wish(cache_control, expires, date, ttl, NOW) == wish


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_breaks_the_schedule(cache_control, expires, date) -> None:
    wish = schedule.server_wish(cache_control, expires, date, None, NOW)
    assert timedelta() <= wish <= DAY


def test_the_usual_gap_is_the_median_between_the_newest_entries() -> None:
    dates = [NOW - n * HOUR for n in range(10)] + [NOW - 300 * DAY, NOW + 30 * DAY]
    assert schedule.usual_gap(dates, NOW) == HOUR
    assert schedule.usual_gap(reversed(dates), NOW) == HOUR


def test_too_few_dates_tell_no_habits() -> None:
    assert schedule.usual_gap([], NOW) is None
    assert schedule.usual_gap([NOW, NOW, NOW - HOUR], NOW) is None


def test_failures_double_the_pause_up_to_a_day() -> None:
    """Fault 33."""
    pauses = [schedule.after_failure(HOUR, n, timedelta(), 0) for n in range(1, 9)]
    assert pauses == [HOUR * hours for hours in (1, 2, 4, 8, 16, 24, 24, 24)]


def test_after_thirty_days_of_failures_a_feed_is_asked_once_a_week_for_ever() -> None:
    """Fault 33."""
    assert schedule.after_failure(HOUR, 40, 29 * DAY, 0) == DAY
    assert schedule.after_failure(HOUR, 40, 30 * DAY, 0) == 7 * DAY
    assert schedule.after_failure(HOUR, 10**9, 4000 * DAY, 1) == 7 * DAY


def test_a_failing_feed_is_not_asked_more_often_than_a_person_wants() -> None:
    assert schedule.after_failure(5 * DAY, 1, timedelta(), 0) == 5 * DAY


@given(st.timedeltas(15 * MINUTE, 7 * DAY), st.integers(1, 10**6), spans, chances)
def test_a_failing_feed_is_asked_again_within_a_week(base, failures, since, chance):
    pause = schedule.after_failure(base, failures, since, chance)
    assert timedelta() < pause <= 7 * DAY


@pytest.mark.parametrize("seconds", [1, 120, 3600, 7 * 24 * 3600, 10**12])
def test_a_wish_for_rest_is_kept_for_a_week_at_most(seconds) -> None:
    """Fault 30."""
    for chance in (-1, 0, 1):
        pause = schedule.after_refusal(seconds, chance).total_seconds()
        assert min(seconds, 7 * 24 * 3600) <= pause <= 7 * 24 * 3600


def test_soon_is_five_to_fifteen_minutes() -> None:
    assert schedule.soon(-1) == 5 * MINUTE
    assert schedule.soon(1) == 15 * MINUTE


def test_a_move_is_believed_when_it_was_met_three_times_over_two_days() -> None:
    """Fault 14."""
    move = Move().met("https://b.example/", NOW)
    assert not move.is_settled(NOW + 9 * DAY)
    move = move.met("https://b.example/", NOW + HOUR)
    move = move.met("https://b.example/", NOW + 2 * HOUR)
    assert not move.is_settled(NOW + 2 * HOUR)
    assert move.is_settled(NOW + 2 * DAY)


def test_a_redirect_that_ends_or_changes_is_counted_anew() -> None:
    """Fault 14."""
    move = Move("https://b.example/", 2, NOW)
    assert move.met("", NOW) == Move()
    assert move.met("https://c.example/", NOW) == Move("https://c.example/", 1, NOW)


def test_a_move_that_was_turned_down_stays_so() -> None:
    kept = Move("https://b.example/", 0, None)
    assert kept.met("https://b.example/", NOW) == kept
    assert not kept.is_settled(NOW)


@pytest.mark.parametrize(
    ("old", "new", "has_login", "same"),
    [
        ("http://a.example/f", "https://a.example/g", False, True),
        ("http://a.example/f", "https://www.a.example/f", False, True),
        ("https://www.a.example/f", "https://a.example/f", False, True),
        ("https://www.a.example/f", "https://a.example/f", True, False),
        ("https://a.example/f", "https://a.example/g", True, True),
        ("https://a.example/f", "http://a.example/f", False, False),
        ("https://a.example/f", "https://b.example/f", False, False),
        ("https://a.example/f", "https://feeds.a.example/f", False, False),
        ("https://a.example/f", "https://a.example:8443/f", False, False),
    ],
)
def test_only_an_address_of_the_same_server_is_taken_over(
    old, new, has_login, same
) -> None:
    assert schedule.is_same_place(old, new, has_login) is same


def test_a_feed_is_gone_when_it_was_told_twice_a_day_apart() -> None:
    """Fault 32."""
    assert not schedule.is_gone(None, NOW)
    assert not schedule.is_gone(NOW - 23 * HOUR, NOW)
    assert schedule.is_gone(NOW - 24 * HOUR, NOW)
    # A clock that was ahead when it was told first.
    assert not schedule.is_gone(NOW + DAY, NOW)


def test_a_feed_is_quiet_after_three_gaps_but_not_before_two_days() -> None:
    assert schedule.quiet_from(NOW, HOUR) == NOW + 2 * DAY
    assert schedule.quiet_from(NOW, 2 * DAY) == NOW + 6 * DAY
    assert schedule.quiet_from(None, HOUR) is None
    assert schedule.quiet_from(NOW, None) is None
    assert schedule.quiet_from(NOW, 900_000 * DAY) is not None


def test_a_mark_is_crossed_once() -> None:
    assert schedule.crossed(NOW, NOW - HOUR, NOW)
    assert not schedule.crossed(NOW, NOW, NOW + HOUR)
    assert not schedule.crossed(NOW, NOW - 2 * HOUR, NOW - HOUR)
    assert not schedule.crossed(NOW, None, NOW + HOUR)


def test_the_network_is_down_when_more_than_four_in_five_hosts_are_not_reached():
    """Fault 37."""
    assert schedule.network_is_down(5, 5)
    assert schedule.network_is_down(10, 9)
    assert not schedule.network_is_down(10, 8)
    assert not schedule.network_is_down(4, 4)


def test_this_machine_alone_needs_no_rest() -> None:
    assert schedule.gap_of("127.0.0.1") == schedule.gap_of("localhost") == 0
    assert schedule.gap_of("news.example") == 1

"""When a feed is asked again, and what its answers mean in the long run.

Pure rules, without a database and without a clock of their own: moments and chance
come in, pauses come out. A ``chance`` is a number from -1 to 1; every pause is spread
by it, so that what was asked together is not asked together for ever.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from itertools import pairwise
from statistics import median
from urllib.parse import urlsplit

#: Until a feed's habits are known, and for servers that send no validators: whoever
#: is asked without conditions should be asked seldom.
USUAL = timedelta(minutes=60)
SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
#: The longest that any feed is left alone; ``models.feed.LONGEST_PAUSE``.
CEILING = timedelta(days=7)
#: A feed that has brought too much for one day is left alone for so long.
FLOOD = timedelta(hours=6)
#: The part of a pause by which it is spread.
SPREAD = 0.1
#: A feed that had no news for so long is asked once in a twentieth of that time: one
#: that rests over a weekend every two and a half hours, after 20 days once a day.
IDLE_PART = 20
#: Of a feed's entries, how many tell its habits, and from how many on.
MOST_DATES, FEWEST_DATES = 50, 3

#: From then on a failing feed is asked once a week at least, no longer once a day.
LONG_FAILING = timedelta(days=30)
#: When a feed has failed for so long, somebody is told.
FAILING_ALERTS = (timedelta(hours=24), timedelta(days=7))
#: A server that says 410 twice, so far apart, means it.
GONE_AFTER = timedelta(hours=24)
#: A redirect for good that was met so often, over such a time, is one.
MOVED_SEEN, MOVED_AFTER = 3, timedelta(hours=48)
#: Without news for three times its usual gap, but at least so long, a feed is quiet.
QUIET_GAPS, QUIET_LEAST = 3, timedelta(hours=48)
#: When so many hosts were asked and more than this share was not reached, the
#: network is to blame, and none of them.
FEWEST_HOSTS, DOWN_SHARE = 5, 0.8
#: So many failures to connect in a row make a closed port 80 likely.
CLOSED_PORT_FAILURES = 5
#: Seconds between two questions to one host.
GAP = 1.0
#: Status with which a server asks for a pause.
TOO_MANY, UNAVAILABLE = 429, 503

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,12})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of a feed when its next check is worked out.

    ``usual_gap`` lies between two of its pieces; ``idle`` is how long ago the newest
    came; ``wish`` how long its server wants to be left alone; ``check_every`` what a
    person has decided, in minutes.
    """

    usual_gap: timedelta | None = None
    has_validators: bool = True
    idle: timedelta = timedelta()
    wish: timedelta = timedelta()
    check_every: int | None = None

    @property
    def interval(self) -> timedelta:
        """Between two checks, before it is spread."""
        if self.check_every:
            return timedelta(minutes=self.check_every)
        pace = self.usual_gap / 2 if self.usual_gap is not None else USUAL
        return min(max(pace, self.idle / IDLE_PART, self.least), LONGEST)

    @property
    def least(self) -> timedelta:
        """The shortest interval that is polite, and that the server wants."""
        if self.check_every:
            return timedelta()
        polite = SHORTEST if self.has_validators else USUAL
        return max(polite, min(self.wish, LONGEST))


def after_success(habits: Habits, chance: float) -> timedelta:
    """The pause after an answer: never shorter than the server wants."""
    pause = habits.interval * (1 + SPREAD * chance)
    if pause < habits.least:
        pause = habits.least * (1 + SPREAD * abs(chance))
    return min(pause, CEILING)


def after_failure(
    interval: timedelta, failures: int, failing_for: timedelta, chance: float
) -> timedelta:
    """The pause after the so-manieth failure in a row: twice as long each time.

    A day at most, after 30 days a week, and never shorter than ``interval``. It
    never ends: a feed is given up by people only.
    """
    most = CEILING if failing_for >= LONG_FAILING else LONGEST
    doubled = interval * 2 ** min(max(failures - 1, 0), 12)
    pause = min(doubled, max(most, interval))
    return min(pause * (1 + SPREAD * chance), CEILING)


def rest(status: int | None, retry_after: float | None) -> timedelta:
    """For how long a server wants to be left alone, a week at most; usually not at all.

    That is what 429 and 503 with Retry-After (seconds from now) say (RFC 6585, 4; RFC
    9110, 15.6.4). Who names no time with 429 has had enough all the same.
    """
    if status not in {TOO_MANY, UNAVAILABLE}:
        return timedelta()
    usual = USUAL if status == TOO_MANY else timedelta()
    return _seconds(retry_after) if retry_after else usual


def after_refusal(seconds: float, chance: float) -> timedelta:
    """The pause that a server asks for (Retry-After): no shorter, a week at most."""
    most = CEILING.total_seconds()
    return timedelta(seconds=min(seconds * (1 + SPREAD * abs(chance)), most))


def after_flood(chance: float) -> timedelta:
    """How long to leave a feed alone that has brought too much for one day."""
    return FLOOD * (1 + SPREAD * chance)


def soon(chance: float) -> timedelta:
    """The pause after a failure that was not the feed's: 5 to 15 minutes."""
    return timedelta(minutes=10 + 5 * chance)


def server_wish(
    cache_control: str,
    expires: str,
    date: str,
    ttl_minutes: int | None,
    now: datetime,
) -> timedelta:
    """How long a server wants its answer to be kept, 24 hours at most.

    The longest of the feed's own ttl (RSS 2.0) and the answer's freshness: max-age,
    or Expires as seen from its Date (RFC 9111, 5.2 and 5.3). What cannot be read is
    no wish.
    """
    fresh = timedelta()
    if not _NOT_KEPT.search(cache_control):
        if found := _MAX_AGE.search(cache_control):
            fresh = _seconds(int(found[1]))
        elif until := _http_date(expires):
            fresh = until - (_http_date(date) or now)
    own = _seconds(60 * (ttl_minutes or 0))
    return min(max(fresh, own, timedelta()), LONGEST)


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=min(count, CEILING.total_seconds()))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def usual_gap(dates: Iterable[datetime], now: datetime) -> timedelta | None:
    """The median time between the newest entries; None when there are too few."""
    past = sorted({date for date in dates if date <= now})[-MOST_DATES:]
    if len(past) < FEWEST_DATES:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(past)]
    return timedelta(seconds=median(gaps))


def quiet_from(last_new_at: datetime | None, gap: timedelta | None) -> datetime | None:
    """From when on a feed that used to have news is strangely quiet."""
    if last_new_at is None or gap is None:
        return None
    patience = min(max(QUIET_GAPS * gap, QUIET_LEAST), timedelta(days=3650))
    return last_new_at + patience


def crossed(mark: datetime, before: datetime | None, now: datetime) -> bool:
    """Whether ``mark`` lies between the check ``before`` and this one.

    What lies before the first check was not missed by anybody.
    """
    return before is not None and before < mark <= now


def is_gone(first_told_at: datetime | None, now: datetime) -> bool:
    """Whether a second 410 comes long enough after the first."""
    return first_told_at is not None and now - first_told_at >= GONE_AFTER


def network_is_down(asked: int, unreached: int) -> bool:
    """Whether so many hosts of those asked were not reached that none is to blame."""
    return asked >= FEWEST_HOSTS and unreached > DOWN_SHARE * asked


def gap_of(host: str) -> float:
    """Seconds for which a host is left alone between two questions.

    This machine, which is asked only where NEWSROOM_FETCH_ALLOW names it, needs none.
    """
    return 0.0 if _is_this_machine(host) else GAP


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # Names below localhost mean the host itself, whoever resolves them (RFC 6761).
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Move:
    """A redirect for good: where to, how often it was met, and since when.

    One that a person has turned down was met 0 times.
    """

    to: str = ""
    seen: int = 0
    since: datetime | None = None

    def met(self, to: str, now: datetime) -> "Move":
        """What is known after an answer from ``to`` ("": no redirect for good)."""
        if not to:
            return Move()
        if to != self.to:
            return Move(to, 1, now)
        if not self.seen or self.since is None:
            return self
        return Move(to, self.seen + 1, min(self.since, now))

    def is_settled(self, now: datetime) -> bool:
        """Whether it was met often enough, for long enough."""
        if self.since is None:
            return False
        return self.seen >= MOVED_SEEN and now - self.since >= MOVED_AFTER


def is_same_place(old: str, new: str, has_credentials: bool) -> bool:
    """Whether two addresses are the same server's, with www. or https as it may be.

    Not from https to http. With credentials, the host's name has to be the same.
    """
    before, after = urlsplit(old), urlsplit(new)
    hosts = [before.hostname or "", after.hostname or ""]
    if not has_credentials:
        hosts = [host.removeprefix("www.") for host in hosts]
    keeps_scheme = before.scheme == after.scheme
    ports = before.port == after.port if keeps_scheme else after.scheme == "https"
    return hosts[0] == hosts[1] and ports

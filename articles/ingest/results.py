"""What an answer means for its feed: success, failure, a pause, a move, the end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Sum

from articles.models import Feed, FetchAttempt, FetchOutcome
from articles.names import name_key

from . import claims, schedule
from .asking import Answer, Question, Trouble
from .entries import Entry
from .net import Failure, Fetched
from .parse.answers import ParsedFeed
from .pipeline import LONGEST_KEY
from .schedule import Habits, Move
from .store import Stored, store
from .text import clean

#: New or changed pieces of one feed, and bytes of their texts, within a day. The
#: busiest wires send some hundred pieces a day, of about 5 kB; whoever sends more
#: than this fills our disk and our desk. What is over stays for another day.
MOST_A_DAY = 2_000
MOST_BYTES_A_DAY = 64_000_000
#: Reasons of duplicate and refused items that are kept with an attempt.
MOST_NOTES = 20
#: Characters of a reason.
MOST_REASON = 1_000
#: The columns of a feed that are written here.
STATE = [
    "url",
    "host",
    "title",
    "next_check_at",
    "validators_of",
    "etag",
    "last_modified",
    "body_digest",
    "usual_gap",
    "failures",
    "failing_since",
    "problem",
    "last_attempt_at",
    "last_success_at",
    "last_new_at",
    "quiet_from",
    "gone_seen_at",
    "gone_at",
    "moved_to",
    "moved_seen",
    "moved_since",
]

_GONE, _NOT_MODIFIED = 410, 304


@dataclass(slots=True)
class Result:
    """What an answer makes of its feed, and of the attempt's row.

    ``chance`` spreads the pause; ``warnings`` are for the log, once it is written.
    """

    feed: Feed
    question: Question
    answer: Answer
    attempt: FetchAttempt
    now: datetime
    chance: float
    warnings: list[str] = field(default_factory=list)

    def apply(self, network_is_down: bool) -> None:
        """Change feed and attempt; store the pieces."""
        feed, answer, trouble = self.feed, self.answer, self.answer.trouble
        before = feed.last_attempt_at
        if fetched := answer.fetched:
            self.attempt.bytes = fetched.wire_bytes
            self.attempt.http_status = fetched.status
        if trouble:
            self.attempt.kind = trouble.kind
            self.attempt.reason = clean(trouble.reason)[:MOST_REASON]
            self.attempt.http_status = trouble.status
        if trouble is None:
            flood = self._flood() if answer.parsed else ""
            pause = self._stem(flood) if flood else self._succeed(before)
        elif not answer.was_asked:
            pause = self._postpone()
        elif trouble.is_network and network_is_down:
            pause = self._excuse()
        elif trouble.pause is not None:
            pause = self._wait(trouble.pause)
        else:
            pause = self._fail(trouble, before)
        if answer.was_asked:
            feed.last_attempt_at = answer.at
        feed.next_check_at = self.now + pause

    def _habits(self, wish: timedelta = timedelta()) -> Habits:
        feed = self.feed
        news = feed.last_new_at
        return Habits(
            usual_gap=feed.usual_gap,
            has_validators=bool(feed.etag or feed.last_modified),
            idle=max(self.now - news, timedelta()) if news else timedelta(),
            wish=wish,
            check_every=feed.check_every,
        )

    def _postpone(self) -> timedelta:
        self.attempt.outcome = FetchOutcome.POSTPONED
        return schedule.soon(self.chance)

    def _excuse(self) -> timedelta:
        self.attempt.outcome = FetchOutcome.FAILED
        self.attempt.reason = f"the network seems to be down: {self.attempt.reason}"
        return schedule.soon(self.chance)

    def _flood(self) -> str:
        """Why nothing more is taken from this feed today; "" if there is room."""
        since = self.now - timedelta(days=1)
        brought = self.feed.attempts.filter(at__gt=since).aggregate(
            pieces=Sum(F("created") + F("updated"), default=0),
            size=Sum("text_bytes", default=0),
        )
        if brought["pieces"] >= MOST_A_DAY:
            return f"it has brought {brought['pieces']:,} new or changed pieces"
        if brought["size"] >= MOST_BYTES_A_DAY:
            return f"it has brought {brought['size'] / 1e6:,.0f} MB of text"
        return ""

    def _stem(self, flood: str) -> timedelta:
        """Leave what has come for another day. Its validators are not kept, or the
        next answer would be that nothing is new."""
        pause = schedule.after_flood(self.chance)
        self.attempt.outcome = FetchOutcome.POSTPONED
        self.attempt.reason = self.feed.problem = (
            f"{flood} within a day; the rest is left for later"
        )
        self.warnings.append(f"{self.feed.url}: {self.attempt.reason}")
        return pause

    def _wait(self, seconds: float) -> timedelta:
        """The whole host wants to be left alone, which is no failure."""
        pause = schedule.after_refusal(seconds, self.chance)
        until = self.now + pause
        self.attempt.outcome = FetchOutcome.POSTPONED
        self.attempt.reason += f", and wants to be left alone until {_told(until)}"
        self.feed.problem = self.attempt.reason
        claims.leave_alone(self.question.host, until)
        return max(pause, schedule.after_success(self._habits(), self.chance))

    def _fail(self, trouble: Trouble, before: datetime | None) -> timedelta:
        feed, at = self.feed, self.answer.at
        self.attempt.outcome = FetchOutcome.FAILED
        feed.failures += 1
        feed.failing_since = min(feed.failing_since or at, at)
        if trouble.status == _NOT_MODIFIED:
            self._forget()
        if self._has_closed_port(trouble):
            https = feed.url.replace("http", "https", 1)
            self.attempt.reason += f"; its http port may be closed: try {https}"
        feed.problem = self.attempt.reason
        self._warn_of_failing(before)
        if trouble.status == _GONE:
            self._note_gone()
        failing_for = at - feed.failing_since
        interval = self._habits().interval
        return schedule.after_failure(interval, feed.failures, failing_for, self.chance)

    def _has_closed_port(self, trouble: Trouble) -> bool:
        most = schedule.CLOSED_PORT_FAILURES
        if trouble.kind != Failure.CONNECT or self.feed.failures < most:
            return False
        failed = self.feed.attempts.filter(outcome=FetchOutcome.FAILED).newest_first()
        kinds = set(failed.values_list("kind", flat=True)[: most - 1])
        return self.feed.url.startswith("http:") and kinds == {Failure.CONNECT}

    def _warn_of_failing(self, before: datetime | None) -> None:
        feed, at = self.feed, self.answer.at
        assert feed.failing_since is not None
        for patience in reversed(schedule.FAILING_ALERTS):
            if schedule.crossed(feed.failing_since + patience, before, at):
                self.warnings.append(
                    f"{feed.url} has been failing for {_span(patience)}: {feed.problem}"
                )
                return

    def _note_gone(self) -> None:
        feed = self.feed
        if schedule.is_gone(feed.gone_seen_at, self.now):
            feed.gone_at = self.now
            self.warnings.append(
                f"{feed.url} is gone: its server has said so for good, twice (410);"
                " it is asked no more until somebody revives it"
            )
        else:
            feed.gone_seen_at = min(feed.gone_seen_at or self.now, self.now)

    def _succeed(self, before: datetime | None) -> timedelta:
        feed, parsed, fetched = self.feed, self.answer.parsed, self.answer.fetched
        assert fetched is not None
        self._remember(fetched)
        created = self._take(parsed) if parsed else self._take_nothing()
        self._note_news(parsed, created)
        feed.last_success_at = self.answer.at
        feed.failures, feed.failing_since, feed.gone_seen_at = 0, None, None
        self._note_move(fetched)
        self._warn_of_quiet(before)
        wish = schedule.server_wish(
            fetched.cache_control,
            fetched.expires,
            fetched.date,
            parsed.ttl_minutes if parsed else None,
            self.now,
        )
        return schedule.after_success(self._habits(wish), self.chance)

    def _take(self, parsed: ParsedFeed) -> int:
        """Store the entries, and account for every item; how many are new."""
        feed, attempt = self.feed, self.attempt
        kept, refused, duplicates = _sorted_out(parsed)
        stored = store(kept, feed=feed) if kept else Stored()
        attempt.outcome = FetchOutcome.FETCHED
        problems = [parsed.problem] if parsed.problem else []
        if refused:
            problems.append(
                _refused(refused, of=len(parsed.entries) + len(parsed.refused))
            )
        if stored.names_put_off:
            self._forget()
            problems.append(_put_off(stored.names_put_off))
        attempt.reason = feed.problem = clean("; ".join(problems))[:MOST_REASON]
        attempt.items = len(parsed.entries) + len(parsed.refused)
        attempt.created = len(stored.created)
        attempt.updated = len(stored.updated)
        attempt.unchanged = stored.unchanged
        attempt.duplicate = len(stored.duplicates) + len(duplicates)
        attempt.refused = len(refused)
        attempt.text_bytes = stored.text_bytes
        attempt.notes = _notes(parsed, kept, refused, duplicates, stored)
        feed.title = feed.title or clean(parsed.title)[:200]
        return attempt.created

    def _take_nothing(self) -> int:
        """The feed is as it was; so is what was wrong with it, but no failure."""
        self.attempt.outcome = FetchOutcome.UNCHANGED
        if self.feed.problem:
            taken = self.feed.attempts.filter(outcome=FetchOutcome.FETCHED)
            last = taken.newest_first().values_list("reason", flat=True).first()
            self.feed.problem = last or ""
        return 0

    def _remember(self, fetched: Fetched) -> None:
        """What the next question is to be compared with; 304 may send it anew."""
        feed = self.feed
        if fetched.status == _NOT_MODIFIED:
            feed.etag = fetched.etag or feed.etag
            feed.last_modified = fetched.last_modified or feed.last_modified
            return
        feed.etag, feed.last_modified = fetched.etag, fetched.last_modified
        feed.body_digest = self.answer.digest
        feed.validators_of = feed.url

    def _forget(self) -> None:
        """Have the whole feed again the next time, though it may not have changed."""
        feed = self.feed
        feed.etag = feed.last_modified = feed.body_digest = feed.validators_of = ""

    def _note_news(self, parsed: ParsedFeed | None, created: int) -> None:
        feed, at = self.feed, self.answer.at
        if parsed:
            dates = [each.published for each in parsed.entries if each.published]
            past = [date for date in dates if date <= at]
            feed.usual_gap = schedule.usual_gap(past, at) or feed.usual_gap
            news = max(past, default=None)
            # What a feed has when it is new here need not be new.
            if created and (feed.last_success_at or news is None):
                news = at
            known = feed.last_new_at
            if news and (known is None or known < news or known > at):
                feed.last_new_at = news
        feed.quiet_from = schedule.quiet_from(feed.last_new_at, feed.usual_gap)

    def _warn_of_quiet(self, before: datetime | None) -> None:
        feed = self.feed
        if feed.quiet_from is None or feed.usual_gap is None:
            return
        if schedule.crossed(feed.quiet_from, before, self.answer.at):
            self.warnings.append(
                f"{feed.url} is strangely quiet: nothing new since"
                f" {_told(feed.last_new_at)}, though something usually comes every"
                f" {_span(feed.usual_gap)}"
            )

    def _note_move(self, fetched: Fetched) -> None:
        """Count redirects for good; take the new address over, or propose it."""
        feed = self.feed
        to = fetched.moved_permanently_to
        before = Move(feed.moved_to, feed.moved_seen, feed.moved_since)
        move = before.met("" if to == feed.url or len(to) > 2000 else to, self.now)
        feed.moved_to, feed.moved_seen, feed.moved_since = (
            move.to,
            move.seen,
            move.since,
        )
        if not move.is_settled(self.now):
            return
        has_login = bool(feed.username or feed.password)
        is_safe = schedule.is_same_place(feed.url, move.to, has_login)
        is_taken = Feed.objects.filter(url=move.to).exclude(pk=feed.pk).exists()
        if is_safe and not is_taken:
            self.warnings.append(
                f"{feed.url} has moved for good; it is fetched from {move.to} now"
            )
            feed.url = move.to
            feed.validators_of = move.to if feed.validators_of else ""
            feed.moved_to, feed.moved_seen, feed.moved_since = "", 0, None
        elif not before.is_settled(feed.last_attempt_at or self.now):
            other = "; another feed has that address already" if is_taken else ""
            self.warnings.append(
                f"{feed.url} has moved for good to {move.to}{other};"
                " confirm or turn down its new address in the admin"
            )


def _sorted_out(
    parsed: ParsedFeed,
) -> tuple[list[Entry], list[tuple[int, str]], list[tuple[int, str]]]:
    """The entries to be stored; those refused and those there twice, with reasons."""
    kept: dict[str, Entry] = {}
    refused = [(each.line, each.reason) for each in parsed.refused]
    duplicates = []
    for entry in parsed.entries:
        if reason := _unusable_name(entry):
            refused.append((entry.line, reason))
        elif first := kept.get(entry.canonical_url):
            duplicates.append((entry.line, f"the same address as item {first.line}"))
        else:
            kept[entry.canonical_url] = entry
    return list(kept.values()), refused, duplicates


def _unusable_name(entry: Entry) -> str:
    """Why a category or tag could not be found again: folded, it is too long."""
    names = [("category", entry.category), *(("tags", tag) for tag in entry.tags)]
    for kind, name in names:
        if len(name_key(name)) > LONGEST_KEY[kind]:
            return f"{kind}: “{name[:40]}” is too long, spelled out"
    return ""


def _notes(
    parsed: ParsedFeed,
    kept: Iterable[Entry],
    refused: list[tuple[int, str]],
    duplicates: list[tuple[int, str]],
    stored: Stored,
) -> list[str]:
    elsewhere = [
        (entry.line, reason)
        for entry in kept
        if (reason := stored.duplicates.get(entry.canonical_url))
    ]
    told = sorted([*refused, *duplicates, *elsewhere])[:MOST_NOTES]
    notes = [f"item {line}: {clean(reason)}" for line, reason in told]
    left_out = parsed.total - len(parsed.entries) - len(parsed.refused)
    if left_out > 0:
        notes = [f"{left_out:,} older items were left out", *notes[: MOST_NOTES - 1]]
    return notes


def _refused(refused: list[tuple[int, str]], *, of: int) -> str:
    number, reason = min(refused)
    return f"{len(refused):,} of {of:,} items were refused; item {number}: {reason}"


def _put_off(names: int) -> str:
    if names == 1:
        return "1 new tag or category is left for the next fetch"
    return f"{names:,} new tags and categories are left for the next fetch"


def _told(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "ever"


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours >= 2 else f"{60 * hours:.0f} minutes"

"""One polite pass over feeds: claim their hosts, ask, store, record.

Threads ask and parse, one host each, and never touch the database. The thread that
called does all the writing, one transaction for each feed. What no server answered is
held back until a claim is done: only then it shows whether the network is down.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import DatabaseError, reset_queries, transaction
from django.utils import timezone

from articles.models import Feed, FetchAttempt, FetchOutcome
from articles.models.feed import FeedQuerySet

from . import claims, schedule
from .asking import Answer, Load, Question, Read, Trouble, ask
from .claims import Claim, Standing
from .recording import Recorder
from .text import clean

#: Hosts that are asked at the same time.
THREADS = 8
#: Hosts of one claim.
MOST_HOSTS = 64
#: Seconds after which no more feeds of a claim are asked; the rest comes later, so
#: that a slow host holds up nobody for long.
LONGEST_BATCH = 60
#: Answers that wait to be written; the threads wait when there are so many.
MOST_WAITING = 8
#: A host that fails to answer so often in a row is not asked for its other feeds.
MOST_VAIN = 2
#: Problems that a report names.
SAMPLES = 50
#: Seconds between two looks at whether to stop.
_BLINK = 0.2


@dataclass(slots=True)
class Report:
    """What came of a pass: of ``feeds``, how many ended how; of their items, too.

    ``postponed`` feeds were left for later: their host asked for it, did not answer
    others, or is asked by another process. Results of ``discarded`` feeds came too
    late. ``degraded``: no server could be reached, so nobody is to blame. Of the
    seconds, those of ``fetching`` and ``reading`` are the sums of several threads,
    waiting included.
    """

    feeds: int = 0
    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    postponed: int = 0
    discarded: int = 0
    created: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0
    degraded: bool = False
    seconds: float = 0.0
    fetching_seconds: float = 0.0
    reading_seconds: float = 0.0
    writing_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def count(self, url: str, attempt: FetchAttempt) -> None:
        """Take one attempt into account."""
        self.feeds += 1
        outcome = str(FetchOutcome(attempt.outcome).value)
        setattr(self, outcome, getattr(self, outcome) + 1)
        for name in ("created", "updated", "duplicate", "refused"):
            setattr(self, name, getattr(self, name) + getattr(attempt, name))
        if attempt.outcome in {FetchOutcome.FAILED, FetchOutcome.POSTPONED}:
            self.tell(url, attempt.reason)

    def postpone(self, feeds: Iterable[str], reason: str) -> None:
        """Take feeds into account that were not asked."""
        for url in feeds:
            self.feeds += 1
            self.postponed += 1
            self.tell(url, reason)

    def tell(self, url: str, reason: str) -> None:
        """Name a problem."""
        if len(self.problems) < SAMPLES:
            self.problems.append(f"{clean(url)}: {clean(reason)}")


@dataclass(slots=True)
class _Turn:
    """A claimed host on its way through a thread.

    After ``deadline`` (of the monotonic clock) it is asked no more; ``left`` are the
    feeds that it did not come to. ``is_paused`` if it wants to be left alone.
    """

    claim: Claim
    deadline: float
    left: list[Feed] = field(default_factory=list)
    is_paused: bool = False


#: What a thread sends: a question with its answer, or None when the host is done.
_Sent = tuple[_Turn, tuple[Question, Answer] | None]


class _Plan:
    """Which feeds are still to be asked, by host; the hosts in their order."""

    def __init__(self, feeds: FeedQuerySet, limit: int | None) -> None:
        self._hosts: dict[str, list[int]] = {}
        self._asked_before: dict[int, datetime | None] = {}
        columns = ("pk", "host", "last_attempt_at")
        rows = feeds.order_by("next_check_at", "pk").values_list(*columns)
        for pk, host, asked_before in rows[:limit]:
            self.put_back(host, [pk])
            self._asked_before[pk] = asked_before

    def __bool__(self) -> bool:
        return bool(self._hosts)

    def holds(self, feed: Feed) -> bool:
        """Whether nobody has asked the feed since the plan was made."""
        return self._asked_before[feed.pk] == feed.last_attempt_at

    def take(self) -> dict[str, list[int]]:
        """The hosts of a claim; they are in the plan no more."""
        names = list(islice(self._hosts, MOST_HOSTS))
        return {name: self._hosts.pop(name) for name in names}

    def put_back(self, host: str, ids: Iterable[int]) -> None:
        """Have these feeds asked at the end."""
        if ids := list(ids):
            self._hosts.setdefault(host, []).extend(ids)


class Pass:
    """One pass. ``load`` and ``read`` are called in threads; they alone are."""

    def __init__(
        self,
        load: Load,
        read: Read,
        *,
        now: Callable[[], datetime] = timezone.now,
        chance: random.Random | None = None,
        limit: int | None = None,
        dry_run: bool = False,
        stop: threading.Event | None = None,
        on_progress: Callable[[Report], None] = lambda report: None,
    ) -> None:
        self.load = load
        self.read = read
        self.now = now
        self.limit = limit
        self.stop = stop or threading.Event()
        self.on_progress = on_progress
        self.report = Report()
        self._recorder = Recorder(now, chance or random.Random(), dry_run=dry_run)
        self._turns: queue.SimpleQueue[_Turn | None] = queue.SimpleQueue()
        self._sent: queue.Queue[_Sent] = queue.Queue(MOST_WAITING)
        self._is_over = threading.Event()

    def fetch(self, feeds: FeedQuerySet, *, regardless: bool = False) -> Report:
        """Ask those of the feeds that are due, or all of them; each once."""
        begin = time.monotonic()
        if not regardless:
            feeds = feeds.due(self.now())
        plan = _Plan(feeds, self.limit)
        with self._threads():
            while plan and not self.report.degraded and not self.stop.is_set():
                hosts = plan.take()
                taken = claims.claim(hosts, feeds, self.now())
                for each in taken:
                    plan.put_back(each.host, each.left)
                    del hosts[each.host]
                    each.feeds = [feed for feed in each.feeds if plan.holds(feed)]
                self._miss(hosts, plan, regardless)
                if taken:
                    self._ask(taken, plan)
                elif plan:
                    self.stop.wait(_BLINK)
                self.report.seconds = time.monotonic() - begin
        return self.report

    def _miss(self, hosts: dict[str, list[int]], plan: _Plan, is_told: bool) -> None:
        """Decide what becomes of the feeds of hosts that could not be claimed."""
        for host, why in claims.standing(hosts, self.now()).items():
            if why == Standing.RESTING:
                plan.put_back(host, hosts[host])
            elif why == Standing.PAUSED or is_told:
                rows = Feed.objects.filter(pk__in=hosts[host])
                urls = list(rows.values_list("url", flat=True))
                self.report.postpone(urls, f"{host} was not asked: {why}")

    def _ask(self, taken: list[Claim], plan: _Plan) -> None:
        """Have these hosts asked, and write what comes; afterwards they are free."""
        deadline = time.monotonic() + LONGEST_BATCH
        for each in taken:
            self._turns.put(_Turn(each, deadline))
        lease = taken[0].lease
        try:
            self._write(len(taken), lease, plan)
        finally:
            # If the database has failed, the leases run out by themselves.
            with suppress(DatabaseError), transaction.atomic():
                claims.let_go([each.host for each in taken], lease, self.now())

    def _write(self, turns: int, lease: str, plan: _Plan) -> None:
        """Write the answers of so many hosts, those of dead ones at the end."""
        asked, reached = set(), set()
        held: list[tuple[Question, Answer]] = []
        renewed = time.monotonic()
        while turns and not self.stop.is_set():
            if time.monotonic() - renewed > claims.RENEW_AFTER:
                claims.renew(lease, self.now())
                renewed = time.monotonic()
            try:
                turn, sent = self._sent.get(timeout=_BLINK)
            except queue.Empty:
                continue
            if sent is None:
                turns -= 1
                self._leave(turn, plan)
                continue
            question, answer = sent
            asked.add(question.host)
            if answer.trouble and answer.trouble.is_network:
                held.append(sent)
                continue
            reached.add(question.host)
            attempt = self._record(question, answer)
            if attempt.outcome == FetchOutcome.DISCARDED:
                turn.deadline = 0
        if turns:
            return
        # Only now it shows whether they or the network are to blame.
        is_down = schedule.network_is_down(len(asked), len(asked - reached))
        self.report.degraded = is_down
        for question, answer in held:
            self._record(question, answer, network_is_down=is_down)

    def _record(
        self, question: Question, answer: Answer, *, network_is_down: bool = False
    ) -> FetchAttempt:
        begin = time.monotonic()
        attempt = self._recorder.record(
            question, answer, network_is_down=network_is_down
        )
        self.report.writing_seconds += time.monotonic() - begin
        self.report.fetching_seconds += answer.fetching_seconds
        self.report.reading_seconds += answer.seconds - answer.fetching_seconds
        self.report.count(question.url, attempt)
        self.on_progress(self.report)
        reset_queries()  # DEBUG keeps every statement, with the texts in it
        return attempt

    def _leave(self, turn: _Turn, plan: _Plan) -> None:
        """A host is done, or as good as: what it did not come to is left for later."""
        if turn.is_paused:
            reason = f"{turn.claim.host} was not asked: {Standing.PAUSED}"
            self.report.postpone([feed.url for feed in turn.left], reason)
        else:
            plan.put_back(turn.claim.host, [feed.pk for feed in turn.left])

    @contextmanager
    def _threads(self) -> Iterator[None]:
        threads = [
            # Daemons: a slow server does not keep a process that ends alive.
            threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            for _ in threads:
                self._turns.put(None)
            if not self.stop.is_set():
                for thread in threads:
                    thread.join(2 * _BLINK)

    def _work(self) -> None:
        """What a thread does: one host after the other, until there is none."""
        while turn := self._turns.get():
            try:
                self._ask_host(turn)
            finally:
                self._send(turn, None)

    def _ask_host(self, turn: _Turn) -> None:
        gap, vain = schedule.gap_of(turn.claim.host), 0
        for number, feed in enumerate(turn.claim.feeds):
            question = Question.about(feed, turn.claim.lease)
            if vain >= MOST_VAIN:
                self._send(turn, (question, _not_asked(question, self.now())))
                continue
            if number and not turn.is_paused:
                self.stop.wait(gap)
            if turn.is_paused or self._is_late(turn):
                turn.left = turn.claim.feeds[number:]
                return
            answer = ask(question, self.load, self.read, self.now())
            trouble = answer.trouble
            vain = vain + 1 if trouble and trouble.is_network else 0
            turn.is_paused = bool(trouble and trouble.pause is not None)
            self._send(turn, (question, answer))

    def _is_late(self, turn: _Turn) -> bool:
        is_over = self._is_over.is_set() or self.stop.is_set()
        return is_over or time.monotonic() > turn.deadline

    def _send(self, turn: _Turn, sent: tuple[Question, Answer] | None) -> None:
        while not self._is_over.is_set():
            try:
                return self._sent.put((turn, sent), timeout=_BLINK)
            except queue.Full:
                continue


def _not_asked(question: Question, now: datetime) -> Answer:
    reason = f"{question.host} was not asked: it has just failed to answer others"
    trouble = Trouble("", reason, is_network=True)
    return Answer(at=now, trouble=trouble, was_asked=False)

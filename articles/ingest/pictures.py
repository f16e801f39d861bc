"""The pictures that pieces want: fetched, encoded anew in a worker, kept, attached.

A host is leased for each question, so that one process in the world asks it. Threads
fetch and wait for the workers; this one alone speaks to the database, and writes each
picture in a transaction of its own (``wanted``). Whatever a process that dies has not
written, the next one finds still wanted.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from articles.images.encoding import Encoded
from articles.models import ArticleStatus

from . import claims, schedule
from .addresses import Allow, Refused, check_url
from .agent import user_agent
from .child import ChildFailed, Children, NotAPicture
from .claims import NotFree, Standing
from .net import PICTURE, Failure, FetchError, fetch
from .text import clean
from .turns import Turns, Wish
from .wanted import SAMPLES, Miss, Report, Wanted, wanting

#: Fetches at the same time, and workers that encode what they bring.
MOST_IN_FLIGHT = 8
WORKERS = 2
#: Seconds until a host is tried again that another process is asking; one that is
#: not free for so long is left to a later run.
RETRY = 2.0
PATIENCE = 120.0
#: A host that fails so often in a row is left alone for the rest of the run.
MOST_VAIN = 3
#: When so many addresses have been tried and no server was reached, the rest of the
#: run is in vain.
MOST_UNREACHED = 24
#: What can be encoded, what comes cheapest first.
ACCEPT = "image/jpeg,image/png,image/webp,image/gif;q=0.9,image/avif;q=0.8"

_FOR_GOOD = {Failure.BLOCKED, Failure.TOO_LARGE}
_GONE = {404, 410}
# The connection was never made; what is later than that, a server had a part in.
_UNREACHED = {Failure.DNS, Failure.CONNECT}
_UNREADABLE = {"memory", "too_large"}


def fetch_wanted(
    *,
    sources: Sequence[str] = (),
    limit: int | None = None,
    dry_run: bool = False,
    on_progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Fetch the wanted pictures, published pieces first and the newest first.

    ``sources`` are slugs (none: all), ``limit`` is the most pictures to fetch. A dry
    run fetches and encodes, and writes nothing. Raises what the database and the
    storage raise.
    """
    allow = Allow.parse(settings.NEWSROOM_FETCH_ALLOW)
    agent = user_agent()

    def load(url: str) -> bytes:
        return fetch(
            url, limits=PICTURE, accept=ACCEPT, user_agent=agent, allow=allow
        ).body

    with Children(WORKERS) as children:
        run = Run(
            load, children.encode_picture, dry_run=dry_run, on_progress=on_progress
        )
        return run.fetch(run.wishes(allow, sources, limit))


class Run:
    """One pass over the wanted pictures.

    ``load`` gives the bytes at an address or raises FetchError; ``encode`` makes a
    picture of them or raises NotAPicture, ChildFailed or ValueError. Both are called
    in threads.
    """

    def __init__(
        self,
        load: Callable[[str], bytes],
        encode: Callable[[bytes], Encoded],
        *,
        dry_run: bool = False,
        on_progress: Callable[[Report], None] = lambda report: None,
    ) -> None:
        self.load = load
        self.encode = encode
        self.dry_run = dry_run
        self.on_progress = on_progress
        self.now = timezone.now()
        self.report = Report()
        self.wanted = Wanted(self.report, self.now, dry_run=dry_run)
        self._done: SimpleQueue[tuple[Wish, Encoded | Miss | Exception]] = SimpleQueue()
        self._vain: dict[str, int] = {}
        #: By host, of those that are being asked; since when others are not free.
        self._leases: dict[str, str] = {}
        self._refused_since: dict[str, float] = {}
        self._asked: set[str] = set()
        self._reached: set[str] = set()
        self._unreached: list[tuple[Wish, Miss]] = []

    def wishes(
        self, allow: Allow, sources: Sequence[str], limit: int | None
    ) -> list[Wish]:
        """What is due, one for each address; what may not be asked fails at once."""
        rank = Case(When(status=ArticleStatus.PUBLISHED, then=Value(0)), default=1)
        articles = wanting(self.now).order_by(rank, "-source_published_at", "-pk")
        if sources:
            articles = articles.filter(source__slug__in=sources)
        found: dict[str, list[int]] = {}
        for pk, url in articles.values_list("pk", "image_url").iterator():
            if url in found or limit is None or len(found) < limit:
                found.setdefault(url, []).append(pk)
        wishes = []
        for url, ids in found.items():
            self.report.wanted += len(ids)
            try:
                target = check_url(url, allow)
            except Refused as error:
                self.wanted.miss(
                    Wish(url, "", tuple(ids)), Miss(str(error), is_final=True)
                )
                continue
            gap = schedule.gap_of(target.host)
            wishes.append(Wish(url, target.host, tuple(ids), gap))
        return wishes

    def fetch(self, wishes: Iterable[Wish]) -> Report:
        """Fetch them all, several at once but never two from one host."""
        turns = Turns(wishes)
        started = time.monotonic()
        try:
            while turns or self._leases:
                self._start_some(turns)
                if done := self._next_done(turns):
                    self._conclude(*done, turns)
                    self.report.seconds = time.monotonic() - started
                    self.on_progress(self.report)
        finally:
            # If the database has failed, the leases run out by themselves.
            with suppress(DatabaseError), transaction.atomic():
                for host in list(self._leases):
                    self._let_go(host)
        self._count_unreached()
        return self.report

    def _start_some(self, turns: Turns) -> None:
        while len(self._leases) < MOST_IN_FLIGHT and (wish := turns.take()):
            try:
                lease = claims.take(wish.host, timezone.now())
            except NotFree as error:
                self._wait(wish, error, turns)
                continue
            self._leases[wish.host] = lease
            self._refused_since.pop(wish.host, None)
            # Asked under the lease, so that what another process did before is seen.
            if self.wanted.is_due(wish):
                self._start(wish)
            else:
                self.wanted.skip([wish])
                self._give_back(wish, turns)

    def _wait(self, wish: Wish, error: NotFree, turns: Turns) -> None:
        """The host is not free: later in this run, or in another one."""
        since = self._refused_since.setdefault(wish.host, time.monotonic())
        if error.why == Standing.PAUSED and error.until:
            self.wanted.postpone([wish, *turns.drop(wish.host)], error.until)
        elif time.monotonic() - since > PATIENCE:
            self.wanted.skip([wish, *turns.drop(wish.host)])
        else:
            is_resting = error.why == Standing.RESTING
            turns.put_back(wish, wish.gap if is_resting else RETRY)

    def _next_done(self, turns: Turns) -> tuple[Wish, Encoded | Miss] | None:
        """What was fetched next; None when a host comes free before that."""
        patience = turns.pause if len(self._leases) < MOST_IN_FLIGHT else None
        if not self._leases:
            patience = patience or 0
        try:
            wish, got = self._done.get(timeout=patience)
        except Empty:
            return None
        if isinstance(got, Exception):
            raise got
        return wish, got

    def _give_back(self, wish: Wish, turns: Turns) -> None:
        self._let_go(wish.host)
        turns.give_back(wish)

    def _let_go(self, host: str) -> None:
        claims.let_go([host], self._leases.pop(host), timezone.now())

    @property
    def _is_network_down(self) -> bool:
        """By what is known of the hosts that were asked so far."""
        unreached = len(self._asked - self._reached)
        return schedule.network_is_down(len(self._asked), unreached)

    def _start(self, wish: Wish) -> None:
        """Obtain the picture in a thread, which nobody waits for after Ctrl-C."""

        def obtain() -> None:
            try:
                self._done.put((wish, self._obtain(wish.url)))
            except Exception as error:  # noqa: BLE001 raised where it is waited for
                self._done.put((wish, error))

        threading.Thread(target=obtain, name="picture", daemon=True).start()

    def _obtain(self, url: str) -> Encoded | Miss:
        """The picture at an address. Runs in a thread, without the database."""
        try:
            return self.encode(self.load(url))
        except FetchError as error:
            return Miss(
                str(error),
                is_final=error.kind in _FOR_GOOD or error.status in _GONE,
                is_network=error.is_network,
                is_unreached=error.is_network and error.kind in _UNREACHED,
                rest=schedule.rest(error.status, error.retry_after),
            )
        except NotAPicture as error:
            return Miss(str(error), is_final=True)
        except ChildFailed as error:
            return Miss(error.reason, is_final=error.kind in _UNREADABLE)
        except ValueError as error:
            return Miss(str(error))

    def _conclude(self, wish: Wish, got: Encoded | Miss, turns: Turns) -> None:
        self._account(wish, got, turns)
        self._give_back(wish, turns)

    def _account(self, wish: Wish, got: Encoded | Miss, turns: Turns) -> None:
        self._asked.add(wish.host)
        if isinstance(got, Encoded) or not got.is_unreached:
            self._reached.add(wish.host)
        if isinstance(got, Encoded):
            self.report.fetched += 1
            self._vain.pop(wish.host, None)
            self.wanted.keep(wish, got)
            return
        self._vain[wish.host] = (
            self._vain.get(wish.host, 0) + 1 if got.is_network else 0
        )
        if got.rest:
            until = timezone.now() + got.rest
            self.wanted.postpone(turns.drop(wish.host), until)
            if not self.dry_run:
                claims.leave_alone(wish.host, until)
        elif self._vain[wish.host] >= MOST_VAIN:
            self.wanted.skip(turns.drop(wish.host))
        if got.is_unreached:
            self._unreached.append((wish, got))
        else:
            self.wanted.miss(wish, got)
        if self._reached and not self._is_network_down:
            self._count_unreached()
        elif not self._reached and len(self._unreached) >= MOST_UNREACHED:
            self.wanted.skip(turns.drop_all())

    def _count_unreached(self) -> None:
        """Those that no server answered count as failed, unless the network is down.

        Then nobody is to blame, and they stay as they were.
        """
        if not self._is_network_down:
            for wish, miss in self._unreached:
                self.wanted.miss(wish, miss)
        else:
            self.report.network_is_down = True
            self.report.failed += sum(len(wish.articles) for wish, _ in self._unreached)
            self.report.samples += [
                f"{clean(wish.url)}: {clean(miss.reason)}"
                for wish, miss in self._unreached[:SAMPLES]
            ]
        self._unreached = []

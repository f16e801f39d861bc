"""Full texts from the pieces' own pages, where a licence lets them be shown.

Off by default: a source must say so and have the reuse policy for it. A site's
robots.txt is obeyed, as these pages are nothing that was given out for being fetched
by machines, which a feed is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from articles.models import (
    Article,
    ArticleStatus,
    Reuse,
    SourceChange,
    SourceChangeState,
    relisting,
)
from articles.models.feed import host_of

from . import changes, claims, sanitise, schedule
from .addresses import Allow
from .agent import user_agent
from .child import ChildFailed, Children, NotExtracted
from .net import PAGE, Failure, Fetched, FetchError, fetch

#: Seconds for which a page waits for its host while others ask it, and between two
#: looks at whether it is free; then it is left to a later run.
PATIENCE = 120.0
_BLINK = 0.2
#: A page that cannot be had just now is asked for again after this, for so long.
RETRY_AFTER = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
#: A page must bring so much more text than the feed did to take its place.
WORTH_IT = 1.2
#: Bytes of a robots.txt that are read (RFC 9309, 2.5, asks for at least so many).
ROBOTS_BYTES = 500 * 1024
SAMPLES = 20

_FOR_GOOD = {Failure.BLOCKED, Failure.TOO_LARGE, Failure.BAD_ENCODING}


@dataclass(slots=True)
class Report:
    """How many pages were due and what came of them."""

    due: int = 0
    taken: int = 0
    proposed: int = 0
    not_worth: int = 0
    forbidden: int = 0
    failed: int = 0
    samples: list[str] = field(default_factory=list)


class Later(Exception):
    """The page cannot be had just now; the message says why."""


class Never(Exception):
    """The page is not to be had; the message says why."""


Load = Callable[[str], Fetched]


def due(now: datetime, sources: Sequence[str] = ()) -> QuerySet[Article]:
    """Articles whose page is to be fetched, the newest first."""
    articles = Article.objects.filter(
        page_due_at__lte=now,
        source__fetches_full_text=True,
        source__reuse=Reuse.FULL_TEXT,
    ).exclude(status__in=[ArticleStatus.SPIKED, ArticleStatus.KILLED])
    if sources:
        articles = articles.filter(source__slug__in=sources)
    return articles.order_by("-source_published_at", "-pk")


class Robots:
    """What sites let us fetch, asked once for each (RFC 9309)."""

    def __init__(self, load: Load, agent: str) -> None:
        self._load = load
        self._agent = agent
        self._rules: dict[str, RobotFileParser] = {}

    def allows(self, url: str) -> bool:
        """Whether the page may be fetched. Raises Later if the site does not say."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = self._asked(f"{origin}/robots.txt")
        return self._rules[origin].can_fetch(self._agent, url)

    def _asked(self, url: str) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            body = self._load(url).body[:ROBOTS_BYTES]
        except FetchError as error:
            # No such file: everything is allowed. A site that is ill has not said
            # so, and is asked again (RFC 9309, 2.3.1).
            if error.status is None or not 400 <= error.status < 500:
                raise Later(f"its robots.txt cannot be read: {error}") from error
            body = b""
        rules.parse(body.decode("utf-8", "replace").splitlines())
        return rules


class Run:
    """One pass over the pages that are due, a page at a time.

    The host is leased for each, so that one process in the world asks it.
    """

    def __init__(
        self,
        load: Load,
        extract: Callable[[Fetched], str],
        *,
        dry_run: bool = False,
    ) -> None:
        self._load, self._extract = load, extract
        self._robots = Robots(load, user_agent())
        self._dry_run = dry_run
        self.report = Report()

    def fetch(self, articles: Sequence[Article]) -> Report:
        """Fetch the pages of these articles."""
        for article in articles:
            try:
                text = self._text(article)
            except Later as error:
                self._failed(article, str(error), is_final=_is_old(article))
            except Never as error:
                self._failed(article, str(error), is_final=True)
            else:
                if text is not None:
                    self._take(article, text)
        return self.report

    def _text(self, article: Article) -> str | None:
        """The page's text; None if another process has fetched it meanwhile."""
        host = host_of(article.url)
        with _leased(host):
            # Read under the lease, so that what another process did before is seen.
            mine = {"pk": article.pk, "page_due_at": article.page_due_at}
            if not Article.objects.filter(**mine).exists():
                return None
            try:
                return self._page(article.url)
            except FetchError as error:
                self._heed(host, error)
                gone = {401, 402, 403, 404, 410}
                if error.kind in _FOR_GOOD or error.status in gone:
                    raise Never(str(error)) from error
                raise Later(str(error)) from error
            except ChildFailed as error:
                raise Never(error.reason) from error

    def _page(self, url: str) -> str:
        if not self._robots.allows(url):
            self.report.forbidden += 1
            raise Never("its site's robots.txt forbids it")
        return self._extract(self._load(url))

    def _heed(self, host: str, error: FetchError) -> None:
        """Let nobody ask a host that wants to be left alone."""
        rest = schedule.rest(error.status, error.retry_after)
        if rest and not self._dry_run:
            claims.leave_alone(host, timezone.now() + rest)

    def _failed(self, article: Article, reason: str, *, is_final: bool) -> None:
        self.report.due += 1
        self.report.failed += 1
        if len(self.report.samples) < SAMPLES:
            self.report.samples.append(f"article {article.pk}: {article.url}: {reason}")
        later = None if is_final else timezone.now() + RETRY_AFTER
        if not self._dry_run:
            Article.objects.filter(pk=article.pk).update(page_due_at=later)

    def _take(self, article: Article, text: str) -> None:
        self.report.due += 1
        if not _is_worth_it(article, text):
            self.report.not_worth += 1
            state = None
        elif article.edited_at:
            self.report.proposed += 1
            state = SourceChangeState.PENDING
        else:
            self.report.taken += 1
            state = SourceChangeState.APPLIED
        if not self._dry_run:
            _write(article, text, state)


@contextmanager
def _leased(host: str) -> Iterator[None]:
    """Ask the host alone. Raises Later if it is not free for long."""
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            lease = claims.take(host, timezone.now())
            break
        except claims.NotFree as error:
            is_over = time.monotonic() > patient_until
            if is_over or error.why == claims.Standing.PAUSED:
                raise Later(str(error)) from error
            time.sleep(_BLINK)
    try:
        yield
    finally:
        claims.let_go([host], lease, timezone.now())


def _write(article: Article, text: str, state: SourceChangeState | None) -> None:
    """Write the text, or propose it; nothing if a person was faster."""
    with relisting([article.pk]):
        rows = Article.objects.filter(pk=article.pk, edited_at=article.edited_at)
        if not rows.update(page_due_at=None) or state is None:
            return
        after = {"source_body": text}
        if state == SourceChangeState.APPLIED:
            rows.update(source_body=text, needs_suggestions=True, needs_comparing=True)
        elif waiting := article.source_changes.filter(state=state).first():
            after = waiting.after | after
            waiting.delete()
        SourceChange.objects.create(
            article=article,
            state=state,
            before={name: changes.column(article, name) for name in after},
            after=after,
            digest=changes.digest_of_columns(after),
            at=timezone.now(),
        )


def _is_worth_it(article: Article, text: str) -> bool:
    known = len(sanitise.text(article.source_body))
    return len(sanitise.text(text)) > max(known * WORTH_IT, 1)


def _is_old(article: Article) -> bool:
    return article.created_at < timezone.now() - GIVE_UP_AFTER


def fetch_due(
    *, sources: Sequence[str] = (), limit: int | None = None, dry_run: bool = False
) -> Report:
    """Fetch the pages that are due. Raises NotExtracted where the reader is missing."""
    allow = Allow.parse(settings.NEWSROOM_FETCH_ALLOW)
    agent = user_agent()

    def load(url: str) -> Fetched:
        return fetch(
            url, limits=PAGE, user_agent=agent, allow=allow, accept="text/html"
        )

    with Children() as children:
        # Whether the reader is there shows before anybody is asked for a page.
        children.extract_text(b"<p></p>", url="https://a.example/", content_type="")

        def extract(page: Fetched) -> str:
            return children.extract_text(
                page.body, url=page.url, content_type=page.content_type
            )

        run = Run(load, extract, dry_run=dry_run)
        return run.fetch(list(due(timezone.now(), sources)[:limit]))


__all__ = ["NotExtracted", "Report", "Run", "due", "fetch_due"]

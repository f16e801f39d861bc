"""From the answer of one feed to the database: its pieces, its state, its attempt.

All of it is one transaction, so that what a feed is remembered to have sent
(validators, digest) is never ahead of its pieces. An answer counts only while its
host is leased to whoever asked, and while the feed is as it was.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from articles.models import Feed, FetchAttempt, FetchOutcome

from . import claims
from .asking import Answer, Question, Trouble, unexpected
from .results import STATE, Result
from .text import clean

logger = logging.getLogger("articles.ingest")

#: Times a result is tried when another process writes the same pieces, or the
#: database is in the way.
TRIES = 3
#: Seconds between two of them, more each time.
PAUSE = 0.05
#: Attempts that are kept with a feed, the newest.
KEPT_ATTEMPTS = 100


class Recorder:
    """Writes answers into the database.

    ``now`` and ``chance`` are what a test sets. In a dry run every transaction is
    rolled back at its end, and nothing is logged.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        chance: random.Random,
        *,
        dry_run: bool = False,
    ) -> None:
        self._now = now
        self._chance = chance
        self._dry_run = dry_run

    def record(
        self, question: Question, answer: Answer, *, network_is_down: bool = False
    ) -> FetchAttempt:
        """Write what came of a question; the attempt says what became of it.

        With ``network_is_down`` a feed that was not reached is not to blame. What
        the database or a mistake of ours makes impossible is undone, and recorded
        as a failure. Raises DatabaseError when not even that can be written.
        """
        trouble = None
        for number in range(TRIES):
            if trouble:
                _mend_connection()
                time.sleep(PAUSE * number)
            try:
                return self._write(question, answer, network_is_down)
            except (IntegrityError, OperationalError, InterfaceError) as error:
                trouble = _of_database(error)
            except DatabaseError as error:
                trouble = _of_database(error)
                break
            except Exception as error:  # the other feeds go on  # noqa: BLE001
                logger.exception("Storing %s failed unexpectedly", question.url)
                trouble = unexpected(error)
                break
        _mend_connection()
        failed = replace(answer, parsed=None, trouble=trouble)
        return self._write(question, failed, network_is_down=False)

    def _write(
        self, question: Question, answer: Answer, network_is_down: bool
    ) -> FetchAttempt:
        now = self._now()
        with transaction.atomic():
            is_ours = claims.renew(question.lease, now, question.host)
            rows = Feed.objects.filter(pk=question.feed)
            feed = rows.select_for_update(no_key=True).first()
            attempt = FetchAttempt(feed=feed, at=answer.at, seconds=answer.seconds)
            if reason := _why_discarded(feed, question, is_ours):
                attempt.outcome = FetchOutcome.DISCARDED
                attempt.reason = reason
                warnings: list[str] = []
            else:
                assert feed is not None
                chance = self._chance.uniform(-1, 1)
                result = Result(feed, question, answer, attempt, now, chance)
                result.apply(network_is_down)
                feed.save(update_fields=STATE)
                warnings = result.warnings
            if feed:
                attempt.next_check_at = None if feed.gone_at else feed.next_check_at
                attempt.save()
                _prune(feed)
            if self._dry_run:
                transaction.set_rollback(True)
                warnings = []
        for warning in warnings:
            logger.warning("%s", clean(warning))
        return attempt


def _of_database(error: Exception) -> Trouble:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return Trouble("database", f"the database refused what came: {clean(lines[0])}")


def _mend_connection() -> None:
    """Let go of a connection that has broken; the next statement opens another."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _why_discarded(feed: Feed | None, question: Question, is_ours: bool) -> str:
    if feed is None:
        return "the feed was deleted while it was being fetched"
    if not feed.is_active:
        return "the feed was switched off while it was being fetched"
    if feed.url != question.url:
        return "the feed got another address while it was being fetched"
    if not is_ours:
        return "fetching took so long that another process has taken over"
    return ""


def _prune(feed: Feed) -> None:
    attempts = FetchAttempt.objects.filter(feed=feed).newest_first()
    old = list(attempts.values_list("pk", flat=True)[KEPT_ATTEMPTS:])
    if old:
        FetchAttempt.objects.filter(pk__in=old).delete()

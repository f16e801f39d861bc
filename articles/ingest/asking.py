"""One question to one feed: fetch, compare, parse. Runs in threads, knows no database.

What comes back is an ``Answer``, whatever happens on the way.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from articles.models import Feed

from .child import ChildFailed, NotAFeed
from .net import Fetched, FetchError
from .parse.answers import ParsedFeed
from .schedule import rest

logger = logging.getLogger("articles.ingest")

#: Of the reading of feeds. With a new one, every feed is read anew though it may
#: not have changed.
READING = "v1"
#: Feeds that are told of a page that is none.
MOST_TOLD_FEEDS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A feed as it was when it was claimed: what to ask for, and how."""

    feed: int
    url: str
    host: str
    lease: str
    source: str = ""
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    credentials: tuple[str, str] | None = None
    verify_tls: bool = True

    @classmethod
    def about(cls, feed: Feed, lease: str) -> Self:
        """With the validators, if they are this address's and of this reading."""
        knows = feed.validators_of == feed.url and feed.body_digest.startswith(
            f"{READING}:"
        )
        has_login = feed.username or feed.password
        return cls(
            feed=feed.pk,
            url=feed.url,
            host=feed.host,
            lease=lease,
            source=feed.source.name,
            etag=feed.etag if knows else "",
            last_modified=feed.last_modified if knows else "",
            digest=feed.body_digest if knows else "",
            credentials=(feed.username, feed.password) if has_login else None,
            verify_tls=feed.verifies_certificate,
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a question came to nothing, in plain words.

    ``kind`` is one of ``net.Failure``, or not_feed, parse, database, unexpected.
    ``is_network``: no server has answered. ``pause``: seconds for which the host
    wants to be left alone, and then it is no failure.
    """

    kind: str
    reason: str
    status: int | None = None
    is_network: bool = False
    pause: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question that was asked ``at`` a moment and took ``seconds``.

    ``fetched`` is without its body. ``parsed`` is None where nothing has changed,
    and where there was ``trouble``. ``was_asked`` is False where the question was
    not even put, as its host had not answered others.
    """

    at: datetime
    seconds: float = 0.0
    fetched: Fetched | None = None
    digest: str = ""
    parsed: ParsedFeed | None = None
    trouble: Trouble | None = None
    was_asked: bool = True

    @property
    def fetching_seconds(self) -> float:
        """Of the seconds, those until the body was there, or nothing came."""
        return self.fetched.seconds if self.fetched else self.seconds


#: Gives what is at the question's address. Raises FetchError.
Load = Callable[[Question], Fetched]
#: Reads what came. Raises NotAFeed and ChildFailed.
Read = Callable[[Question, Fetched, datetime], ParsedFeed]


def ask(question: Question, load: Load, read: Read, at: datetime) -> Answer:
    """Put one question; never raises."""
    start = time.monotonic()
    fetched, trouble, digest, parsed = None, None, "", None
    try:
        fetched = load(question)
        if fetched.status != 304:
            digest = digest_of(fetched.body)
            if digest != question.digest:
                parsed = read(question, fetched, at)
    except FetchError as error:
        trouble = _of_fetching(error)
    except NotAFeed as error:
        trouble = Trouble("not_feed", _no_feed(error))
    except ChildFailed as error:
        trouble = Trouble("parse", error.reason)
    except Exception as error:  # one feed must never end the others  # noqa: BLE001
        logger.exception("Fetching %s failed unexpectedly", question.url)
        trouble = unexpected(error)
    if trouble and fetched:
        trouble = replace(trouble, status=fetched.status)
    return Answer(
        at=at,
        seconds=time.monotonic() - start,
        fetched=replace(fetched, body=b"") if fetched else None,
        digest=digest,
        parsed=parsed,
        trouble=trouble,
    )


def digest_of(body: bytes) -> str:
    """Of the bytes of a feed, and of how they are read."""
    return f"{READING}:{hashlib.sha256(body).hexdigest()}"


def unexpected(error: Exception) -> Trouble:
    """What nobody has thought of; the log has its traceback."""
    reason = f"an error in Newsroom itself: {type(error).__name__}: {error}"
    return Trouble("unexpected", reason[:500])


def _of_fetching(error: FetchError) -> Trouble:
    reason = str(error)
    pause = rest(error.status, error.retry_after).total_seconds() or None
    if error.bot_wall:
        reason = f"blocked by bot protection: {reason}"
        pause = pause if error.retry_after else None
    return Trouble(error.kind, reason, error.status, error.is_network, pause)


def _no_feed(error: NotAFeed) -> str:
    reason = str(error)
    if not error.feeds:
        return reason
    return f"{reason}; the page names these: {', '.join(error.feeds[:MOST_TOLD_FEEDS])}"

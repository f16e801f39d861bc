"""A fetch from its first address to its last, redirect by redirect."""

import re
import socket
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from articles.ingest.addresses import Allow, Refused, Target, check_url

from .body import read_body
from .connection import Answer, Clock, Errand, Resolve
from .outcome import FEED, Failure, Fetched, FetchError, Hop, Limits

#: No wish of a server to be left alone is followed for longer.
LONGEST_RETRY_AFTER = 7 * 24 * 3600
#: Characters of a header that is kept.
MOST_HEADER_CHARACTERS = 1024

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# What a header cannot carry (RFC 9110, 5.5), and the controls that it had better not.
_ODD = re.compile("[^ -~\xa0-\xff]")
#: Header and value with which a service says that it keeps programs out.
_BOT_WALLS = (
    ("cf-mitigated", "challenge"),
    ("x-amzn-waf-action", "challenge"),
    ("x-amzn-waf-action", "captcha"),
    ("x-datadome", "protected"),
    ("x-vercel-mitigated", "challenge"),
)
_BOT_WALL_STATUSES = frozenset({202, 401, 403, 405, 429, 503})


def fetch(
    url: str,
    *,
    limits: Limits = FEED,
    etag: str = "",
    last_modified: str = "",
    accept: str = "*/*",
    user_agent: str,
    allow: Allow,
    credentials: tuple[str, str] | None = None,
    verify_tls: bool = True,
    resolve: Resolve = socket.getaddrinfo,
) -> Fetched:
    """Get ``url``, or learn that it is as ``etag`` and ``last_modified`` say.

    ``credentials`` are a user name and a password for Basic authentication. They and
    the validators are dropped for good once a redirect leaves the first origin.
    Redirects from https to http are refused, unless ``url`` was http and no
    credentials are there to protect. Of the answers, 2xx with a whole body counts,
    and 304 if a validator was sent. Raises FetchError, and nothing else.
    """
    errand = Errand(
        limits, Clock(limits.wall), accept, user_agent, allow, verify_tls, resolve
    )
    private = _private(etag, last_modified, credentials)
    hops: list[Hop] = []
    try:
        target = first = _checked(url, allow)
        may_be_plain = first.scheme == "http" and not credentials
        while True:
            with errand.answer(target, private) as answer:
                if answer.status not in _REDIRECTS:
                    return _received(answer, target, private, errand, tuple(hops))
                location = _location(answer, target)
            hops.append(Hop(target.url, answer.status))
            following = _checked(location, allow, sent_by=target.host)
            _check_redirect(following, hops, limits, may_be_plain)
            if following.origin != first.origin:
                private = {}
            target = following
    except FetchError as error:
        error.hops = tuple(hops)
        raise


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds from ``now`` (aware) that a Retry-After header names (RFC 9110, 10.2.3).

    At least 0 and at most seven days; None if it is neither a number of seconds nor
    a date.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        # Longer ones are beyond the cap, and int() refuses the longest.
        seconds = float(value) if len(value) < 16 else LONGEST_RETRY_AFTER
    else:
        try:
            moment = parsedate_to_datetime(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            seconds = (moment - now).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _checked(url: str, allow: Allow, sent_by: str = "") -> Target:
    """The address to be asked; ``sent_by`` is the host that redirects there."""
    try:
        return check_url(url, allow)
    except Refused as error:
        where = f"{sent_by} redirects to what may not be fetched: " if sent_by else ""
        raise FetchError(Failure.BLOCKED, f"{where}{error}") from error


def _private(
    etag: str, last_modified: str, credentials: tuple[str, str] | None
) -> dict[str, str]:
    """The headers that are meant for the first origin alone."""
    headers = {
        "If-None-Match": kept(etag),
        "If-Modified-Since": kept(last_modified),
    }
    if credentials:
        name_and_password = ":".join(credentials).encode()
        headers["Authorization"] = f"Basic {b64encode(name_and_password).decode()}"
    return {name: value for name, value in headers.items() if value}


def kept(value: str) -> str:
    """``value`` verbatim, or "" if it is too long or odd to be sent back."""
    is_fit = len(value) <= MOST_HEADER_CHARACTERS and not _ODD.search(value)
    return value if is_fit else ""


def _location(answer: Answer, target: Target) -> str:
    """Where a redirect leads; the bytes of its header are UTF-8 if they can be."""
    values = set(answer.response.headers.getlist("location"))
    location = values.pop().strip() if len(values) == 1 else ""
    with suppress(UnicodeDecodeError):
        location = location.encode("latin-1").decode("utf-8")
    if not location or _CONTROL.search(location):
        raise FetchError(
            Failure.HTTP,
            f"{target.host} redirects without saying where",
            status=answer.status,
        )
    try:
        return urljoin(target.url, location)
    except ValueError:
        # No address at all, which the check of addresses words better.
        return location


def _check_redirect(
    following: Target, hops: list[Hop], limits: Limits, may_be_plain: bool
) -> None:
    """Refuse to go on to ``following`` where it leads in circles or out of https."""
    last = hops[-1]
    if len(hops) > limits.hops:
        raise FetchError(
            Failure.HTTP,
            f"more than {limits.hops} redirects, the last to {following.host}",
            status=last.status,
        )
    if following.url in {hop.url for hop in hops}:
        raise FetchError(
            Failure.HTTP,
            f"{following.host} redirects in a circle",
            status=last.status,
        )
    leaves_tls = last.url.startswith("https:") and following.scheme == "http"
    if leaves_tls and not may_be_plain:
        raise FetchError(
            Failure.BLOCKED,
            f"a redirect leads from https to unprotected http at {following.host}",
        )


def _received(
    answer: Answer,
    target: Target,
    private: dict[str, str],
    errand: Errand,
    hops: tuple[Hop, ...],
) -> Fetched:
    """The end of a fetch, from an answer that is no redirect."""
    try:
        _check_status(answer, target, private)
        body = b"" if answer.status == 304 else read_body(answer, target, errand)
    except FetchError as error:
        error.status = answer.status
        raise
    return Fetched(
        url=target.url,
        status=304 if answer.status == 304 else 200,
        body=body,
        content_type=kept(answer.header("content-type").replace("\t", " ")),
        etag=kept(answer.header("etag")),
        last_modified=kept(answer.header("last-modified")),
        cache_control=kept(answer.header("cache-control")),
        expires=kept(answer.header("expires")),
        date=kept(answer.header("date")),
        hops=hops,
        wire_bytes=answer.wire_bytes,
        seconds=errand.clock.spent,
    )


def _check_status(answer: Answer, target: Target, private: dict[str, str]) -> None:
    status = answer.status
    bot_wall = status in _BOT_WALL_STATUSES and any(
        answer.header(name).lower() == value for name, value in _BOT_WALLS
    )
    has_validator = "If-None-Match" in private or "If-Modified-Since" in private
    if bot_wall:
        message = f"{target.host} keeps programs out: its bot protection answered"
    elif status == 304:
        if has_validator:
            return
        message = f"{target.host} says that nothing changed, but was not asked that"
    elif status == 206:
        message = f"{target.host} sends a part, though all was asked for"
    elif 200 <= status < 300:
        return
    else:
        message = f"{target.host} answers with status {status}"
    raise FetchError(
        Failure.HTTP,
        message,
        retry_after=retry_after(answer.header("retry-after"), datetime.now(UTC)),
        bot_wall=bot_wall,
    )

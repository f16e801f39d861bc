"""Pages, feeds and sitemaps that are kept: drawn once for each edition they show.

The address, the language and the editions of this moment make the page's ETag. Who
has that page already gets 304; else a page that was kept is sent; else it is drawn,
and kept. Nothing has to be thrown away: what has changed has another edition, and
nobody asks for the old one again.

Each process keeps whole answers by their address and gives them before anything else
is done: all that such an answer costs is one question, whether its editions still
stand. A server of WSGI is answered before Django has made a request of what it was
asked (``kept_first``), which takes longer than the question; all others, and requests
with other conditions than the page's ETag, by ``KeptMiddleware``. With a shared cache
pages are kept there too, for the other processes.

They are kept and sent compressed. A page that anybody may read holds no secret that
the length of what is compressed could betray.

Not by ``django.middleware.cache``: it keeps by time, and a piece that was killed
would be readable until the time is over.
"""

import functools
import gzip
import hashlib
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import get_language

from articles.models import edition
from newsroom.memory import Memory
from newsroom.reading import for_reading
from newsroom.replica import from_replica, reading

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Seconds for which a page is kept; it is right for longer, but nobody reads it.
KEPT = 3600
#: Seconds for which it is remembered since when a feed has been as it is.
REMEMBERED = 7 * 24 * 3600
#: Bytes of the largest page that is kept.
LARGEST = 1_000_000
#: Browsers and proxies may hold a page, and ask each time whether it still stands.
CACHE_CONTROL = "public, no-cache"
#: How hard to compress: more than this saves 1 % and takes twice as long.
LEVEL = 6
#: What zlib calls gzip; its one turn takes two thirds of gzip's own.
GZIP = 16 + zlib.MAX_WBITS
#: Headers that speak of the body: a 304 has none of them.
OF_THE_BODY = ("Content-Encoding", "Content-Language", "Content-Length", "Content-Type")

#: What a reader says of the page it has (RFC 9110, 13.1).
CONDITIONS = {
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
}

#: Of these a server of WSGI is answered before Django is asked only by the ETag.
OTHERS = CONDITIONS - {"HTTP_IF_NONE_MATCH"}
#: What an answer depends on, of what the server was asked. What a proxy says counts
#: only where it is trusted; elsewhere such an answer is kept twice.
ADDRESS = (
    *("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO"),
    *("HTTP_HOST", "SERVER_NAME", "SERVER_PORT"),
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
)

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was drawn: compressed, with its headers and the editions it shows.

    ``since`` is when it began to be as it is, in seconds since 1970, where it says so.
    """

    names: tuple[str, ...]
    states: tuple[edition.State, ...]
    etag: str
    since: int | None
    headers: dict[str, str]
    packed: bytes

    @property
    def is_of_this_moment(self) -> bool:
        return edition.states(self.names) == self.states

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page, or that the reader has it."""
        known = None
        if not CONDITIONS.isdisjoint(request.META):
            known = get_conditional_response(request, self.etag, self.since)
        if known:
            for name, value in self.without_body().items():
                known.headers[name] = value
            return known
        headers, body = self.sent_as(request.META)
        return HttpResponse(body, headers=headers)

    def without_body(self) -> dict[str, str]:
        """The headers of an answer that says that the page still stands."""
        return {
            name: value
            for name, value in self.headers.items()
            if name not in OF_THE_BODY
        }

    def sent_as(self, asked: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        """Headers and body; unpacked for the few who cannot."""
        if _takes_gzip(asked):
            body, headers = self.packed, self.headers | {"Content-Encoding": "gzip"}
        else:
            body, headers = zlib.decompress(self.packed, GZIP), self.headers
        return headers | {"Content-Length": str(len(body))}, body


Address = tuple[str, ...]
#: Whole answers by their address. A page has some 10 kB.
ANSWERS = Memory[Kept](room=2_000, seconds=KEPT)


class KeptMiddleware:
    """Answer with what this process has kept, before anything else is done.

    It stands before all others, so that an answer is kept with every header they have
    added, none of which depends on more than the address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        address = _address(request.META)
        if known := _known(address):
            return _without_body(request, known.answer(request))
        response = self.get_response(request)
        kept: Kept | None = getattr(response, "kept", None)
        if kept and request.method == "GET":
            headers = dict(response.items())
            headers.pop("Content-Encoding", None)
            ANSWERS.set(address, replace(kept, headers=headers))
        return response


def kept_first(application: "WSGIApplication") -> "WSGIApplication":
    """An application of WSGI that gives what is kept, and leaves all else to this one.

    It holds its connection to the database between requests, one for each thread,
    and does not take it from the pool and give it back for each of them.
    """

    def answer(
        asked: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if asked["REQUEST_METHOD"] != "GET" or not OTHERS.isdisjoint(asked):
            return application(asked, start_response)
        known, has = _known(_address(asked)), asked.get("HTTP_IF_NONE_MATCH")
        if not known or has not in {None, known.etag}:
            return application(asked, start_response)
        if has:
            start_response("304 Not Modified", list(known.without_body().items()))
            return []
        headers, body = known.sent_as(asked)
        start_response("200 OK", list(headers.items()))
        return [body]

    return answer


def _known(address: Address) -> Kept | None:
    """What this process has kept of an address, if it still stands.

    Nothing, too, when the database cannot tell: whoever draws the page will say so.
    """
    if not settings.NEWSROOM_KEEPS_PAGES:
        return None
    with reading(), suppress(Error):
        known = ANSWERS.get(address)
        return known if known and known.is_of_this_moment else None
    return None


def _address(asked: Mapping[str, Any]) -> Address:
    """What tells an answer from any other, as the server was asked for it.

    A server may leave out what is empty (PEP 3333); Django does not.
    """
    return (build(), *[asked.get(name) or "" for name in ADDRESS])


def _without_body(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.method == "HEAD":
        response.content = b""
    return response


def page(
    names: Callable[..., Iterable[str]], *, dated: bool = False
) -> Callable[[View], View]:
    """A view of the reader's site, kept by the editions it shows.

    ``names`` tells these from the parts of the address, without a look at the
    database. With ``dated`` the answer also says since when it has been as it is: feed
    readers may ask by that alone.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
            of = tuple(names(**parts))
            states = edition.states(of)
            etag = _etag(request, states)
            since = _since(request, etag) if dated else None
            if known := get_conditional_response(request, etag, since):
                return _marked(known, etag, since)
            if shared := _shared(etag):
                return _sent(request, shared)
            request.states = states  # type: ignore[attr-defined]
            response = view(request, **parts)
            if not _is_worth_it(response):
                return response
            response = _marked(response, etag, since)
            is_wanted = settings.NEWSROOM_KEEPS_PAGES or _takes_gzip(request.META)
            if not is_wanted or len(response.content) > LARGEST:
                return response
            packed = gzip.compress(response.content, compresslevel=LEVEL, mtime=0)
            headers = dict(response.items())
            return _sent(
                request, _share(Kept(of, states, etag, since, headers, packed))
            )

        return for_reading(from_replica(answer))

    return wrap


def of_everything(**parts: Any) -> Iterable[str]:
    """The editions of a page that lists all there is."""
    return [edition.MENUS, edition.EVERYTHING]


def of_tags(slug: str, **parts: Any) -> Iterable[str]:
    """The editions of a page on one tag, or on several joined by ``+``."""
    return [edition.MENUS, *map(edition.of_tag, slug.split("+"))]


def of_source(slug: str, **parts: Any) -> Iterable[str]:
    return [edition.MENUS, edition.of_source(slug)]


def of_category(slug: str, **parts: Any) -> Iterable[str]:
    return [edition.MENUS, edition.of_category(slug)]


def of_article(pk: int, **parts: Any) -> Iterable[str]:
    return [edition.of_article(pk)]


def _etag(request: HttpRequest, states: tuple[edition.State, ...]) -> str:
    facts = (
        build(),
        request.scheme,
        request.get_host(),
        request.get_full_path(),
        get_language(),
        states,
    )
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def states_of(request: HttpRequest) -> tuple[edition.State, ...]:
    """The editions of the page that is being drawn, as it began."""
    found: tuple[edition.State, ...] = request.states  # type: ignore[attr-defined]
    return found


def ground(states: Iterable[edition.State], *names: str) -> tuple[Any, ...]:
    """What a part depends on that shows these editions: all, or those of the names."""
    return (build(), *(each for each in states if not names or each[0] in names))


def build() -> str:
    """What pages look like: a digest of our templates, words, code and settings."""
    return _digest(_newest() if settings.DEBUG else 0)


def _newest() -> int:
    """When a template was last written: while one is worked on, no page is old."""
    return max(path.stat().st_mtime_ns for path in _templates())


def _templates() -> Iterator[Path]:
    for overlay in settings.OVERLAYS:
        yield from (overlay / "templates").rglob("*.html")


@functools.lru_cache(maxsize=1)
def _digest(newest: int) -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(path.read_bytes())
    for name in sorted(dir(settings)):
        if name.startswith("NEWSROOM_") or name in {"TIME_ZONE", "MEDIA_URL"}:
            digest.update(f"{name}={getattr(settings, name)!r}".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from _templates()
    for folder in ("articles", "newsroom", "static", "locale"):
        for kind in ("py", "css", "js", "svg", "mo"):
            for overlay in settings.OVERLAYS:
                yield from (overlay / folder).rglob(f"*.{kind}")


def _since(request: HttpRequest, etag: str) -> int:
    """Since when this address has answered as it does, in seconds since 1970.

    The newest date of a feed would not do: with a piece withdrawn, or its words cut
    by another policy, a feed changes and no date in it does. What nobody remembers
    has changed this moment, which costs a reader one answer in full.
    """
    key = f"since:{hashlib.sha256(request.build_absolute_uri().encode()).hexdigest()}"
    known: tuple[str, int] | None = cache.get(key)
    if known and known[0] == etag:
        return known[1]
    moment = int(time.time())
    if known:
        # HTTP knows whole seconds; two changes within one must not look like one.
        moment = max(moment, known[1] + 1)
    cache.set(key, (etag, moment), timeout=REMEMBERED)
    return moment


def _shared(etag: str) -> Kept | None:
    """What another process, or this one, has put into the shared cache."""
    if not (settings.NEWSROOM_KEEPS_PAGES and settings.NEWSROOM_SHARES_CACHE):
        return None
    found: Kept | None = cache.get(f"page:{etag}")
    return found


def _share(kept: Kept) -> Kept:
    if settings.NEWSROOM_KEEPS_PAGES and settings.NEWSROOM_SHARES_CACHE:
        cache.set(f"page:{kept.etag}", kept, timeout=KEPT)
    return kept


def _is_worth_it(response: HttpResponse) -> bool:
    """Whether an answer may be kept: a page of ours that is right at the next request.

    A view says that its page is not by ``Cache-Control: no-store``.
    """
    is_page = response.status_code == 200 and not response.cookies
    return is_page and response.get("Cache-Control") != "no-store"


def _sent(request: HttpRequest, kept: Kept) -> HttpResponse:
    """The answer of a kept page, with which this process will keep it."""
    response = kept.answer(request)
    response.kept = kept  # type: ignore[attr-defined]
    return response


def _takes_gzip(asked: Mapping[str, Any]) -> bool:
    """Whether ``Accept-Encoding`` names gzip and does not refuse it (RFC 9110)."""
    # Not request.headers, which reads them all.
    for offer in asked.get("HTTP_ACCEPT_ENCODING", "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in {"gzip", "x-gzip"}:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def _marked(response: HttpResponse, etag: str, since: int | None) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    if since:
        response.headers["Last-Modified"] = http_date(since)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response

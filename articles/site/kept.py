"""Pages, feeds and sitemaps that are kept: drawn once for each edition they show.

The address, the language and the editions of this moment make the page's ETag. Who
has that page already gets 304 and no view runs; else a page that was kept is sent;
else it is drawn, and kept. Nothing has to be thrown away: what has changed has
another edition, and nobody asks for the old one again.

They are kept and sent compressed. A page that anybody may read holds no secret that
the length of what is compressed could betray.

Not by ``django.middleware.cache``: it keeps by time, and a piece that was killed
would be readable until the time is over.
"""

import functools
import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import DateTimeField, QuerySet, Subquery, Value
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.timezone import now
from django.utils.translation import get_language

from articles.models import Article, Edition, edition
from newsroom.reading import for_reading
from newsroom.replica import from_replica

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

View = Callable[..., HttpResponse]


def page(
    names: Callable[..., Iterable[str]], *, by_clock: bool = True, dated: bool = False
) -> Callable[[View], View]:
    """A view of the reader's site, kept by the editions it shows.

    ``names`` tells these from the parts of the address, without a look at the
    database. With ``by_clock`` pieces that appear when their hour comes count as well.
    With ``dated`` the answer also says since when it has been as it is: feed readers
    may ask by that alone.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
            etag = _etag(request, names(**parts), by_clock)
            since = _since(request, etag) if dated else None
            seconds = int(since.timestamp()) if since else None
            if known := get_conditional_response(request, etag, seconds):
                return _marked(known, etag, since)
            response = _kept(request, etag)
            if response is None:
                response = view(request, **parts)
                if not _is_worth_it(response):
                    return response
                response = _keep(request, response, etag)
            return _marked(response, etag, since)

        return for_reading(from_replica(answer))

    return wrap


def of_everything(**parts: Any) -> Iterable[str]:
    """The editions of a page that lists all there is."""
    return [edition.EVERYTHING]


def of_tags(slug: str, **parts: Any) -> Iterable[str]:
    """The editions of a page on one tag, or on several joined by ``+``."""
    return map(edition.of_tag, slug.split("+"))


def of_source(slug: str, **parts: Any) -> Iterable[str]:
    return [edition.of_source(slug)]


def of_category(slug: str, **parts: Any) -> Iterable[str]:
    return [edition.of_category(slug)]


def of_article(pk: int, **parts: Any) -> Iterable[str]:
    return [edition.of_article(pk)]


def _etag(request: HttpRequest, names: Iterable[str], by_clock: bool) -> str:
    found = Edition.objects.filter(name__in=[edition.SITE, *names]).order_by("name")
    # Beside each row, since a query of its own would cost as much as all the rest.
    last = _last_to_appear()
    clock = Subquery(last) if by_clock else Value(None, output_field=DateTimeField())
    editions = list(found.annotate(clock=clock).values_list("name", "stamp", "clock"))
    if by_clock and not editions:
        editions = list(last)
    facts = (
        build(),
        request.scheme,
        request.get_host(),
        request.get_full_path(),
        get_language(),
        *editions,
    )
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def _last_to_appear() -> QuerySet:
    """When the last piece became visible that waited for its hour; one row."""
    listed = Article.objects.filter(listed_at__isnull=False, visible_from__lte=Now())
    return listed.order_by("-visible_from").values_list("visible_from")[:1]


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


def _since(request: HttpRequest, etag: str) -> datetime:
    """Since when this address has answered as it does, in whole seconds.

    The newest date of a feed would not do: with a piece withdrawn, or its words cut
    by another policy, a feed changes and no date in it does. What nobody remembers
    has changed this moment, which costs a reader one answer in full.
    """
    key = f"since:{hashlib.sha256(request.build_absolute_uri().encode()).hexdigest()}"
    known = cache.get(key)
    if known and known[0] == etag:
        since: datetime = known[1]
        return since
    moment = now().astimezone(UTC).replace(microsecond=0)
    if known:
        # HTTP knows whole seconds; two changes within one must not look like one.
        moment = max(moment, known[1] + timedelta(seconds=1))
    cache.set(key, (etag, moment), timeout=REMEMBERED)
    return moment


def _kept(request: HttpRequest, etag: str) -> HttpResponse | None:
    if not settings.NEWSROOM_KEEPS_PAGES:
        return None
    kept = cache.get(f"page:{etag}")
    return _sent(request, *kept) if kept else None


def _is_worth_it(response: HttpResponse) -> bool:
    """Whether an answer may be kept: a page of ours that is right at the next request.

    A view says that its page is not by ``Cache-Control: no-store``.
    """
    is_page = response.status_code == 200 and not response.cookies
    return is_page and response.get("Cache-Control") != "no-store"


def _keep(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """Keep an answer; and the answer, compressed where that is asked for."""
    keeps = settings.NEWSROOM_KEEPS_PAGES and len(response.content) <= LARGEST
    if not keeps and not _takes_gzip(request):
        return response
    packed = gzip.compress(response.content, compresslevel=LEVEL, mtime=0)
    headers = dict(response.items())
    if keeps:
        cache.set(f"page:{etag}", (packed, headers), timeout=KEPT)
    return _sent(request, packed, headers)


def _sent(request: HttpRequest, packed: bytes, headers: dict[str, str]) -> HttpResponse:
    """The answer of compressed bytes, unpacked for the few who cannot do that."""
    if not _takes_gzip(request):
        return HttpResponse(gzip.decompress(packed), headers=headers)
    return HttpResponse(packed, headers=headers | {"Content-Encoding": "gzip"})


def _takes_gzip(request: HttpRequest) -> bool:
    """Whether ``Accept-Encoding`` names gzip and does not refuse it (RFC 9110)."""
    for offer in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in {"gzip", "x-gzip"}:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def _marked(response: HttpResponse, etag: str, since: datetime | None) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    if since:
        response.headers["Last-Modified"] = http_date(since.timestamp())
    patch_vary_headers(response, ["Accept-Encoding"])
    return response

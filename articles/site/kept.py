"""Pages that are kept: drawn once for each edition of what they show.

The address, the language and the editions of this moment make the page's ETag. Who
has that page already gets 304 and no view runs; else a page that was kept is sent;
else it is drawn, and kept. Nothing has to be thrown away: what has changed has
another edition, and nobody asks for the old one again.

Not by ``django.middleware.cache``: it keeps by time, and a piece that was killed
would be readable until the time is over.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import DateTimeField, QuerySet, Subquery, Value
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from articles.models import Article, Edition
from articles.models.edition import EVERYTHING, SITE
from newsroom.reading import for_reading
from newsroom.replica import from_replica

#: Seconds for which a page is kept; it is right for longer, but nobody reads it.
KEPT = 3600
#: Bytes of the largest page that is kept.
LARGEST = 1_000_000
#: Browsers and proxies may hold a page, and ask each time whether it still stands.
CACHE_CONTROL = "public, no-cache"

View = Callable[..., HttpResponse]


def page(
    names: Callable[..., Iterable[str]], *, by_clock: bool = True
) -> Callable[[View], View]:
    """A view of the reader's site, kept by the editions it shows.

    ``names`` tells these from the parts of the address, without a look at the
    database. With ``by_clock`` pieces that appear when their hour comes count as well.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
            etag = _etag(request, names(**parts), by_clock)
            if known := get_conditional_response(request, etag=etag):
                return _marked(known, etag)
            response = _kept(etag) or _keep(view(request, **parts), etag)
            stands = response.status_code == 200 and not _is_of_the_moment(response)
            return _marked(response, etag) if stands else response

        return for_reading(from_replica(answer))

    return wrap


def of_everything(**parts: Any) -> Iterable[str]:
    """The editions of a page that lists all there is."""
    return [EVERYTHING]


def _etag(request: HttpRequest, names: Iterable[str], by_clock: bool) -> str:
    found = Edition.objects.filter(name__in=[SITE, *names]).order_by("name")
    # Beside each row, since a query of its own would cost as much as all the rest.
    last = _last_to_appear()
    clock = Subquery(last) if by_clock else Value(None, output_field=DateTimeField())
    editions = list(found.annotate(clock=clock).values_list("name", "stamp", "clock"))
    if by_clock and not editions:
        editions = list(last)
    facts = (
        _build(),
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


def _build() -> str:
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


def _kept(etag: str) -> HttpResponse | None:
    if not settings.NEWSROOM_KEEPS_PAGES:
        return None
    kept = cache.get(f"page:{etag}")
    return HttpResponse(kept[0], headers=kept[1]) if kept else None


def _keep(response: HttpResponse, etag: str) -> HttpResponse:
    is_page = response.status_code == 200 and not _is_of_the_moment(response)
    worth_it = is_page and not response.cookies
    if not (settings.NEWSROOM_KEEPS_PAGES and worth_it) or response.streaming:
        return response
    if len(response.content) <= LARGEST:
        headers = dict(response.items())
        cache.set(f"page:{etag}", (response.content, headers), timeout=KEPT)
    return response


def _is_of_the_moment(response: HttpResponse) -> bool:
    """Whether the view has said that nobody is to keep its page."""
    return response.get("Cache-Control") == "no-store"


def _marked(response: HttpResponse, etag: str) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    return response

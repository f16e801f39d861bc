"""The addresses that pages, feeds and sitemaps name: absolute, on one host."""

from functools import lru_cache
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.encoding import escape_uri_path

from articles import listing

#: What an address may ask of a listing, in the order of canonical addresses; all
#: else is somebody's marks for following readers about.
PARAMETERS = tuple(listing.LABELS)
#: What says which rows of a listing, not which listing.
ROWS = ("page_size", "after", "before")


@lru_cache
def _origin(address: str) -> str:
    return urljoin(f"{address}/", "/").rstrip("/")


def absolute(address: str) -> str:
    """A path, or an address, on the canonical origin unless it has another."""
    if address.startswith("/") and not address.startswith("//"):
        # Nearly all are, and joining them took a tenth of a page.
        return _origin(settings.NEWSROOM_SITE_URL) + address
    return urljoin(f"{settings.NEWSROOM_SITE_URL}/", address)


def query_of(given: QueryDict, *, without: tuple[str, ...] = ()) -> str:
    """``?`` and the parameters of a listing that are set, or ""."""
    asked = [
        (name, value)
        for name in PARAMETERS
        if name not in without
        for value in [given.get(name, "").strip()]
        if value
    ]
    return f"?{urlencode(asked)}" if asked else ""


def own_address(request: HttpRequest, *, query: bool) -> str:
    """The canonical address of what is asked for, without strange parameters."""
    asked = query_of(request.GET) if query else ""
    return absolute(escape_uri_path(request.path) + asked)

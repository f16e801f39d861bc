"""Addresses of pages, each looked for among all the site's once."""

from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language


def address_of(name: str, **parts: Any) -> str:
    """The path of a page in the language that is spoken, as ``reverse`` finds it.

    Kept, for ten thousand pages: a listing names a hundred, each of which took as
    long to find as a query.
    """
    return _found(get_language(), get_script_prefix(), name, tuple(parts.items()))


@lru_cache(maxsize=10_000)
def _found(
    language: str | None, prefix: str, name: str, parts: tuple[tuple[str, Any], ...]
) -> str:
    return reverse(name, kwargs=dict(parts))

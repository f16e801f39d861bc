"""What every page of the site knows."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.encoding import iri_to_uri
from django.utils.timezone import localtime
from django.utils.translation import get_language

#: What programs call the page for readers of any other language.
ANY_LANGUAGE = "x-default"


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, its origin, the publisher's style sheet, the stores its app
    can be had from, what its time is called, and the page in other languages.

    ``languages`` are the links of the switch to the others, ``(code, name, path)``;
    none on a page that stands in one language alone.
    """
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return {
        "site_name": settings.NEWSROOM_SITE_NAME,
        "site_url": settings.NEWSROOM_SITE_URL,
        "languages": switch(in_every_language(request), query),
        "theme_css": settings.NEWSROOM_THEME_STYLE,
        "app_store_url": settings.NEWSROOM_APP_STORE_URL,
        "play_store_url": settings.NEWSROOM_PLAY_STORE_URL,
        "zone": localtime().tzname(),
    }


def alternates(paths: dict[str, str]) -> list[tuple[str, str]]:
    """``(language code, address)`` of a page with these paths, for each language.

    And the address for readers of no other language, which is that of our own.
    """
    if not paths:
        return []
    found = [
        (code, iri_to_uri(settings.NEWSROOM_SITE_URL + path))
        for code, path in paths.items()
    ]
    return [*found, (ANY_LANGUAGE, dict(found)[settings.LANGUAGE_CODE])]


def switch(paths: dict[str, str], query: str = "") -> list[tuple[str, str, str]]:
    """The links from a page of these paths, by language, to those not spoken now."""
    names, spoken = dict(settings.LANGUAGES), get_language()
    return [
        (code, names[code], path + query)
        for code, path in paths.items()
        if code != spoken
    ]


def in_every_language(request: HttpRequest) -> dict[str, str]:
    """A page's path in each language; of an address that leads nowhere, the home's."""
    match = request.resolver_match
    if match and match.app_name != "articles":
        return {}
    root, spoken = get_script_prefix(), get_language()
    rest = request.path.removeprefix(root) if match else ""
    if spoken != settings.LANGUAGE_CODE:
        rest = rest.removeprefix(f"{spoken}/")
    return paths_of(rest)


def paths_of(rest: str = "") -> dict[str, str]:
    """The path of a page in each language; ``rest`` is what follows the language."""
    root = get_script_prefix()
    return {
        code: root + ("" if code == settings.LANGUAGE_CODE else f"{code}/") + rest
        for code, _name in settings.LANGUAGES
    }

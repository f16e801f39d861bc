"""What every page of the site knows."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.translation import get_language


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, its origin, the publisher's style sheet, the stores its app
    can be had from, and the page in every language.

    ``alternates`` are its canonical addresses, ``(language code, address)`` for each
    language; ``languages`` are the links of the switch, ``(code, name, path)``. Both
    are empty on a page that stands in one language alone.
    """
    paths = _in_every_language(request)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    names = dict(settings.LANGUAGES)
    switch = [(code, names[code], path + query) for code, path in paths.items()]
    return {
        "site_name": settings.NEWSROOM_SITE_NAME,
        "site_url": settings.NEWSROOM_SITE_URL,
        "alternates": [
            (code, settings.NEWSROOM_SITE_URL + path)
            for code, path in paths.items()
            if request.resolver_match
        ],
        "languages": switch,
        "theme_css": settings.NEWSROOM_THEME_STYLE,
        "app_store_url": settings.NEWSROOM_APP_STORE_URL,
        "play_store_url": settings.NEWSROOM_PLAY_STORE_URL,
    }


def _in_every_language(request: HttpRequest) -> dict[str, str]:
    """A page's path in each language; of an address that leads nowhere, the home's."""
    match = request.resolver_match
    if match and match.app_name != "articles":
        return {}
    root, spoken = get_script_prefix(), get_language()
    rest = request.path.removeprefix(root) if match else ""
    if spoken != settings.LANGUAGE_CODE:
        rest = rest.removeprefix(f"{spoken}/")
    return {
        code: root + ("" if code == settings.LANGUAGE_CODE else f"{code}/") + rest
        for code, _name in settings.LANGUAGES
    }

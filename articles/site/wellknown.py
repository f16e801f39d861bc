"""Small files that programs ask for at addresses of their own."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language, get_language_bidi, override

from newsroom.reading import for_reading

from .canonical import PARAMETERS, absolute
from .head import app_store_id

#: For how long what security.txt says is good; less than a year is recommended
#: (RFC 9116, 2.5.5).
GOOD_FOR = timedelta(days=180)

GROUND, ACCENT = "#fdfcf9", "#a3202b"


def _text(lines: list[str]) -> HttpResponse:
    text = "\n".join([*lines, ""])
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@for_reading
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may ask for, and where the sitemaps are.

    Kept out is what has no end: searches, and filters joined to one another. A page
    that says ``noindex`` is not, for that has to be read to be known.
    """
    return _text(
        [
            "User-agent: *",
            "Disallow: /admin/",
            *(f"Disallow: {path}" for path in _searches()),
            # Several tags at once; a filter as a second parameter, or a later one.
            "Disallow: /*tags/*+",
            *(f"Disallow: /*?*&{name}=" for name in PARAMETERS),
            "",
            f"Sitemap: {absolute(reverse('sitemap'))}",
            f"Sitemap: {absolute(reverse('news-sitemap'))}",
        ]
    )


def _searches() -> list[str]:
    """The search, in each language that has addresses of its own."""
    paths = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            paths.append(reverse("articles:search"))
    return list(dict.fromkeys(paths))


@for_reading
def security(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a hole (RFC 9116); 404 where the operator names nobody."""
    if not settings.NEWSROOM_SECURITY_CONTACT:
        raise Http404("No contact is set.")
    # The same all day, so that it can be compared.
    midnight = datetime.combine(now().astimezone(UTC).date(), time(), tzinfo=UTC)
    expires = (midnight + GOOD_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _text(
        [
            *(f"Contact: {each}" for each in settings.NEWSROOM_SECURITY_CONTACT),
            f"Expires: {expires}",
            f"Canonical: {absolute(request.path)}",
        ]
    )


@for_reading
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the site beside its apps (W3C, Web App Manifest)."""
    facts = {
        "id": "/",
        "name": settings.NEWSROOM_SITE_NAME,
        "short_name": settings.NEWSROOM_SITE_NAME[:12].strip(),
        "start_url": reverse("articles:home"),
        "scope": "/",
        "display": "minimal-ui",
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [
            _icon("img/icon.svg", "any", "image/svg+xml"),
            _icon("img/icon-192.png", "192x192"),
            _icon("img/icon-512.png", "512x512"),
            _icon("img/icon-maskable-512.png", "512x512", purpose="maskable"),
        ],
        "related_applications": _apps(),
    }
    return JsonResponse(facts, content_type="application/manifest+json")


def _icon(
    path: str, sizes: str, type: str = "image/png", purpose: str = "any"
) -> dict[str, str]:
    return {"src": static(path), "sizes": sizes, "type": type, "purpose": purpose}


def _apps() -> list[dict[str, str]]:
    """The apps whose addresses in the stores are set."""
    apps = []
    if apple := settings.NEWSROOM_APP_STORE_URL:
        apps.append({"platform": "itunes", "url": apple, "id": app_store_id()})
    if play := settings.NEWSROOM_PLAY_STORE_URL:
        package = parse_qs(urlsplit(play).query).get("id", [""])[0]
        apps.append({"platform": "play", "url": play, "id": package})
    return [{name: value for name, value in app.items() if value} for app in apps]


def _json_file(setting: str, facts: Callable[[Any], Any]) -> Callable[..., Any]:
    """A view of what a setting comes to, or 404 where it is not set."""

    @for_reading
    def view(request: HttpRequest) -> HttpResponse:
        if not (value := getattr(settings, setting)):
            raise Http404(f"{setting} is not set.")
        return JsonResponse(facts(value), safe=False)

    return view


def _apple(ids: list[str]) -> dict[str, Any]:
    """Which of Apple's apps open our addresses: all but the admin's."""
    components = [{"/": "/admin/*", "exclude": True}, {"/": "*"}]
    return {"applinks": {"details": [{"appIDs": ids, "components": components}]}}


def _android(apps: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Which of Android's apps open our addresses (Digital Asset Links)."""
    return [
        {
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": package,
                "sha256_cert_fingerprints": fingerprints,
            },
        }
        for package, fingerprints in apps.items()
    ]


def _mining(reserved: bool) -> list[dict[str, Any]]:
    """That text and data mining is reserved (TDMRep, section 6)."""
    facts: dict[str, Any] = {"location": "/", "tdm-reservation": int(reserved)}
    if settings.NEWSROOM_TDM_POLICY_URL:
        facts["tdm-policy"] = settings.NEWSROOM_TDM_POLICY_URL
    return [facts]


apple_apps = _json_file("NEWSROOM_APPLE_APP_IDS", _apple)
android_apps = _json_file("NEWSROOM_ANDROID_APPS", _android)
mining = _json_file("NEWSROOM_TDM_RESERVATION", _mining)

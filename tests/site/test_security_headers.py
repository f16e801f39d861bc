"""What every answer carries, whoever made it."""

import re

import pytest
from django.test import Client
from django.urls import path

from articles.images import library
from newsroom import urls as ours
from tests.factories import ArticleFactory, TagFactory
from tests.site.every_address import in_urlconf
from tests.test_renditions import data

pytestmark = pytest.mark.django_db

UNREADABLE = "application/x-www-form-urlencoded; charset=utf-16"
YEAR = 365 * 24 * 3600


def broken(request):
    raise RuntimeError("this page is broken")


urlpatterns = [*ours.urlpatterns, path("broken/", broken)]
handler400, handler403 = ours.handler400, ours.handler403
handler404, handler500 = ours.handler404, ours.handler500


def complaints(response) -> list[str]:
    """What an answer's headers lack."""
    headers = response.headers
    policy = {
        directive.split()[0]: directive.split()[1:]
        for directive in headers.get("Content-Security-Policy", "").split(";")
        if directive.strip()
    }
    allowed = {source for sources in policy.values() for source in sources}
    # A picture's policy shuts out everything, and its frame with it.
    is_shut = "sandbox" in policy
    checks = {
        "CSP": policy.get("default-src") == ["'none'"],
        "CSP without inline code": not allowed
        & {
            "'unsafe-inline'",
            "'unsafe-eval'",
            "'unsafe-hashes'",
            "*",
            "http:",
            "https:",
        },
        "frame-ancestors": is_shut or policy.get("frame-ancestors") == ["'none'"],
        "base-uri": is_shut or policy.get("base-uri") == ["'none'"],
        "form-action": is_shut or policy.get("form-action") == ["'self'"],
        "X-Frame-Options": headers.get("X-Frame-Options") == "DENY",
        "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
        "Referrer-Policy": headers.get("Referrer-Policy")
        == "strict-origin-when-cross-origin",
        "COOP": headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "Permissions-Policy": "camera=()" in headers.get("Permissions-Policy", ""),
        "charset": not headers.get("Content-Type", "").startswith("text/html")
        or "charset=utf-8" in headers["Content-Type"],
    }
    return [name for name, is_met in checks.items() if not is_met]


def done(response) -> None:
    """Close the file that a picture is sent from."""
    if response.streaming:
        response.close()


@pytest.fixture
def addresses() -> list[str]:
    """Of all patterns: pages that are there, that lead on, and that are not."""
    tag = TagFactory(name="Trade", slug="trade")
    article = ArticleFactory(published=True, tags=[tag])
    image = library.attach(article, data(300, 200))
    ArticleFactory(status="killed")
    parts = {
        "slug": ["trade", article.source.slug, "politics", "no-such"],
        "pk": [article.pk, article.pk + 1],
        "name": ["Trade", "nothing"],
        "path": [image.name_of(160, "webp"), "no.jpg", "../x"],
    }
    return in_urlconf(parts)


def test_every_address_is_looked_at(addresses):
    assert len(addresses) > 80
    for known in ("/", "/feed.json", "/sitemap.xml", "/admin/login/", "/healthz"):
        assert known in addresses


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_answer_carries_them(client, admin_client, addresses, method):
    met = set()
    for address in addresses:
        is_staff = address.startswith("/admin/") and "logout" not in address
        for who in (client, admin_client) if is_staff else (client,):
            response = getattr(who, method)(address)
            met.add(response.status_code)
            assert not complaints(response), (address, response.status_code)
            done(response)
    assert met >= ({200, 301, 302, 404} if method == "get" else {405})


@pytest.mark.urls("tests.site.test_security_headers")
def test_errors_carry_them():
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    # Who has a form's cookie is asked for the token, and so its body is read.
    known = Client(raise_request_exception=False, enforce_csrf_checks=True)
    known.cookies["csrftoken"] = "a" * 32
    met = {}
    for name, ask in {
        "broken": lambda: client.get("/broken/"),
        "another host": lambda: client.get("/", HTTP_HOST="evil.example"),
        "a forged form": lambda: client.post("/admin/login/", {"username": "x"}),
        "a body nobody can read": lambda: known.post(
            "/admin/login/", b"a=1", content_type=UNREADABLE
        ),
        "the same where no page is": lambda: known.post(
            "/no/such/page", b"a=1", content_type=UNREADABLE
        ),
        "no such page": lambda: client.get("/no/such/page"),
        "a filter that makes no sense": lambda: client.get("/?page_size=x"),
        "a picture that is not there": lambda: client.get("/media/no.jpg"),
    }.items():
        response = ask()
        met[name] = response.status_code
        assert not complaints(response), name
    assert list(met.values()) == [500, 400, 403, 400, 404, 404, 400, 404]


def test_what_https_is_told(settings, addresses):
    settings.SECURE_HSTS_SECONDS = YEAR
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    for address in addresses:
        response = client.get(address, secure=True)
        hsts = response.headers.get("Strict-Transport-Security", "")
        assert re.match(rf"max-age={YEAR}\b", hsts), address
        done(response)
        plain = client.get(address)
        is_probe = address in {"/healthz", "/readyz"}
        assert plain.status_code == (200 if is_probe else 301), address
        assert not complaints(plain), address


def test_a_killed_piece_is_gone_with_all_headers(client):
    article = ArticleFactory(status="killed")
    response = client.get(article.get_absolute_url())
    assert response.status_code == 410
    assert not complaints(response)


def test_static_files_carry_them(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    client = Client()
    for address in ("/static/css/site.css", "/static/img/icon.svg"):
        response = client.get(address)
        assert response.status_code == 200
        assert not complaints(response), address
        done(response)


def test_no_page_sets_a_cookie_for_a_reader(client, addresses):
    for address in addresses:
        if not address.startswith("/admin/"):
            response = client.get(address)
            assert not response.cookies, address
            done(response)

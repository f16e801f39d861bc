"""Small files for programs: what they say, and when they are not there."""

import datetime
import re
from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"


def blocked(rules: list[str], path: str) -> bool:
    """Whether a path is kept from crawlers (RFC 9309, 2.2.2 and 2.2.3)."""
    found = (
        ".*".join(map(re.escape, rule.removesuffix("$").split("*")))
        + ("$" if rule.endswith("$") else "")
        for rule in rules
    )
    return any(re.match(rule, path) for rule in found)


@pytest.mark.parametrize(
    ("path", "is_kept_out"),
    [
        ("/", False),
        ("/tags/trade/", False),
        ("/tags/trade/?after=5", False),
        ("/tags/trade/?source=ledger", False),
        ("/?utm_source=x&utm_medium=y", False),
        ("/articles/5/a-headline/", False),
        ("/tags/trade/feed.rss", False),
        ("/sitemap.xml", False),
        ("/static/css/site.css", False),
        ("/media/images/a.jpg", False),
        ("/admin/", True),
        ("/admin/desk/pieces/5/preview/", True),
        ("/search/?q=ports", True),
        ("/?source=ledger&category=asia", True),
        ("/tags/ports+trade/", True),
        ("/?q=a+b", False),
        ("/tags/trade/?source=ledger&after=5", True),
    ],
)
def test_crawlers_are_kept_out_of_what_has_no_end(client, path, is_kept_out):
    answer = client.get("/robots.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0] == "User-agent: *"
    rules = [line.split(": ")[1] for line in lines if line.startswith("Disallow: ")]
    assert blocked(rules, path) is is_kept_out


def test_robots_name_the_sitemaps(client):
    parser = RobotFileParser()
    parser.parse(client.get("/robots.txt").text.splitlines())
    assert parser.site_maps() == [f"{SITE}/sitemap.xml", f"{SITE}/news-sitemap.xml"]
    for address in parser.site_maps() or []:
        assert client.get(address.removeprefix(SITE)).status_code == 200


def test_a_page_that_says_not_to_list_it_may_be_read(client):
    article = ArticleFactory(published=True)
    parser = RobotFileParser()
    parser.parse(client.get("/robots.txt").text.splitlines())
    assert "noindex" in client.get(article.get_absolute_url()).text
    assert parser.can_fetch("Googlebot", SITE + article.get_absolute_url())


def test_security_txt_names_whom_to_tell(client, settings):
    assert client.get("/.well-known/security.txt").status_code == 404
    contacts = ["mailto:security@news.example", "https://news.example/security"]
    settings.NEWSROOM_SECURITY_CONTACT = contacts
    answer = client.get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == contacts
    (expires,) = (value for name, value in fields if name == "Expires")
    left = datetime.datetime.fromisoformat(expires) - timezone.now()
    assert datetime.timedelta(days=30) < left < datetime.timedelta(days=365)
    assert ["Canonical", f"{SITE}/.well-known/security.txt"] in fields


def test_the_manifest_has_what_a_phone_needs(client, settings):
    settings.NEWSROOM_APP_STORE_URL = "https://apps.apple.com/app/news/id42"
    settings.NEWSROOM_PLAY_STORE_URL = (
        "https://play.google.com/store/apps/details?id=com.example.news"
    )
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    facts = answer.json()
    assert facts["name"] == settings.NEWSROOM_SITE_NAME
    assert (facts["start_url"], facts["lang"], facts["dir"]) == ("/", "en", "ltr")
    assert [
        (each["platform"], each["id"]) for each in facts["related_applications"]
    ] == [
        ("itunes", "42"),
        ("play", "com.example.news"),
    ]
    purposes = set()
    for icon in facts["icons"]:
        path = settings.BASE_DIR / icon["src"].lstrip("/")
        purposes.add(icon["purpose"])
        if icon["sizes"] != "any":
            with Pillow.open(path) as picture:
                assert icon["sizes"] == "{}x{}".format(*picture.size)
        assert path.is_file()
    assert purposes == {"any", "maskable"}
    assert {"192x192", "512x512"} <= {each["sizes"] for each in facts["icons"]}


def test_apps_are_named_only_where_they_are_set(client, settings):
    apple = "/.well-known/apple-app-site-association"
    android = "/.well-known/assetlinks.json"
    assert client.get(apple).status_code == client.get(android).status_code == 404
    settings.NEWSROOM_APPLE_APP_IDS = ["ABCDE12345.com.example.news"]
    settings.NEWSROOM_ANDROID_APPS = {"com.example.news": ["AA:BB"]}
    answer = client.get(apple)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert answer.headers["Content-Type"] == "application/json"
    (detail,) = answer.json()["applinks"]["details"]
    assert detail["appIDs"] == settings.NEWSROOM_APPLE_APP_IDS
    assert detail["components"][0] == {"/": "/admin/*", "exclude": True}
    (link,) = client.get(android).json()
    assert link["target"]["package_name"] == "com.example.news"
    assert link["target"]["sha256_cert_fingerprints"] == ["AA:BB"]


def test_that_mining_is_reserved_stands_in_a_file(client, settings):
    address = "/.well-known/tdmrep.json"
    assert client.get(address).json() == [{"location": "/", "tdm-reservation": 1}]
    settings.NEWSROOM_TDM_POLICY_URL = "https://news.example/terms"
    (said,) = client.get(address).json()
    assert said["tdm-policy"] == "https://news.example/terms"
    settings.NEWSROOM_TDM_RESERVATION = False
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/opml.xml", "/sitemap.xml", "/news-sitemap.xml", "/robots.txt", "/feed.json",
     "/manifest.webmanifest", "/.well-known/tdmrep.json"],
)  # fmt: skip
def test_files_are_read_without_a_cookie_and_by_head(address):
    client = Client(enforce_csrf_checks=True)
    answer = client.get(address)
    assert answer.status_code == 200 and answer.cookies == {}
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(address).status_code == 405

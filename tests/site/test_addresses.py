import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from articles.site import urls
from newsroom.middleware import HeadMiddleware
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/articles/99999999999999999999999/x/",
        "/articles/9223372036854775808/x/",
        "/articles/0/x/",
        "/articles/1/x%00y/",
        "/tags/%00/",
        "/tags/%F0%9F%9A%80/",
        "/tags/nothing/",
        "/tags/" + "x" * 500 + "/",
        "/tags/%E2%80%AE/",
        "/tags/%FF%FE/",
        "/tags/../admin/",
        "/hashtag/%00",
        "/hashtag/%23%23",
        "/hashtag/" + "%E6%97%A5" * 300,
        "/sources/nobody/",
        "/categories/nothing/",
        "/tags/nothing/feed.rss",
        "/sources/nobody/feed.json",
        "/media/../manage.py",
        "/media/%2e%2e/manage.py",
        "/media/nothing.jpg",
        "/tags/trade/feed.xml",
    ],
)
def test_what_is_not_there_is_refused_and_never_an_error(client, path):
    ArticleFactory(published=True, tags=["Trade"])
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/tags/",
        "/tags/trade/",
        "/hashtag/trade/",
        "/search/",
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        "/tags/trade/feed.rss",
        "/sitemap.xml",
        "/robots.txt",
        "/favicon.ico",
        "/healthz",
        "/readyz",
    ],
)
def test_pages_are_read_and_not_written(path):
    # As in a deployment: who writes without a token is refused.
    client = Client(enforce_csrf_checks=True)
    ArticleFactory(published=True, tags=["Trade"])
    assert client.head(path).status_code in {200, 301}
    for method in (client.post, client.put, client.patch, client.delete):
        answer = method(path)
        assert answer.status_code == 405
        assert answer["Allow"] == "GET, HEAD"


def test_every_address_of_the_site_is_for_reading():
    views = [
        each.callback
        for pattern in [*urls.urlpatterns, *urls.in_every_language]
        for each in getattr(pattern, "url_patterns", [pattern])
    ]
    assert len(views) > 20
    for view in views:
        assert view.csrf_exempt
        assert view(RequestFactory().post("/")).status_code == 405


def test_head_has_the_headers_of_get_and_no_body():
    def answer(request):
        return HttpResponse("a body", headers={"Content-Length": "6"})

    head = HeadMiddleware(answer)(RequestFactory().head("/"))
    assert (head.content, head["Content-Length"]) == (b"", "6")
    assert HeadMiddleware(answer)(RequestFactory().get("/")).content == b"a body"


def test_an_address_without_its_slash_leads_on(client):
    ArticleFactory(published=True, tags=["Trade"])
    response = client.get("/tags/trade")
    assert (response.status_code, response["Location"]) == (301, "/tags/trade/")


def test_feeds_credit_the_publisher(client):
    article = ArticleFactory(
        published=True,
        source__name="Pacific Ledger",
        source_headline="Ministers & <ships>",
        source_excerpt="They spoke.",
        source_body="<p>Not for feeds.</p>",
        tags=["Trade"],
    )
    rss = client.get("/tags/trade/feed.rss").content.decode()
    assert '<source url="https://publisher.example/">Pacific Ledger</source>' in rss
    assert "Ministers &amp; &lt;ships&gt;" in rss
    assert "They spoke." in rss
    atom = client.get("/tags/trade/feed.atom").content.decode()
    assert f'rel="via" href="{article.url}"' in atom or f'href="{article.url}"' in atom
    item = client.get("/tags/trade/feed.json").json()["items"][0]
    assert item["external_url"] == article.url
    assert item["content_text"] == "They spoke."
    for text in (rss, atom, str(item)):
        assert "Not for feeds." not in text


def test_feed_ids_do_not_change_with_the_headline(client):
    article = ArticleFactory(published=True, tags=["Trade"])
    before = client.get("/tags/trade/feed.json").json()["items"][0]["id"]
    article.headline = "Another headline"
    article.save()
    item = client.get("/tags/trade/feed.json").json()["items"][0]
    assert item["id"] == before
    assert item["title"] == "Another headline"


def test_pictures_are_served_as_pictures_and_nothing_else(client, settings):
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    (settings.MEDIA_ROOT / "x.jpg").write_bytes(b"<script>alert(1)</script>")
    response = client.get("/media/x.jpg")
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    response.close()

"""Pages for what goes wrong. No test here may use a database, nor do the pages."""

import logging

import pytest
from django.test import Client
from lxml import html

from newsroom.logs import WithoutRefusals

ANSWERS = [
    ("/broken/", 500, "en", "Something went wrong"),
    ("/ja/broken/", 500, "ja", "エラーが発生しました"),
    ("/nothing/", 404, "en", "There is no such page"),
    ("/ja/nothing/", 404, "ja", "お探しのページはありません"),
]


@pytest.mark.parametrize(("path", "status", "language", "heading"), ANSWERS)
def test_an_error_is_told_without_a_database(
    client: Client, settings, path: str, status: int, language: str, heading: str
):
    if status == 500:
        settings.ROOT_URLCONF = "tests.site.breaking"
        # What the page must do without: they could be what is broken.
        settings.TEMPLATES = [
            {**each, "OPTIONS": {**each["OPTIONS"], "context_processors": []}}
            for each in settings.TEMPLATES
        ]
    client.raise_request_exception = False

    answer = client.get(path)

    assert answer.status_code == status
    page = html.fromstring(answer.content.decode())
    assert page.get("lang") == language
    assert [h1.text_content() for h1 in page.cssselect("h1")] == [heading]
    assert page.cssselect("main a[href='/'], main a[href='/ja/']")
    assert not answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing/", "/?after=0", "/articles/1/a/"])
def test_no_error_may_be_kept(client, path):
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "ETag" not in answer.headers


def test_a_refusal_is_logged_in_a_line_and_a_fault_with_its_traceback():
    keep = WithoutRefusals().filter
    for name, facts, is_kept in (
        ("django.request", {"status_code": 403}, False),
        ("django.request", {"status_code": 500}, True),
        ("django.security.DisallowedHost", {}, False),
        ("articles.ingest", {}, True),
    ):
        record = logging.makeLogRecord({"name": name, "exc_info": (1, 2, 3), **facts})
        assert keep(record)
        assert bool(record.exc_info) is is_kept

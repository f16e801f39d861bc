"""Pages for what goes wrong. No test here may use a database, nor do the pages."""

import pytest
from django.test import Client
from lxml import html

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

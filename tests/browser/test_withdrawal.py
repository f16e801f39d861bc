"""An editor corrects a piece and kills another, without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from articles.models import Article
from tests.factories import EDITOR, ArticleFactory, make_user

pytestmark = pytest.mark.browser
TEXT = "The ferry sails on Monday, not on Tuesday."
NOTICE = "Withdrawn at the request of its publisher."


@pytest.fixture
def plain_page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page without JavaScript, of an editor who may kill and correct."""
    user = make_user("editor", (*EDITOR, "kill_article", "correct_article"))
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    cookie: Any = {"name": name, "value": client.cookies[name].value}
    with browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    ) as context:
        context.add_cookies([cookie | {"url": live_server.url}])
        yield context.new_page()


def form_of(page: Page, article: Article) -> None:
    page.goto(f"/admin/articles/article/{article.pk}/change/")


def test_a_correction_is_told_mended_and_withdrawn(plain_page: Page) -> None:
    page, article = plain_page, ArticleFactory(published=True)
    form_of(page, article)
    page.get_by_label("What readers are told").fill(TEXT)
    page.get_by_role("button", name="Tell readers").click()
    expect(page.get_by_text(f"Readers are told: {TEXT}")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="Corrections").click()
    expect(page.get_by_text(TEXT)).to_be_visible()
    page.get_by_role("link", name=article.source_headline).click()
    expect(page.get_by_label("Corrections").get_by_text(TEXT)).to_be_visible()

    form_of(page, article)
    page.get_by_role("button", name="Withdraw this correction").click()
    page.goto("/corrections/")
    expect(page.get_by_text(TEXT)).to_have_count(0)


def test_a_kill_tells_readers_what_the_editor_wrote(plain_page: Page) -> None:
    page, article = plain_page, ArticleFactory(published=True)
    form_of(page, article)
    page.get_by_label("Public notice").fill(NOTICE)
    page.get_by_label("Reason").fill("Letter of 3 May")
    page.get_by_role("button", name="Kill").click()
    answer = page.goto(article.get_absolute_url())
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_text(NOTICE)).to_be_visible()
    expect(page.get_by_text("Letter of 3 May")).to_have_count(0)

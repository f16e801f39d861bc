"""Conflicts, taking back and restoring, in a browser that runs no JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from articles import workflow
from articles.models import Article
from tests.factories import ArticleFactory, make_user

from .conftest import EVERYTHING, signed_in_as

pytestmark = pytest.mark.browser


@pytest.fixture
def editor(live_server: LiveServer) -> Any:
    return make_user("editor", EVERYTHING)


@pytest.fixture
def plain(browser: Browser, live_server: LiveServer, editor: Any) -> Iterator[Page]:
    """An editor's page without JavaScript."""
    with browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    ) as context:
        signed_in_as(context, live_server, editor)
        yield context.new_page()


@pytest.fixture
def piece(live_server: LiveServer) -> Article:
    return ArticleFactory(headline="Ferry sails", source_headline="Ferries")


def sato_writes(piece: Article, headline: str) -> None:
    there = Article.objects.get(pk=piece.pk)
    there.headline = headline
    workflow.edit(there, ["headline"], by=make_user("sato", is_superuser=True))


def form_of(piece: Article) -> str:
    return f"/admin/articles/article/{piece.pk}/change/"


def test_a_conflict_is_seen_thought_over_and_decided(
    plain: Page, piece: Article
) -> None:
    plain.goto(form_of(piece))
    sato_writes(piece, "Ferry sails at dawn")
    headline = plain.get_by_label("Headline:", exact=True)
    headline.fill("Ferry sails again")
    plain.get_by_role("button", name="Save", exact=True).click()

    box = plain.get_by_role("region", name="Someone else was faster")
    expect(box.locator("mark")).to_have_text(["again", "at dawn"])
    expect(box.get_by_text("by sato")).to_be_visible()
    expect(headline).to_have_value("Ferry sails again")
    headline.fill("Ferry sails again at dawn")
    headline.press("Enter")
    expect(box).to_be_visible()
    piece.refresh_from_db()
    assert piece.headline == "Ferry sails at dawn"
    expect(headline).to_have_value("Ferry sails again at dawn")
    box.get_by_role("button", name="Save mine over it").click()

    expect(plain.get_by_text("Saved: “Ferry sails again at dawn”.")).to_be_visible()
    expect(box).to_have_count(0)
    piece.refresh_from_db()
    assert piece.headline == "Ferry sails again at dawn"


def test_the_others_words_are_taken_by_one_button(plain: Page, piece: Article) -> None:
    plain.goto(form_of(piece))
    sato_writes(piece, "Ferry sails at dawn")
    plain.get_by_label("Headline:", exact=True).fill("Mine")
    plain.get_by_label("Why it matters:").fill("The first since 2011.")
    plain.get_by_role("button", name="Publish", exact=True).click()
    plain.get_by_role("button", name="Take the other's: Publish").click()

    expect(plain.get_by_text("Publish: “Ferry sails at dawn”.")).to_be_visible()
    piece.refresh_from_db()
    assert (piece.headline, piece.status) == ("Ferry sails at dawn", "published")
    assert piece.note == "The first since 2011."


def test_an_act_is_undone_from_the_history_and_from_the_front_page(
    plain: Page, piece: Article
) -> None:
    plain.goto(form_of(piece))
    plain.get_by_label("Tags", exact=False).first.fill("Harbour")
    plain.get_by_role("button", name="Publish", exact=True).click()
    plain.get_by_role("link", name="History").click()
    plain.get_by_role("link", name="Undo (published").click()
    expect(plain.get_by_text("Tags taken off: #Harbour")).to_be_visible()
    plain.get_by_role("button", name="Take it back").click()
    expect(plain.get_by_text("Taken back (published): 1 article.")).to_be_visible()
    piece.refresh_from_db()
    assert (piece.status, list(piece.tags.names())) == ("ingested", [])

    plain.goto("/admin/")
    plain.get_by_role("link", name="Undo (took back: published").click()
    plain.get_by_role("button", name="Take it back").click()

    piece.refresh_from_db()
    assert (piece.status, list(piece.tags.names())) == ("published", ["Harbour"])


def test_a_version_is_restored_after_a_look_at_what_changes(
    plain: Page, piece: Article
) -> None:
    sato_writes(piece, "Ferry sails at dawn")
    plain.goto(form_of(piece))
    plain.get_by_role("link", name="History").click()
    plain.get_by_role("link", name="Restore it as it arrived").click()
    expect(plain.locator("del")).to_have_text("at dawn")
    plain.get_by_role("button", name="Restore").click()

    expect(plain.get_by_text("Version 0 is restored.")).to_be_visible()
    piece.refresh_from_db()
    assert piece.headline == "Ferry sails"


def test_a_batch_is_found_in_the_audit_and_taken_back_in_one_go(
    plain: Page, editor: Any
) -> None:
    pieces = ArticleFactory.create_batch(3)
    ids = [piece.pk for piece in pieces]
    workflow.move_many(ids, "spike", by=editor, reason="Old news")
    plain.goto("/admin/")
    plain.get_by_role("link", name="Acts").first.click()
    plain.get_by_label("What").select_option(label="spiked")
    plain.get_by_role("button", name="Show", exact=True).click()
    plain.get_by_role("row", name="Old news").get_by_role("link").click()
    expect(plain.locator(".timeline > li")).to_have_count(3)
    plain.get_by_role("link", name="Undo").click()
    plain.get_by_role("button", name="Take it back").click()

    expect(plain.get_by_text("Taken back (spiked): 3 articles.")).to_be_visible()
    assert set(Article.objects.values_list("status", flat=True)) == {"ingested"}

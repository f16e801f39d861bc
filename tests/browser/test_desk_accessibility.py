"""Every screen of the desk under axe: light and dark, wide and on a phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from articles import workflow
from articles.models import (
    Article,
    PossibleDuplicate,
    SavedFilter,
    SourceChange,
    TagSuggestion,
)
from tests.factories import EDITOR, ArticleFactory, TagFactory, make_user

from .conftest import signed_in_as
from .test_accessibility import SCHEMES, WIDTHS, be_seen, examine
from .test_desk import open_desk

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def pieces(page: Page, live_server: LiveServer) -> list[Article]:
    """A queue with all that a row can show, and an editor who has signed in."""
    mori, sato = make_user("mori", EDITOR), make_user("sato", EDITOR)
    signed_in_as(page.context, live_server, mori)
    found = ArticleFactory.create_batch(
        4, tags=["Economy"], needs_suggestions=False, note="Why", headline="Ours"
    )
    found.append(ArticleFactory(language="ja", source_headline="日米が合意"))
    tag = TagFactory(name="Trade", slug="trade")
    for piece in found[:3]:
        TagSuggestion.objects.create(
            article=piece, tag=tag, phrase="trade", found="trade"
        )
    PossibleDuplicate.objects.create(article=found[1], other=found[0], likeness=0.9)
    SourceChange.objects.create(
        article=found[2], state="pending", digest="v1:a", at=timezone.now()
    )
    workflow.claim(found[1].pk, by=sato)
    workflow.move(found[2], "select", by=mori)
    workflow.comment(found[0].pk, "Ask the port authority.", by=sato)
    Article.objects.filter(pk=found[3].pk).update(
        created_at=timezone.now() - timedelta(hours=3)
    )
    SavedFilter.objects.create(user=mori, name="Mine", query="only=mine")
    return found


def faults_of(page: Page, show: Callable[[], Any]) -> list[str]:
    """What axe finds in what ``show`` brings up, in every scheme and width."""
    found = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            be_seen(page, scheme, width)
            show()
            found += [f"{scheme} {width}: {fault}" for fault in examine(page)]
    return found


def test_the_queue_has_no_accessibility_faults(
    page: Page, pieces: list[Article]
) -> None:
    assert faults_of(page, lambda: open_desk(page)) == []
    assert faults_of(page, lambda: open_desk(page, "?language=en&order=oldest")) == []
    assert faults_of(page, lambda: page.goto("/admin/desk/?only=held")) == []


@pytest.mark.parametrize("key", ["?", "h", "/"])
def test_what_a_key_opens_has_no_accessibility_faults(
    page: Page, pieces: list[Article], key: str
) -> None:
    def show() -> None:
        open_desk(page)
        page.keyboard.press(key)

    assert faults_of(page, show) == []


def test_a_conflict_has_no_accessibility_faults(
    page: Page, pieces: list[Article]
) -> None:
    def show() -> None:
        page.goto(f"/admin/desk/pieces/{pieces[0].pk}/")
        mine = page.get_by_role("textbox", name="Headline")
        mine.fill(f"Mine at {page.evaluate('performance.now()')}")
        theirs = Article.objects.get(pk=pieces[0].pk)
        theirs.headline = f"Theirs at {theirs.version}"
        workflow.edit(theirs, ["headline"], by=make_user(f"u{theirs.version}"))
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Two versions").wait_for()

    assert faults_of(page, show) == []


def test_the_question_of_a_claim_has_no_accessibility_faults(
    page: Page, pieces: list[Article]
) -> None:
    def show() -> None:
        page.goto(f"/admin/desk/pieces/{pieces[1].pk}/")
        page.get_by_role("button", name="Spike", exact=True).click()
        page.get_by_role("button", name="Take it over and go on").wait_for()

    assert faults_of(page, show) == []
    page.get_by_role("button", name="Take it over and go on").click()
    page.get_by_text(f"Spiked “{pieces[1].shown_headline}”.").wait_for()


def test_the_desk_s_other_pages_have_no_accessibility_faults(
    page: Page, pieces: list[Article]
) -> None:
    first, second = pieces[0].pk, pieces[1].pk
    for path in (
        f"pieces/{first}/",
        f"pieces/{pieces[4].pk}/",
        f"pieces/{first}/compare/?other={second}",
        f"pieces/{pieces[3].pk}/compare/",
        f"pieces/{first}/preview/",
        "keys/",
        "?source=nobody",
    ):
        assert faults_of(page, lambda path=path: page.goto(f"/admin/desk/{path}")) == []


def test_what_has_the_focus_is_seen_whole(page: Page, pieces: list[Article]) -> None:
    """WCAG 2.2, 2.4.11: no sticky bar hides it."""
    for n in range(30):
        ArticleFactory(source_headline=f"Another piece {n}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        open_desk(page)
        page.keyboard.press("s")
        page.locator("#said:not(:empty)").wait_for()
        page.keyboard.press("x")
        for key in ["j"] * 12 + ["k"] * 11 + ["Tab"] * 30:
            page.keyboard.press(key)
            hidden = page.evaluate(
                """() => {
                  const box = document.activeElement.getBoundingClientRect();
                  const at = document.elementFromPoint(box.left + 8, box.top + 8);
                  return !document.activeElement.contains(at);
                }"""
            )
            assert not hidden, (width, key)

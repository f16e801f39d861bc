"""A day at the desk: by keys alone, with a failing server, and without scripts."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from articles import workflow
from articles.models import (
    Act,
    Article,
    Claim,
    Comment,
    PossibleDuplicate,
    Tag,
    TagSuggestion,
)
from tests.factories import EDITOR, ArticleFactory, TagFactory, make_user

from .conftest import signed_in_as
from .effort import Effort, begin, count_on, spent

pytestmark = pytest.mark.browser

#: Where the desk reads a piece, and its form for words.
PIECES = "**/admin/desk/pieces/**"


@pytest.fixture
def mori(live_server: LiveServer) -> Any:
    return make_user("mori", EDITOR)


def waiting(number: int, *suggested: str) -> list[Article]:
    """Pieces that wait, the first one on top, each with these suggestions."""
    now = timezone.now()
    tags = [Tag.objects.get_or_make([name]).popitem()[1] for name in suggested]
    pieces = [
        ArticleFactory(
            source_headline=f"Waiting piece {n}",
            source_published_at=now - timedelta(minutes=n),
            needs_suggestions=False,
        )
        for n in range(1, number + 1)
    ]
    TagSuggestion.objects.bulk_create(
        TagSuggestion(article=piece, tag=tag, phrase=tag.key, found=tag.name)
        for piece in pieces
        for tag in tags
    )
    return pieces


@pytest.fixture
def desk(page: Page, live_server: LiveServer, mori: Any) -> Page:
    """The page of an editor who is about to open the desk."""
    signed_in_as(page.context, live_server, mori)
    page.set_viewport_size({"width": 1280, "height": 800})
    count_on(page)
    return page


def open_desk(page: Page, query: str = "") -> None:
    page.goto(f"/admin/desk/{query}")
    expect(page.locator("[aria-current=true]")).to_be_focused()


def row(page: Page, piece: Article) -> Any:
    return page.locator(f"#row-{piece.pk}")


def in_focus(page: Page, piece: Article) -> None:
    expect(page.locator(f"#row-{piece.pk} > article")).to_be_focused()


def said(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("#said")).to_contain_text(text)


def unsaid(page: Page) -> None:
    """What was said is gone, so that the same sentence can be waited for again."""
    page.evaluate("document.getElementById('said').textContent = ''")


def state(piece: Article) -> str:
    return str(Article.objects.values_list("status", flat=True).get(pk=piece.pk))


def note_effort(task: str, effort: Effort) -> None:
    """Keep the figures where NEWSROOM_EFFORT names a file."""
    if path := os.environ.get("NEWSROOM_EFFORT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"task": task, "effort": str(effort)}) + "\n")


def test_one_key_publishes_a_piece_with_its_suggested_tags(desk: Page) -> None:
    first, second = waiting(2, "Harbour", "Trade")
    open_desk(desk)
    begin(desk)
    desk.keyboard.press("a")
    in_focus(desk, second)
    said(desk, "Published “Waiting piece 1”.")
    effort = spent(desk)
    note_effort("publish with suggestions", effort)
    assert effort == Effort(1, 0, 0)
    assert state(first) == "published"
    assert set(first.tags.names()) == {"Harbour", "Trade"}


def test_one_key_spikes_and_one_takes_it_back(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    begin(desk)
    desk.keyboard.press("e")
    in_focus(desk, second)
    said(desk, "Spiked")
    assert spent(desk) == Effort(1, 0, 0)
    note_effort("spike", spent(desk))
    assert state(first) == "spiked"
    begin(desk)
    desk.keyboard.press("z")
    in_focus(desk, first)
    said(desk, "Undone")
    assert spent(desk) == Effort(1, 0, 0)
    note_effort("undo", spent(desk))
    assert state(first) == "ingested"
    desk.keyboard.press("Shift+Z")
    said(desk, "Done again")
    assert state(first) == "spiked"
    expect(row(desk, first)).to_have_count(0)


def test_one_tag_is_left_out_by_its_figure(desk: Page) -> None:
    (first,) = waiting(1, "Harbour", "Trade")
    open_desk(desk)
    begin(desk)
    desk.keyboard.press("2")
    desk.keyboard.press("a")
    said(desk, "Published")
    effort = spent(desk)
    note_effort("publish with one tag changed", effort)
    assert effort.keys <= 4
    assert (effort.clicks, effort.loads) == (0, 0)
    assert set(first.tags.names()) == {"Harbour"}
    expect(desk.locator("#empty")).to_be_visible()


def test_a_headline_is_written_and_published_in_three_keys(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    begin(desk)
    desk.keyboard.press("i")
    field = desk.locator("form.words [name=headline]")
    expect(field).to_be_focused()
    typed = "Harbour opens"
    desk.keyboard.type(typed)
    desk.keyboard.press("Control+Enter")
    in_focus(desk, second)
    said(desk, f"Published “{typed}”.")
    effort = spent(desk)
    # A capital is typed with Shift by a person; here it counts as one press.
    beside = Effort(effort.keys - len(typed), effort.clicks, effort.loads)
    note_effort("edit headline and publish, beside the typing", beside)
    assert beside.keys <= 3
    assert (beside.clicks, beside.loads) == (0, 0)
    first.refresh_from_db()
    assert (first.headline, first.status) == (typed, "published")


def test_a_duplicate_is_folded_in_two_keys(desk: Page) -> None:
    first, second, third = waiting(3)
    PossibleDuplicate.objects.create(article=third, other=first, likeness=0.9)
    open_desk(desk)
    begin(desk)
    desk.keyboard.press("d")
    expect(desk.get_by_text("Beside a piece of")).to_be_visible()
    desk.keyboard.press("m")
    in_focus(desk, second)
    said(desk, "Folded")
    effort = spent(desk)
    note_effort("compare and fold a duplicate", effort)
    assert effort.keys <= 2
    assert (effort.clicks, effort.loads) == (0, 0)
    first.refresh_from_db()
    assert first.folded_into == third


#: Twenty pieces, as they come: a key or two for each.
MIXED = [
    *("a", "a", "e", "2a", "a", "s", "j", "a", "e", "e", "a"),
    *("h2", "a", "e", "a", "a", "m", "a", "1a", "e", "a"),
]


def test_twenty_pieces_take_thirty_keys_and_no_load(desk: Page) -> None:
    pieces = waiting(21, "Harbour", "Trade")
    for piece in pieces[14:18]:
        PossibleDuplicate.objects.create(article=pieces[20], other=piece, likeness=0.9)
    open_desk(desk)
    begin(desk)
    for keys in MIXED:
        for key in keys:
            desk.keyboard.press(key)
            if key == "h":
                expect(desk.locator("#holding")).to_be_visible()
    effort = spent(desk)
    note_effort("a mixed script of 20 pieces", effort)
    assert effort.keys <= 30
    assert (effort.clicks, effort.loads) == (0, 0)
    expect(desk.locator("#rows > li")).to_have_count(1 + 1)
    expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    assert Act.objects.count() == 20


def test_keys_never_act_while_one_types_or_composes(desk: Page) -> None:
    waiting(3)
    open_desk(desk)
    desk.keyboard.press("/")
    search = desk.locator("form.filters [name=q]")
    expect(search).to_be_focused()
    desk.keyboard.type("aesz")
    expect(search).to_have_value("aesz")
    desk.locator("[name=source]").focus()
    desk.keyboard.press("a")
    desk.locator("[aria-current=true]").focus()
    desk.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
           {key: "a", isComposing: true, bubbles: true}))"""
    )
    for modifier in ("Control", "Alt", "Meta"):
        desk.evaluate(
            """(name) => document.activeElement.dispatchEvent(new KeyboardEvent(
               "keydown", {key: "a", [`${name}Key`]: true, bubbles: true}))""",
            {"Control": "ctrl", "Alt": "alt", "Meta": "meta"}[modifier],
        )
    assert not Act.objects.exists()
    expect(desk.locator("#rows > li")).to_have_count(3)


def test_a_key_that_is_held_down_publishes_one_piece(desk: Page) -> None:
    waiting(3)
    open_desk(desk)
    desk.keyboard.down("a")
    for _ in range(5):
        desk.keyboard.down("a")
    desk.keyboard.up("a")
    said(desk, "Published")
    expect(desk.locator("#rows > li")).to_have_count(2)


def test_keys_can_be_changed_and_turned_off(desk: Page) -> None:
    _first, second = waiting(2, "Harbour")
    desk.goto("/admin/desk/keys/")
    desk.get_by_label("Publish with the ticked tags").fill("y")
    desk.get_by_role("button", name="Keep").click()
    expect(desk.locator("[aria-current=true]")).to_be_focused()
    desk.keyboard.press("a")
    desk.keyboard.press("y")
    in_focus(desk, second)
    said(desk, "Published")
    assert Act.objects.count() == 1
    desk.goto("/admin/desk/keys/")
    desk.get_by_label("Keys are on").uncheck()
    desk.get_by_role("button", name="Keep").click()
    expect(desk.locator("[aria-current=true]")).to_be_focused()
    expect(desk.locator("#rows > li")).to_have_count(1)
    expect(desk.locator("#rows kbd:visible")).to_have_count(0)
    desk.keyboard.press("y")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.locator("#rows > li")).to_have_count(0)
    said(desk, "Published “Waiting piece 2”.")
    assert state(second) == "published"


def test_every_key_has_a_button_of_24_pixels_or_more(desk: Page) -> None:
    waiting(2, "Harbour")
    open_desk(desk)
    config = json.loads(desk.locator("#desk-config").inner_text())
    without = {"open", "search", "go", "filter"}
    for command in config["keys"]:
        if command in without:
            continue
        if command == "undo":
            desk.keyboard.press("s")
            said(desk, "Shortlisted")
        button = desk.locator(f"[data-command={command}]")
        box = button.bounding_box()
        assert box is not None, command
        assert min(box["width"], box["height"]) >= 24, command
        assert button.get_attribute("aria-keyshortcuts"), command


def test_a_failing_server_brings_the_row_back_and_says_so(desk: Page) -> None:
    first, _second, _third = waiting(3)
    open_desk(desk)
    faults: list[str] = []

    def fail(route: Route) -> None:
        faults.append(route.request.url)
        # Not a 500: the console's line about it would fail this test as a fault.
        route.fulfill(status=200, body="<h1>Bad gateway</h1>")

    desk.route("**/admin/desk/publish/", fail)
    desk.keyboard.press("a")
    said(desk, "Not done")
    expect(row(desk, first)).to_be_visible()
    expect(row(desk, first).locator(".trouble")).to_contain_text("Not done")
    assert desk.locator("#rows > li").first.get_attribute("id") == f"row-{first.pk}"
    in_focus(desk, first)
    assert faults
    assert state(first) == "ingested"
    desk.unroute("**/admin/desk/publish/")
    desk.keyboard.press("a")
    said(desk, "Published “Waiting piece 1”.")
    assert state(first) == "published"


def test_a_row_that_comes_back_has_the_focus(desk: Page) -> None:
    first, second = waiting(2)
    workflow.claim(second.pk, by=make_user("sato", EDITOR))
    open_desk(desk)

    def answer(route: Route) -> None:
        # As it is, but for its 400: the console's line about it would fail this test.
        route.fulfill(response=route.fetch(), status=200)

    desk.route("**/admin/desk/hold/", answer)
    for moment in ("2001-01-01T08:00", ""):
        desk.keyboard.press("h")
        desk.get_by_label("or until").fill(moment)
        desk.get_by_role("dialog").get_by_role("button", name="Hold").click()
        expect(row(desk, first).locator(".trouble")).to_be_visible()
        in_focus(desk, first)
    desk.keyboard.press("j")
    for leave in ("Escape", "Enter"):
        desk.keyboard.press("a")
        dialog = desk.get_by_role("dialog")
        expect(dialog).to_contain_text("sato is at work on it")
        if leave == "Enter":
            dialog.get_by_role("button", name="Leave it").focus()
        desk.keyboard.press(leave)
        expect(dialog).to_be_hidden()
        in_focus(desk, second)
    assert not Act.objects.exists()


def test_a_row_that_comes_back_late_leaves_the_focus_where_it_is(desk: Page) -> None:
    first, second, third = waiting(3)
    open_desk(desk)
    held: list[Route] = []
    desk.route("**/admin/desk/spike/", lambda route: held.append(route))
    desk.keyboard.press("e")
    in_focus(desk, second)
    desk.keyboard.press("j")
    desk.wait_for_timeout(50)
    for route in held:
        route.fulfill(status=200, body="<h1>Bad gateway</h1>")
    expect(row(desk, first).locator(".trouble")).to_be_visible()
    in_focus(desk, third)


def test_undo_and_redo_are_faster_than_the_server(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("s")
    said(desk, "Shortlisted")
    desk.keyboard.press("z")
    said(desk, "Undone")
    desk.keyboard.press("j")
    for key in ("e", "z", "Shift+Z"):
        desk.keyboard.press(key)
    said(desk, "Done again")
    expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    assert (state(first), state(second)) == ("ingested", "spiked")


def test_undo_of_what_was_refused_takes_nothing_else_back(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("e")
    said(desk, "Spiked")
    held: list[Route] = []
    desk.route("**/admin/desk/publish/", lambda route: held.append(route))
    for key in ("a", "z", "Shift+Z"):
        desk.keyboard.press(key)
    desk.wait_for_timeout(50)
    for route in held:
        route.fulfill(status=200, body="<h1>Bad gateway</h1>")
    said(desk, "Not done")
    expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    assert (state(first), state(second)) == ("spiked", "ingested")
    desk.keyboard.press("z")
    said(desk, "Undone")
    assert state(first) == "ingested"


def test_a_slow_server_keeps_nobody_waiting(desk: Page) -> None:
    pieces = waiting(4)
    open_desk(desk)
    held: list[Route] = []
    desk.route("**/admin/desk/spike/", lambda route: held.append(route))
    desk.keyboard.press("e")
    desk.keyboard.press("e")
    in_focus(desk, pieces[2])
    # Undo, pressed before the server has answered, waits for it by itself.
    desk.keyboard.press("z")
    desk.wait_for_timeout(50)
    for route in held:
        route.continue_()
    in_focus(desk, pieces[1])
    said(desk, "Undone")
    assert [state(piece) for piece in pieces[:2]] == ["spiked", "ingested"]


@contextmanager
def no_answers(page: Page, address: str) -> Iterator[None]:
    """The server sends nothing back from there, for as long as this lasts.

    Not as a failing server: the console's line about it would fail the test. The
    route stays afterwards and lets pass, as one that is taken away while a request
    is on its way has that request handled twice.
    """
    away = True
    page.route(
        address,
        lambda route: route.fulfill(status=204) if away else route.fallback(),
    )
    yield
    away = False


@contextmanager
def late_answers(page: Page, address: str) -> Iterator[None]:
    """What is asked for there meanwhile is asked when this ends."""
    held: list[Route] = []
    late = True
    page.route(address, lambda route: held.append(route) if late else route.fallback())
    yield
    late = False
    for route in held:
        route.continue_()


def test_words_that_are_typed_before_the_field_is_there_decide_nothing(
    desk: Page,
) -> None:
    first, second = waiting(2)
    open_desk(desk)
    with late_answers(desk, PIECES):
        desk.keyboard.press("j")
        desk.keyboard.press("i")
        desk.keyboard.type("Ferry seal")
        desk.keyboard.press("Backspace")
        desk.keyboard.press("Backspace")
        desk.wait_for_timeout(50)
    headline = desk.locator("form.words [name=headline]")
    expect(headline).to_have_value("Ferry se")
    expect(headline).to_be_focused()
    desk.keyboard.type("ason")
    desk.keyboard.press("Enter")
    said(desk, "Saved “Ferry season”.")
    assert Act.objects.get().changes.get().article == second
    assert state(first) == "ingested"
    desk.keyboard.press("z")
    said(desk, "Undone")
    second.refresh_from_db()
    assert second.headline == ""


def nothing_is_decided(page: Page, left: int) -> None:
    """No act, no row that went, no tick, and no request that could still make one."""
    expect(page.locator("#desk")).not_to_have_attribute(
        "data-pending", re.compile("[1-9]")
    )
    expect(page.locator("#rows > li")).to_have_count(left)
    expect(page.locator("#ticked")).to_have_text("")
    assert not Act.objects.exists()


def test_words_for_a_field_that_does_not_open_decide_nothing(desk: Page) -> None:
    first, second, _third = waiting(3, "Harbour")
    open_desk(desk)
    with no_answers(desk, PIECES):
        desk.keyboard.press("j")
        desk.keyboard.press("i")
        said(desk, "could not be loaded")
        said(desk, "What you type decides nothing")
        desk.keyboard.type("A sea change 1z")
        in_focus(desk, second)
        nothing_is_decided(desk, 3)
        # What was typed is kept for when it can be shown, however often that fails.
        unsaid(desk)
        desk.keyboard.press("Enter")
        said(desk, "What you type decides nothing")
    desk.keyboard.press("Backspace")
    desk.keyboard.press("Backspace")
    desk.keyboard.press("Backspace")
    desk.keyboard.press("Enter")
    headline = desk.locator("form.words [name=headline]")
    expect(headline).to_have_value("A sea change")
    expect(headline).to_be_focused()
    nothing_is_decided(desk, 3)


@pytest.mark.parametrize("leave", ["Escape", "ArrowUp", "click"])
def test_who_leaves_a_field_that_did_not_open_decides_by_keys_again(
    desk: Page, leave: str
) -> None:
    first, second, _third = waiting(3)
    open_desk(desk)
    with no_answers(desk, PIECES):
        desk.keyboard.press("j")
        desk.keyboard.press("n")
        said(desk, "What you type decides nothing")
        desk.keyboard.type("e")
    if leave == "click":
        row(desk, second).locator(".facts").click()
    else:
        desk.keyboard.press(leave)
    desk.keyboard.press("s")
    said(desk, "Shortlisted")
    piece = first if leave == "ArrowUp" else second
    assert state(piece) == "selected"
    expect(desk.locator("#rows > li")).to_have_count(3)


def test_escape_leaves_every_field_to_the_keys(desk: Page) -> None:
    (first,) = waiting(1)
    open_desk(desk)
    desk.keyboard.press("h")
    desk.get_by_label("or until").focus()
    desk.keyboard.press("Escape")
    in_focus(desk, first)
    desk.keyboard.press("s")
    said(desk, "Shortlisted")
    desk.keyboard.press("/")
    desk.keyboard.type("sea")
    desk.keyboard.press("Escape")
    in_focus(desk, first)
    desk.keyboard.press("s")
    said(desk, "Put back")


def test_words_decide_nothing_when_the_piece_goes_while_one_types(desk: Page) -> None:
    first, second, _third = waiting(3)
    open_desk(desk)
    held: list[Route] = []
    desk.route("**/admin/desk/shortlist/", lambda route: held.append(route))
    desk.keyboard.press("s")
    desk.keyboard.press("i")
    desk.wait_for_timeout(50)
    expect(desk.locator("#pane .piece")).to_have_attribute("data-piece", str(first.pk))
    sato = make_user("sato", EDITOR)
    workflow.move_many([first.pk], "spike", by=sato, take_over=True)
    desk.keyboard.type("A")
    for route in held:
        route.continue_()
    expect(row(desk, first)).to_have_count(0)
    desk.keyboard.type(" sea change")
    said(desk, "What you type decides nothing")
    expect(desk.locator("#rows > li")).to_have_count(2)
    assert Act.objects.count() == 1
    in_focus(desk, second)


def test_a_pane_that_cannot_be_loaded_shows_no_other_piece(desk: Page) -> None:
    first, _second, _third = waiting(3)
    open_desk(desk)
    pane = desk.locator("#pane .piece")
    expect(pane).to_have_attribute("data-piece", str(first.pk))
    with no_answers(desk, PIECES):
        desk.keyboard.press("j")
        desk.keyboard.press("j")
        desk.keyboard.press("i")
        expect(desk.locator("form.words")).to_have_count(0)
        said(desk, "could not be loaded")
    desk.keyboard.press("Enter")
    expect(desk.locator("form.words [name=headline]")).to_be_focused()


def test_a_double_click_decides_once(desk: Page) -> None:
    waiting(4)
    open_desk(desk)
    desk.get_by_role("button", name="Spike “Waiting piece 1”").dblclick()
    said(desk, "Spiked")
    desk.get_by_role("button", name="Publish", exact=True).first.dblclick()
    said(desk, "Published")
    expect(desk.locator("#rows > li")).to_have_count(2)
    expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    assert Act.objects.count() == 2


def test_undo_and_redo_walk_the_same_way_back_and_forth(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("e")
    desk.keyboard.press("e")
    for key, states in (
        ("z", ("spiked", "ingested")),
        ("z", ("ingested", "ingested")),
        ("Shift+Z", ("spiked", "ingested")),
        ("Shift+Z", ("spiked", "spiked")),
        ("z", ("spiked", "ingested")),
    ):
        desk.keyboard.press(key)
        said(desk, "Undone" if key == "z" else "Done again")
        expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
        assert (state(first), state(second)) == states, key


def test_who_signs_in_anew_in_another_tab_goes_on(desk: Page, mori: Any) -> None:
    first, _second = waiting(2)
    open_desk(desk)
    cookies = desk.context.cookies()
    desk.context.clear_cookies()
    desk.keyboard.press("e")
    said(desk, "signed out")
    expect(row(desk, first)).to_be_visible()
    desk.context.add_cookies(cookies)
    desk.keyboard.press("k")
    desk.keyboard.press("e")
    said(desk, "Spiked")
    assert state(first) == "spiked"


def test_who_is_signed_out_is_told_so_by_the_key_as_by_the_pane(desk: Page) -> None:
    waiting(3)
    open_desk(desk)
    desk.context.clear_cookies()
    desk.keyboard.press("j")
    expect(desk.locator("#pane .trouble")).to_contain_text("signed out")
    desk.keyboard.press("i")
    said(desk, "What you type decides nothing")
    said(desk, "signed out")


def test_a_piece_that_a_colleague_decided_on_goes_with_the_reason(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    workflow.move(first, "spike", by=make_user("sato", EDITOR))
    desk.keyboard.press("a")
    in_focus(desk, second)
    said(desk, "the article is spiked")
    expect(row(desk, first)).to_have_count(0)
    assert state(first) == "spiked"


def test_a_colleague_s_claim_asks_once(desk: Page) -> None:
    first, second = waiting(2)
    workflow.claim(first.pk, by=make_user("sato", EDITOR))
    open_desk(desk)
    desk.keyboard.press("a")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("sato is at work on it")
    expect(row(desk, first)).to_be_visible()
    dialog.get_by_role("button", name="Take it over").click()
    said(desk, "Published")
    expect(row(desk, first)).to_have_count(0)
    assert state(first) == "published"
    in_focus(desk, second)


def test_tags_are_put_on_by_the_keyboard_alone(desk: Page) -> None:
    (first,) = waiting(1)
    TagFactory(name="Monetary policy", slug="monetary-policy")
    open_desk(desk)
    desk.keyboard.press("t")
    box = desk.locator("#tag-box")
    expect(box).to_be_focused()
    desk.keyboard.type("mone")
    expect(desk.locator(".tag-choices li")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    said(desk, "Tagged")
    expect(row(desk, first)).to_contain_text("#Monetary policy")
    in_focus(desk, first)
    assert set(first.tags.names()) == {"Monetary policy"}


@pytest.mark.parametrize("height", [800, 640, 520])
def test_tags_that_match_are_seen_whole_before_what_would_be_new(
    desk: Page, height: int
) -> None:
    waiting(1)
    for name in ("Monetary policy", "Monetary union", "Money"):
        TagFactory(name=name, slug=name.lower().replace(" ", "-"))
    desk.set_viewport_size({"width": 1280, "height": height})
    open_desk(desk)
    desk.keyboard.press("t")
    expect(desk.locator("#tag-box")).to_be_focused()
    desk.keyboard.type("mone")
    choices = desk.locator(".tag-choices li")
    expect(choices).to_have_count(3)
    new = desk.get_by_text("it would be a new tag")
    expect(new).to_be_visible()
    covered = desk.evaluate(
        """() => [...document.querySelectorAll("#tag-box, .tag-choices li, .tag-new")]
          .filter((each) => {
            const box = each.getBoundingClientRect();
            return [box.top + 2, box.bottom - 2].some((y) =>
              !each.contains(document.elementFromPoint(box.left + 8, y)));
          }).map((each) => each.textContent)"""
    )
    assert covered == []
    last, hint = choices.last.bounding_box(), new.bounding_box()
    assert last["y"] + last["height"] <= hint["y"]


def test_a_claim_by_the_key_takes_a_colleague_s_over(desk: Page) -> None:
    first, _second = waiting(2)
    workflow.claim(first.pk, by=make_user("sato", EDITOR))
    open_desk(desk)
    desk.keyboard.press("c")
    asked = desk.get_by_role("dialog", name="A colleague is at work on it")
    asked.get_by_role("button", name="Take it over and go on").click()
    said(desk, "You are at work on")
    in_focus(desk, first)
    assert Claim.objects.get().by.get_username() == "mori"


def test_notes_claims_and_holds_by_the_keyboard(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("n")
    expect(desk.locator("#note-box")).to_be_focused()
    desk.keyboard.type("Ask the port.")
    desk.keyboard.press("Control+Enter")
    said(desk, "Noted")
    expect(desk.locator(".comment")).to_contain_text("Ask the port.")
    assert Comment.objects.count() == 1
    desk.keyboard.press("Escape")
    in_focus(desk, first)
    desk.keyboard.press("c")
    expect(row(desk, first)).to_contain_text("mori is at work")
    desk.keyboard.press("h")
    expect(desk.get_by_role("dialog", name="Hold until")).to_be_visible()
    desk.keyboard.press("2")
    in_focus(desk, second)
    said(desk, "Held")
    first.refresh_from_db()
    assert first.held_until is not None


def test_a_claim_by_the_key_stands_when_one_leaves_the_piece(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("c")
    said(desk, "You are at work on")
    for piece in (first, second):
        # Who only writes has claimed the piece until they leave it.
        desk.keyboard.press("i")
        expect(desk.locator("form.words [name=headline]")).to_be_focused()
        expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
        assert Claim.objects.filter(article=piece).exists()
        desk.keyboard.press("Escape")
        desk.keyboard.press("j" if piece == first else "k")
        expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    desk.wait_for_timeout(200)
    expect(desk.locator("#desk")).to_have_attribute("data-pending", "0")
    assert [each.article_id for each in Claim.objects.all()] == [first.pk]
    desk.keyboard.press("c")
    said(desk, "You are not at work on")
    assert not Claim.objects.exists()


def test_a_range_is_ticked_and_published_in_one_act(desk: Page) -> None:
    pieces = waiting(5)
    open_desk(desk)
    desk.keyboard.press("x")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("Shift+X")
    expect(desk.locator("#ticked")).to_have_text("3 ticked")
    desk.keyboard.press("a")
    said(desk, "Published 3 pieces.")
    in_focus(desk, pieces[3])
    assert Act.objects.count() == 1
    desk.keyboard.press("z")
    said(desk, "Undone: 3 pieces (published).")
    expect(desk.locator("#rows > li")).to_have_count(5)
    ids = desk.locator("#rows > li").evaluate_all("rows => rows.map(r => r.id)")
    assert ids == [f"row-{piece.pk}" for piece in pieces]


def test_a_piece_that_a_colleague_changed_is_worked_on_as_it_is_now(
    desk: Page,
) -> None:
    first, second, _third = waiting(3, "Harbour", "Trade")
    open_desk(desk)
    desk.keyboard.press("2")
    desk.keyboard.press("j")
    pane = desk.locator("#pane .piece")
    expect(pane).to_have_attribute("data-piece", str(second.pk))
    workflow.tag([first.pk], on=["Ports"], by=make_user("sato", EDITOR))
    desk.keyboard.press("k")
    desk.keyboard.press("i")
    headline = desk.locator("form.words [name=headline]")
    expect(headline).to_be_focused()
    expect(row(desk, first)).to_contain_text("#Ports")
    # What this person had ticked on the row stays as they left it.
    expect(row(desk, first).get_by_label("#Trade")).not_to_be_checked()
    expect(row(desk, first).get_by_label("#Harbour")).to_be_checked()
    desk.keyboard.type("A sea change")
    desk.keyboard.press("Enter")
    said(desk, "Saved “A sea change”.")
    in_focus(desk, first)
    desk.keyboard.press("a")
    said(desk, "Published “A sea change”.")
    in_focus(desk, second)
    assert state(first) == "published"
    assert set(first.tags.names()) == {"Ports", "Harbour"}


def test_two_editors_of_one_piece_lose_nothing(
    desk: Page, browser: Browser, live_server: LiveServer
) -> None:
    (piece,) = waiting(1)
    sato = make_user("sato", EDITOR)
    open_desk(desk)
    desk.keyboard.press("i")
    desk.keyboard.type("Harbour opens")
    with browser.new_context(base_url=live_server.url) as context:
        other = context.new_page()
        signed_in_as(other.context, live_server, sato)
        other.goto(f"/admin/desk/pieces/{piece.pk}/")
        other.get_by_role("textbox", name="Headline").fill("Harbour closes")
        other.get_by_role("button", name="Save", exact=True).click()
        expect(other.get_by_text("Saved “Harbour closes”.")).to_be_visible()
    desk.keyboard.press("Enter")
    conflict = desk.get_by_role("region", name="Two versions")
    expect(conflict.locator("del")).to_have_text("opens")
    expect(conflict.locator("ins")).to_have_text("closes")
    expect(conflict).to_contain_text("sato")
    mine = desk.locator("form.words [name=headline]")
    expect(mine).to_have_value("Harbour opens")
    desk.get_by_role("button", name="Save", exact=True).click()
    said(desk, "Saved “Harbour opens”.")
    piece.refresh_from_db()
    assert piece.headline == "Harbour opens"
    kept = piece.changes.order_by("version").values_list("after__headline", flat=True)
    assert list(kept) == ["Harbour closes", "Harbour opens"]


def test_words_that_are_not_saved_are_there_when_one_comes_back(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("i")
    desk.keyboard.type("Half a headl")
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    headline = desk.locator("form.words [name=headline]")
    expect(desk.locator("#pane .piece")).to_have_attribute("data-piece", str(second.pk))
    expect(headline).to_have_value("")
    desk.keyboard.press("k")
    expect(headline).to_have_value("Half a headl")
    expect(desk.get_by_text("These words are not saved yet.")).to_be_visible()
    desk.reload()
    expect(headline).to_have_value("Half a headl")
    desk.keyboard.press("i")
    desk.keyboard.press("End")
    desk.keyboard.type("ine")
    desk.keyboard.press("Enter")
    said(desk, "Saved “Half a headline”.")
    expect(desk.get_by_text("These words are not saved yet.")).to_be_hidden()
    desk.keyboard.press("n")
    desk.keyboard.type("Never mind")
    desk.goto(f"/admin/desk/pieces/{first.pk}/")
    expect(desk.locator("#note-box")).to_have_value("Never mind")


def test_words_kept_for_later_do_not_overwrite_what_a_colleague_saved(
    desk: Page,
) -> None:
    first, second = waiting(2)
    open_desk(desk)
    desk.keyboard.press("i")
    desk.keyboard.type("Harbour opens")
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    pane = desk.locator("#pane .piece")
    expect(pane).to_have_attribute("data-piece", str(second.pk))
    first.refresh_from_db()
    first.headline = "Harbour closes"
    workflow.edit(first, ["headline"], by=make_user("sato", EDITOR))
    desk.reload()
    headline = desk.locator("form.words [name=headline]")
    expect(headline).to_have_value("Harbour opens")
    desk.keyboard.press("i")
    desk.keyboard.press("End")
    desk.keyboard.type(" late")
    desk.keyboard.press("Enter")
    conflict = desk.get_by_role("region", name="Two versions")
    expect(conflict).to_contain_text("Harbour closes")
    expect(conflict).to_contain_text("sato")
    first.refresh_from_db()
    assert first.headline == "Harbour closes"
    # Seen beside each other, and left: they are there again, and can be saved.
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    expect(pane).to_have_attribute("data-piece", str(second.pk))
    desk.keyboard.press("k")
    expect(headline).to_have_value("Harbour opens late")
    expect(row(desk, first)).to_contain_text("Harbour closes")
    desk.keyboard.press("i")
    desk.keyboard.press("Enter")
    said(desk, "Saved “Harbour opens late”.")
    first.refresh_from_db()
    assert first.headline == "Harbour opens late"


def test_words_given_up_for_a_colleague_s_are_not_kept(desk: Page) -> None:
    (first,) = waiting(1)
    desk.goto(f"/admin/desk/pieces/{first.pk}/")
    desk.get_by_role("textbox", name="Headline").fill("Harbour opens")
    first.headline = "Harbour closes"
    workflow.edit(first, ["headline"], by=make_user("sato", EDITOR))
    desk.reload()
    headline = desk.get_by_role("textbox", name="Headline")
    expect(headline).to_have_value("Harbour opens")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_role("region", name="Two versions")).to_be_visible()
    desk.get_by_role("link", name="Keep theirs").click()
    expect(headline).to_have_value("Harbour closes")
    first.refresh_from_db()
    assert first.headline == "Harbour closes"


def test_caps_lock_and_letters_that_are_not_latin_keep_their_keys(desk: Page) -> None:
    first, second = waiting(2)
    open_desk(desk)
    press = """([key, code]) => document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", {key, code, bubbles: true, cancelable: true}))"""
    desk.evaluate(press, ["A", "KeyA"])
    said(desk, "Published")
    in_focus(desk, second)
    desk.evaluate(press, ["у", "KeyE"])
    said(desk, "Spiked")
    assert [state(first), state(second)] == ["published", "spiked"]


def test_what_arrives_waits_behind_a_button(desk: Page) -> None:
    first, _second = waiting(2)
    open_desk(desk)
    new = ArticleFactory(source_headline="Just in")
    # The desk asks when its window is looked at again.
    desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(desk.locator("#arrived")).to_have_text("1 new")
    expect(row(desk, new)).to_have_count(0)
    in_focus(desk, first)
    desk.locator("#arrived").click()
    expect(row(desk, new)).to_be_visible()


def test_a_long_queue_is_read_to_its_end_without_a_load(desk: Page) -> None:
    pieces = waiting(95)
    open_desk(desk)
    begin(desk)
    for _ in pieces[1:]:
        desk.keyboard.press("j")
        desk.wait_for_timeout(5)
    in_focus(desk, pieces[-1])
    assert spent(desk).loads == 0
    expect(desk.locator("#rows > li")).to_have_count(95)


def test_a_phone_shows_the_queue_and_a_piece_each_by_itself(desk: Page) -> None:
    first, _second = waiting(2, "Harbour")
    desk.set_viewport_size({"width": 390, "height": 844})
    open_desk(desk)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    desk.get_by_role("button", name="Publish “Waiting piece 1”").click()
    said(desk, "Published")
    desk.get_by_role("link", name="Waiting piece 2").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Waiting piece 2")
    # Before its stylesheets a page has the width of an unstyled one.
    desk.wait_for_load_state("load")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    assert state(first) == "published"


def test_what_was_done_and_undo_stay_in_sight_on_a_phone(desk: Page) -> None:
    pieces = waiting(18, "Harbour")
    desk.set_viewport_size({"width": 390, "height": 844})
    open_desk(desk)
    desk.get_by_role("button", name="Spike “Waiting piece 15”").click()
    said(desk, "Spiked")
    assert desk.evaluate("scrollY") > 500
    expect(desk.locator("#said")).to_be_in_viewport(ratio=1)
    expect(desk.get_by_role("button", name="Undo")).to_be_in_viewport(ratio=1)
    desk.get_by_role("button", name="Undo").click()
    said(desk, "Undone")
    assert state(pieces[14]) == "ingested"


def test_who_saves_on_a_phone_stays_with_the_piece(desk: Page) -> None:
    pieces = waiting(12)
    desk.set_viewport_size({"width": 390, "height": 844})
    open_desk(desk, "?language=en")
    desk.get_by_role("link", name="Waiting piece 9").click()
    desk.get_by_role("textbox", name="Headline").fill("Our own words")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Saved “Our own words”.")).to_be_visible()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Our own words")
    desk.get_by_role("link", name="Back to the queue").click()
    in_focus(desk, pieces[8])
    expect(row(desk, pieces[8])).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_it_is_said_what_was_done(desk: Page, width: int) -> None:
    first, _second, third = waiting(3)
    first.headline = "A very long headline that fills more than a line " * 3
    workflow.edit(first, ["headline"], by=make_user("sato", EDITOR))
    desk.set_viewport_size({"width": width, "height": 844})
    open_desk(desk)
    before = row(desk, third).bounding_box()
    assert desk.locator("#rows").bounding_box()["y"] < (190 if width > 1000 else 280)
    desk.keyboard.press("c")
    said(desk, "You are at work on")
    expect(row(desk, first)).to_contain_text("mori is at work")
    desk.keyboard.press("c")
    said(desk, "You are not at work on")
    expect(row(desk, first)).not_to_contain_text("mori is at work")
    assert row(desk, third).bounding_box() == before


def test_the_same_tasks_cost_more_in_the_article_list_and_form(desk: Page) -> None:
    """What the desk is measured against. A choice in a menu that the browser draws
    makes no events here, so these figures are a lower bound."""
    pieces = waiting(5, "Harbour", "Trade")
    articles = "/admin/articles/article/"

    desk.goto(articles)
    begin(desk)
    desk.get_by_role("row", name="Waiting piece 1").get_by_role("checkbox").click()
    desk.get_by_label("Action:").select_option(label="Publish with the suggested tags")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_text("Publish: 1 article.")).to_be_visible()
    listed = spent(desk)
    note_effort("article list: publish with suggestions", listed)
    assert (listed.clicks, listed.loads) >= (2, 1)

    begin(desk)
    desk.get_by_role("link", name="Waiting piece 2").click()
    tags = desk.get_by_role("combobox", name="Tags")
    tags.click()
    desk.keyboard.type("Harbour, Trade")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("Publish: “Waiting piece 2”.")).to_be_visible()
    form = spent(desk)
    typed = len("Harbour, Trade")
    beside = Effort(form.keys - typed, form.clicks, form.loads)
    note_effort("article form: publish with two tags, beside the typing", beside)
    assert beside.clicks + beside.loads >= 4
    assert state(pieces[1]) == "published"

    desk.goto(f"{articles}{pieces[2].pk}/change/")
    begin(desk)
    desk.get_by_label("Headline", exact=False).first.click()
    desk.keyboard.type("Harbour opens")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_text("Publish: “Harbour opens”.")).to_be_visible()
    edited = spent(desk)
    typed = len("Harbour opens")
    beside = Effort(edited.keys - typed, edited.clicks, edited.loads)
    note_effort("article form: edit headline and publish, form open", beside)
    assert beside.clicks + beside.loads >= 3

    desk.goto(articles)
    begin(desk)
    desk.get_by_role("row", name="Waiting piece 4").get_by_role("checkbox").click()
    desk.get_by_label("Action:").select_option(label="Spike")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_text("Spike: 1 article.")).to_be_visible()
    spiked = spent(desk)
    note_effort("article list: spike", spiked)
    assert (spiked.clicks, spiked.loads) >= (2, 1)
    assert state(pieces[3]) == "spiked"


def test_a_short_row_leaves_a_phone_room_for_the_next_and_for_a_finger(
    browser: Browser, live_server: LiveServer, mori: Any
) -> None:
    waiting(3)
    ArticleFactory(source__name="A very long name of a publisher " * 3)
    phone = {"width": 390, "height": 844}
    with browser.new_context(
        base_url=live_server.url, viewport=phone, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        signed_in_as(context, live_server, mori)
        page.goto("/admin/desk/")
        rows = page.locator(".row")
        expect(rows).to_have_count(4)
        for each in rows.all():
            box = each.bounding_box()
            assert box and box["height"] <= 110
            for button in each.get_by_role("button").all():
                size = button.bounding_box()
                assert size and min(size["width"], size["height"]) >= 44
            tick = each.get_by_role("checkbox").bounding_box()
            assert tick and tick["width"] >= 24
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture
def plain(browser: Browser, live_server: LiveServer, mori: Any) -> Iterator[Page]:
    """The page of an editor whose browser runs no scripts."""
    with browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    ) as context:
        page = context.new_page()
        signed_in_as(page.context, live_server, mori)
        yield page


def test_the_desk_works_without_scripts(plain: Page, settings: Settings) -> None:
    settings.NEWSROOM_UNDO_SECONDS = 0
    pieces = waiting(6, "Harbour")
    PossibleDuplicate.objects.create(article=pieces[5], other=pieces[3], likeness=0.9)
    page = plain
    page.goto("/admin/desk/")
    page.get_by_role("button", name="Publish “Waiting piece 1”").click()
    expect(page.get_by_text("Published “Waiting piece 1”.")).to_be_visible()
    page.get_by_role("button", name="Spike “Waiting piece 2”").click()
    expect(page.get_by_text("Spiked “Waiting piece 2”.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: “Waiting piece 2” (spiked).")).to_be_visible()
    assert [state(piece) for piece in pieces[:2]] == ["published", "ingested"]
    for number in (2, 3):
        page.get_by_label(f"Tick “Waiting piece {number}”").check()
    page.get_by_role("button", name="Shortlist").click()
    expect(page.get_by_text("Shortlisted 2 pieces.")).to_be_visible()
    page.get_by_role("link", name="Waiting piece 4").first.click()
    page.get_by_role("textbox", name="Headline").fill("Our own words")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved “Our own words”.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our own words")
    page.get_by_label("Put on").fill("Ports, Ships")
    page.get_by_role("button", name="Put on").click()
    page.get_by_label("Note", exact=True).fill("Ask the port.")
    page.get_by_role("button", name="Leave the note").click()
    expect(page.get_by_text("Ask the port.")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("button", name="Fold this piece").click()
    expect(page.get_by_text("Folded “Our own words”.")).to_be_visible()
    page.get_by_role("link", name="Waiting piece 5").first.click()
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.get_by_text("Held “Waiting piece 5”")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting piece 6")
    page.get_by_role("link", name="Back to the queue").click()
    page.get_by_role("link", name="Held", exact=True).click()
    page.get_by_role("link", name="Waiting piece 5").first.click()
    page.get_by_role("button", name="Hold no longer").first.click()
    expect(page.get_by_text("“Waiting piece 5” waits again.")).to_be_visible()
    assert set(pieces[3].tags.names()) == {"Ports", "Ships"}
    page.goto("/")
    expect(page.get_by_role("link", name="Waiting piece 1")).to_be_visible()


def test_on_a_phone_names_of_tags_stay_whole_and_the_header_is_two_lines(
    desk: Page,
) -> None:
    waiting(1, "Biodiversity")
    desk.set_viewport_size({"width": 390, "height": 844})
    for address in ("/admin/desk/", "/admin/articles/article/"):
        desk.goto(address)
        assert desk.locator("#header").bounding_box()["height"] <= 90
        assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    desk.goto("/admin/desk/")
    name = desk.locator(".suggested .name").first
    expect(name).to_have_text("#Biodiversity")
    assert name.evaluate("each => each.getClientRects().length") == 1
    assert name.bounding_box()["height"] < 26


def test_on_a_phone_undo_stands_beside_the_way_back(desk: Page) -> None:
    piece, _other = waiting(2, "Trade")
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(f"/admin/desk/pieces/{piece.pk}/")
    desk.locator(".acts").get_by_role("button", name="Shortlist").click()
    desk.goto(f"/admin/desk/pieces/{piece.pk}/")
    back = desk.get_by_role("link", name="Back to the queue").bounding_box()
    undo = desk.locator(".acts").get_by_role("button", name="Undo").bounding_box()
    assert back
    assert undo
    assert abs(undo["y"] + undo["height"] / 2 - back["y"] - back["height"] / 2) < 2

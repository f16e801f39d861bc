"""Every kind of page under axe: light and dark, wide and on a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, Permission
from django.contrib.staticfiles import finders
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from articles import workflow
from articles.images import library
from articles.models import (
    Article,
    ArticleStatus,
    Feed,
    FetchAttempt,
    ImportRun,
    RefusedRecord,
    Sighting,
    SourceChange,
    SourceChangeState,
    TagPhrase,
    Tombstone,
)
from articles.roles import Role
from articles.tagging import suggestions
from articles.tagging.tags import add_alias
from tests.factories import (
    ArticleFactory,
    SourceFactory,
    TagFactory,
    make_member,
    make_user,
)

pytestmark = pytest.mark.once

SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": list(RULES)},
    "resultTypes": ["violations"],
    # axe would copy imported style sheets into the page, which the policy refuses.
    # The one rule that reads them has a test of its own below.
    "preload": False,
}
Faults = Callable[..., list[str]]


def be_seen(page: Page, scheme: Any, width: int) -> None:
    """Show the page in a scheme of colours and a width."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def examine(page: Page) -> list[str]:
    """What axe finds on the open page, and whether it has to be moved sideways.

    A text that somebody waited for is there before the style sheets are, and a page
    without them has small targets and links like the text around them.
    """
    page.wait_for_load_state()
    found = [
        f"{each['id']} on {node['html'][:120]}"
        for each in Axe().run(page, options=OPTIONS).response["violations"]
        for node in each["nodes"]
    ]
    needed = page.evaluate("document.documentElement.scrollWidth")
    if needed > page.evaluate("window.innerWidth"):
        found.append(f"it is {needed} pixels wide")
    return found


@pytest.fixture
def faults(page: Page) -> Faults:
    """What axe finds on a page, or the open one, in every scheme and width."""

    def look(path: str = "", status: int = 200) -> list[str]:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        if path:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == status, path
        page.locator("details").evaluate_all(
            "all => all.forEach(each => { each.open = true })"
        )
        return [
            f"{path} {scheme} {width}: {fault}"
            for width in WIDTHS
            for scheme in SCHEMES
            for fault in seen(scheme, width)
        ]

    def seen(scheme: str, width: int) -> list[str]:
        be_seen(page, scheme, width)
        return examine(page)

    return look


@pytest.fixture
def pieces(live_server: object, shared: Path) -> list[Article]:
    """Three public pieces with all that a piece can have."""
    tag = TagFactory(name="Economy", slug="economy", description="Money and work.")
    source = SourceFactory(slug="post", name="The Example Post", reuse="full_text")
    found = ArticleFactory.create_batch(
        3,
        published=True,
        source=source,
        tags=[tag, "日本"],
        note="It is the first since 2011.",
        author="Our correspondent",
        source_body="<p>One <a href='https://publisher.example/a'>link</a>.</p>"
        "<table><tr><th scope='col'>Year</th></tr><tr><td>2026</td></tr></table>",
    )
    picture = (shared / "images/exif/Landscape_1.jpg").read_bytes()
    library.attach(found[0], picture)
    Article.objects.filter(pk=found[0].pk).update(
        image_alt="A waterfall", image_caption="In the north", image_credit="Agency"
    )
    return found


@pytest.mark.browser
def test_readers_pages_have_no_accessibility_faults(
    faults: Faults, pieces: list[Article], settings: Settings
) -> None:
    settings.NEWSROOM_APP_STORE_URL = "https://apps.example/"
    gone = ArticleFactory(status=ArticleStatus.KILLED, notice="By a court's order.")
    chief = make_user("chief", is_superuser=True)
    workflow.correct(pieces[0].pk, "It fell by 2 per cent, not by 3.", by=chief)
    workflow.correct(pieces[0].pk, "Of 2025.", kind="clarification", by=chief)
    paths = {
        "/": 200,
        "/corrections/": 200,
        "/corrections/?page_size=1": 200,
        "/tags/economy/": 200,
        "/tags/economy/?category=politics&language=en&q=number&page_size=1": 200,
        pieces[0].get_absolute_url(): 200,
        "/sources/post/": 200,
        "/categories/politics/?page_size=1": 200,
        "/search/?q=number": 200,
        "/search/?q=nothing-has-this": 200,
        "/tags/": 200,
        "/?from=yesterday": 400,
        "/nothing/": 404,
        gone.get_absolute_url(): 410,
    }

    found = [
        fault
        for path, code in paths.items()
        for prefix in ("", "/ja")
        for fault in faults(prefix + path, code)
    ]

    assert not found, "\n".join(found)


@pytest.mark.browser
def test_the_sign_in_page_has_no_accessibility_faults(faults: Faults) -> None:
    assert faults("/admin/login/") == []


@pytest.mark.browser
def test_editors_pages_have_no_accessibility_faults(
    faults: Faults, pieces: list[Article], signed_in: Any
) -> None:
    tag = TagFactory(name="Central banks")
    add_alias(tag, "Banks of issue")
    TagPhrase.objects.create(tag=tag, text="Fed")
    waiting = ArticleFactory(source_headline="The Fed moves", source__reuse="blocked")
    suggestions.recompute()
    workflow.move(pieces[1], "unpublish", by=signed_in, reason="A wrong date")
    told = workflow.correct(pieces[0].pk, "It fell by 2 per cent.", by=signed_in)
    workflow.correct(pieces[0].pk, "In the north.", by=signed_in)
    workflow.withdraw_correction(told, by=signed_in)
    for status in (ArticleStatus.SPIKED, ArticleStatus.SELECTED, ArticleStatus.KILLED):
        ArticleFactory(status=status)
    run = ImportRun.objects.create(read=1, failed=1, inputs=["news.ndjson"])
    RefusedRecord.objects.create(
        run=run, outcome="failed", input="news.ndjson", line=7, reason="url: missing"
    )
    room = "/admin/articles"
    paths = [
        "/admin/",
        f"{room}/article/",
        f"{room}/article/?q=number&status__exact=published",
        f"{room}/article/{waiting.pk}/change/",
        f"{room}/article/{pieces[0].pk}/change/",
        f"{room}/article/{pieces[1].pk}/history/",
        f"{room}/article/{waiting.pk}/delete/",
        f"{room}/article/add/",
        f"{room}/tag/",
        f"{room}/tag/{tag.pk}/change/",
        f"{room}/source/",
        f"{room}/source/{pieces[0].source_id}/change/",
        f"{room}/importrun/",
        f"{room}/refusedrecord/",
    ]

    found = [fault for path in paths for fault in faults(path)]

    assert not found, "\n".join(found)


@pytest.mark.browser
def test_editors_pages_about_feeds_and_sources_changes_have_no_accessibility_faults(
    faults: Faults, pieces: list[Article], signed_in: Any
) -> None:
    also = ("view_fetchattempt", "view_tombstone", "delete_tombstone")
    signed_in.user_permissions.add(*Permission.objects.filter(codename__in=also))
    now, source = timezone.now(), pieces[0].source
    failing = Feed.objects.create(
        source=source,
        url="https://publisher.example/feed",
        title="Business",
        failures=1,
        failing_since=now,
        problem="No such host.",
        moved_to="https://new.example/",
        moved_seen=1,
        verifies_certificate=False,
    )
    for number, values in enumerate(
        (
            {"gone_at": now},
            {"last_success_at": now},
            {"last_success_at": now, "quiet_from": now},
            {"is_active": False},
        )
    ):
        url = f"https://publisher.example/feed-{number}"
        Feed.objects.create(source=source, url=url, **values)
    facts = {"feed": failing, "at": now, "next_check_at": now}
    FetchAttempt.objects.create(
        outcome="failed", kind="dns", reason="No such host.", **facts
    )
    FetchAttempt.objects.create(
        outcome="fetched", items=2, created=1, refused=1, notes=["no link"], **facts
    )
    SourceChange.objects.create(
        article=pieces[0],
        state=SourceChangeState.PENDING,
        after={"source_headline": "Another", "source_excerpt": "A text of the source."},
        digest="v1:a",
        at=now,
    )
    Sighting.objects.create(
        article=pieces[0],
        source=SourceFactory(),
        url="https://other.example/1",
        headline="Elsewhere",
        seen_at=now,
    )
    workflow.delete([pieces[2].pk], by=signed_in)
    buried = Tombstone.objects.get()
    room = "/admin/articles"
    paths = [
        f"{room}/feed/",
        f"{room}/feed/add/",
        f"{room}/feed/{failing.pk}/change/",
        f"{room}/feed/{failing.pk}/delete/",
        f"{room}/source/{source.pk}/change/",
        f"{room}/fetchattempt/",
        f"{room}/tombstone/",
        f"{room}/tombstone/{buried.pk}/delete/",
        f"{room}/article/{pieces[0].pk}/change/",
        f"{room}/article/{pieces[0].pk}/history/",
    ]

    found = [fault for path in paths for fault in faults(path)]

    assert not found, "\n".join(found)


@pytest.mark.browser
def test_pages_about_people_have_no_accessibility_faults(
    faults: Faults, sign_in: Callable[[Any], None]
) -> None:
    chief = make_member(Role.ADMINISTRATORS, name="chief")
    other = make_user("mei", ("kill_article",), first_name="Mei", last_name="Li")
    own = Group.objects.create(name="Interns")
    role = Group.objects.get(name=Role.EDITORS.value)
    sign_in(chief)
    users, groups = "/admin/auth/user/", "/admin/auth/group/"
    paths = [
        "/admin/",
        users,
        f"{users}add/",
        f"{users}{other.pk}/change/",
        f"{users}{other.pk}/password/",
        f"{users}{other.pk}/delete/",
        f"{users}{other.pk}/history/",
        groups,
        f"{groups}add/",
        f"{groups}{own.pk}/change/",
        f"{groups}{role.pk}/change/",
        "/admin/password_change/",
    ]

    found = [fault for path in paths for fault in faults(path)]

    assert not found, "\n".join(found)


@pytest.mark.browser
def test_editors_pages_about_what_was_done_have_no_accessibility_faults(
    page: Page, faults: Faults, pieces: list[Article], signed_in: Any
) -> None:
    first, second, third = pieces
    first.headline, first.note = "Ours", "Because it is the first. " * 20
    workflow.edit(first, ["headline", "note"], by=signed_in)
    workflow.tag([first.pk, second.pk], on=["Harbour"], off=[], by=signed_in)
    workflow.move(first, "unpublish", by=signed_in, reason="A wrong date")
    bulk = workflow.tag([piece.pk for piece in pieces], on=["Trade"], by=signed_in).act
    assert bulk
    workflow.move(third, "unpublish", by=signed_in)
    undone = workflow.undo(bulk, by=signed_in).act
    assert undone
    SourceChange.objects.create(
        article=first,
        state=SourceChangeState.PENDING,
        before={"source_excerpt": "A text. " * 30},
        after={"source_excerpt": "Another text. " * 30},
        digest="v1:a",
        at=timezone.now(),
    )
    workflow.delete([third.pk], by=signed_in)
    room = "/admin/articles"
    paths = [
        "/admin/",
        f"{room}/article/{first.pk}/history/",
        f"{room}/article/{first.pk}/restore/0/",
        f"{room}/article/{first.pk}/restore/{undone.changes.all()[0].version}/",
        f"{room}/act/",
        f"{room}/act/?day=nonsense&number=-1",
        f"{room}/act/{bulk.pk}/change/",
        f"{room}/act/{undone.pk}/change/",
        f"{room}/act/{undone.pk}/undo/",
        f"{room}/act/{bulk.pk}/undo/",
    ]

    found = [fault for path in paths for fault in faults(path)]

    assert not found, "\n".join(found)


@pytest.mark.browser
def test_refusals_have_no_accessibility_faults(
    faults: Faults, sign_in: Callable[[Any], None], settings: Settings
) -> None:
    public = ArticleFactory(published=True)
    sign_in(make_member(None))
    found = [*faults("/admin/", 200), *faults("/admin/articles/article/", 403)]
    sign_in(make_member(Role.RIGHTS_MANAGERS))
    found += faults(f"/admin/articles/article/{public.pk}/change/")
    found += faults("/admin/articles/article/add/", 403)
    settings.ROOT_URLCONF = "tests.browser.refusing"
    found += faults("/refused/", 403)

    assert not found, "\n".join(found)


@pytest.mark.browser
@pytest.mark.parametrize("press", ["Save", "Publish"])
def test_the_page_of_a_conflict_has_no_accessibility_faults(
    page: Page, faults: Faults, signed_in: Any, press: str
) -> None:
    piece = ArticleFactory(tags=["Economy"])
    page.goto(f"/admin/articles/article/{piece.pk}/change/")
    piece.headline, piece.note = "Theirs", "A note that a colleague has written. " * 20
    workflow.edit(piece, ["headline", "note"], by=signed_in)
    workflow.tag([piece.pk], on=["Harbour"], by=signed_in)
    page.get_by_label("Headline:", exact=True).fill("Mine")
    page.get_by_label("Why it matters:").fill("A note of my own. " * 20)
    page.get_by_role("button", name=press, exact=True).click()
    page.get_by_role("region", name="Someone else was faster").wait_for()

    assert faults() == []


def test_no_style_sheet_of_ours_holds_the_screen_in_one_orientation() -> None:
    for sheet in ("css/site.css", "css/admin.css"):
        path = finders.find(sheet)
        assert path is not None
        assert "orientation" not in Path(path).read_text(encoding="utf-8")

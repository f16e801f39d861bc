"""An editor's way from a waiting piece to the public page."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from articles.models import Article, SourceChange, SourceChangeState
from articles.tagging.tags import add_alias
from tests.factories import EDITOR, ArticleFactory, TagFactory, make_user

pytestmark = pytest.mark.browser
HEADLINE = "Central bank raises its rate"


@pytest.fixture
def piece(live_server: LiveServer) -> Article:
    """A piece that waits, and the tag it wants, which has another name too."""
    make_user("editor", EDITOR)
    add_alias(TagFactory(name="Monetary policy", slug="monetary-policy"), "Interest")
    TagFactory(name="Money", slug="money")
    ArticleFactory(source_headline="Something else")
    return ArticleFactory(source_headline=HEADLINE)


@pytest.fixture
def plain_page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page in a browser without JavaScript."""
    with browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="en-GB"
    ) as context:
        yield context.new_page()


def sign_in(page: Page) -> None:
    page.goto("/admin/articles/article/?status__exact=ingested")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()


def find(page: Page) -> None:
    page.get_by_label("Search").fill("central")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Something else")).to_have_count(0)
    page.get_by_role("link", name=HEADLINE).click()


def test_a_piece_is_tagged_by_the_keyboard_and_published(
    page: Page, piece: Article
) -> None:
    sign_in(page)
    find(page)

    tags = page.get_by_role("combobox", name="Tags")
    tags.focus()
    page.keyboard.type("mon")
    expect(page.locator(".tag-choices").get_by_role("option")).to_have_count(2)
    expect(tags).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(tags).to_have_value("Monetary policy, ")
    expect(tags).to_have_attribute("aria-expanded", "false")
    expect(tags).to_be_focused()
    page.get_by_role("button", name="Publish", exact=True).click()

    expect(page.get_by_text(f"Publish: “{HEADLINE}”.")).to_be_visible()
    page.goto("/tags/monetary-policy/")
    expect(page.get_by_role("link", name=HEADLINE)).to_be_visible()


def test_another_name_completes_to_the_tag_and_escape_leaves_what_was_typed(
    page: Page, piece: Article
) -> None:
    sign_in(page)
    find(page)

    tags = page.get_by_role("combobox", name="Tags")
    tags.press_sequentially("Economy, inter")
    expect(page.locator(".tag-choices").get_by_role("option")).to_have_text(
        "#Monetary policy (Interest) · 0"
    )
    page.keyboard.press("Escape")
    expect(page.locator(".tag-choices").get_by_role("option")).to_have_count(0)
    expect(tags).to_have_value("Economy, inter")
    tags.press_sequentially("e")
    page.locator(".tag-choices").get_by_role("option").click()
    expect(tags).to_have_value("Economy, Monetary policy, ")


def test_a_tag_that_holds_a_comma_is_completed_and_kept(
    page: Page, piece: Article
) -> None:
    TagFactory(name="Washington, D.C.")
    sign_in(page)
    find(page)

    tags = page.get_by_role("combobox", name="Tags")
    tags.press_sequentially("washi")
    page.locator(".tag-choices").get_by_role("option").click()
    expect(tags).to_have_value('"Washington, D.C.", ')
    tags.press_sequentially("mon")
    page.locator(".tag-choices").get_by_role("option").first.click()
    expect(tags).to_have_value('"Washington, D.C.", Monetary policy, ')
    page.get_by_role("button", name="Save", exact=True).click()

    page.locator("#result_list").get_by_role("link", name=HEADLINE).click()
    expect(tags).to_have_value('Monetary policy, "Washington, D.C."')


def test_the_list_publishes_what_is_ticked(page: Page, piece: Article) -> None:
    sign_in(page)

    page.get_by_role("row", name=HEADLINE).get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Publish")
    page.get_by_role("button", name="Go").click()

    expect(page.get_by_text("Publish: 1 article.")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name=HEADLINE)).to_be_visible()
    expect(page.get_by_role("link", name="Something else")).to_have_count(0)


def test_a_piece_is_tagged_and_published_without_javascript(
    plain_page: Page, piece: Article
) -> None:
    page = plain_page
    sign_in(page)
    find(page)

    page.get_by_label("Tags", exact=False).first.fill("monetary policy")
    page.get_by_role("button", name="Publish", exact=True).click()

    page.goto("/tags/monetary-policy/")
    expect(page.get_by_role("link", name=HEADLINE)).to_be_visible()


def test_a_change_at_the_source_is_found_read_and_taken_over_without_javascript(
    plain_page: Page, piece: Article
) -> None:
    SourceChange.objects.create(
        article=piece,
        state=SourceChangeState.PENDING,
        after={"source_headline": "Central bank keeps its rate"},
        digest="v1:a",
        at=timezone.now(),
    )
    page = plain_page
    sign_in(page)

    page.get_by_role("link", name="waits for a decision").click()
    page.get_by_role("link", name=HEADLINE).click()
    box = page.get_by_role("region", name="Changed at the source")
    expect(box.locator("del")).to_have_text("raises")
    expect(box.locator("ins")).to_have_text("keeps")
    box.get_by_role("button", name="Take over").click()

    expect(page.get_by_text("Taken over from the source")).to_be_visible()
    expect(page.get_by_text("Central bank keeps its rate").first).to_be_visible()
    expect(box).to_have_count(0)

"""A reader's way through a tag page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from articles.models import Category
from tests.factories import ArticleFactory, SourceFactory, TagFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def plain_page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A phone's page in a browser without JavaScript."""
    with browser.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        locale="en-GB",
        viewport={"width": 390, "height": 844},
    ) as context:
        yield context.new_page()


@pytest.fixture
def tag_page(live_server: LiveServer) -> str:
    """A tag with 25 pieces, five of them in Business."""
    tag = TagFactory(name="JapanUSAlliance", slug="japanusalliance")
    business = Category.objects.create(name="Business", slug="business")
    source = SourceFactory()
    piece = {"published": True, "tags": [tag], "source": source}
    for number in range(20):
        ArticleFactory(source_headline=f"Politics {number}", **piece)
    for number in range(5):
        headline = f"Trade {number}"
        ArticleFactory(source_headline=headline, category=business, **piece)
    return tag.get_absolute_url()


def test_a_reader_filters_pages_back_and_opens_a_piece_without_javascript(
    plain_page: Page, tag_page: str
) -> None:
    page = plain_page
    page.goto(tag_page)

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Latest news with #JapanUSAlliance")
    expect(page.get_by_role("article")).to_have_count(20)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("article")).to_have_count(5)
    page.get_by_role("link", name="Newest").click()

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Category").select_option(label="Business")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("article")).to_have_count(5)

    page.get_by_role("link", name="Trade 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Trade 3")
    page.get_by_role("link", name="#JapanUSAlliance").click()
    expect(page.get_by_role("article")).to_have_count(20)


def test_the_skip_link_is_the_first_stop_of_the_keyboard(
    page: Page, tag_page: str
) -> None:
    page.goto(tag_page)

    page.keyboard.press("Tab")

    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

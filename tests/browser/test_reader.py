"""A reader's way through the pages: with scripts and without, on paper and by key."""

import datetime
import io
import re
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

import pytest
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from articles.demo.pictures import picture
from articles.images import library
from articles.models import Article, Category, Reuse
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


def read_on(page: Page, start: str) -> None:
    """What a reader does on a tag's page, to the end, whatever stands there."""
    page.goto(start)
    cards = page.get_by_role("article")
    heading = page.get_by_role("heading", level=1)
    titles = page.locator("article h3 a")
    name = heading.inner_text()
    first = titles.first.inner_text()

    # Filter, and take the filter away again.
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Category").select_option(label="Business")
    page.get_by_role("button", name="Show").click()
    for section in page.locator("article .category").all_inner_texts():
        assert section == "Business"
    page.get_by_role("link", name="Take away: Category: Business").click()
    expect(page).to_have_url(re.compile(f"{re.escape(start)}$"))
    expect(titles.first).to_have_text(first)

    # Page to the end; nothing comes twice, and the way back leads to the beginning.
    seen = set(titles.evaluate_all("all => all.map(each => each.href)"))
    number = cards.count()
    while (older := page.get_by_role("link", name="Older")).count():
        older.click()
        expect(older.or_(page.get_by_role("link", name="Newest")).first).to_be_visible()
        seen |= set(titles.evaluate_all("all => all.map(each => each.href)"))
        number += cards.count()
    assert len(seen) == number > 20
    page.get_by_role("link", name="Newest").click()

    # Subscribe: a feed of what the page shows.
    address = page.get_by_role("link", name="Atom").first.get_attribute("href")
    feed = page.request.get(urljoin(page.url, address))
    assert feed.ok
    assert first in unescape(feed.text())

    # Search, open what is found, and read it in the other language.
    page.get_by_role("searchbox", name="Search the news").fill(first)
    page.get_by_role("search").get_by_role("button", name="Search").click()
    titles.get_by_text(first, exact=True).first.click()
    expect(heading).to_have_text(first)
    expect(page.locator(".onward a")).to_be_visible()
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(heading).to_have_text(first)
    page.get_by_role("link", name=name.partition("#")[2]).first.click()
    expect(page).to_have_url(re.compile("/ja" + re.escape(start) + "$"))
    assert page.context.cookies() == []


def test_a_reader_goes_the_whole_way_without_javascript(
    plain_page: Page, tag_page: str
) -> None:
    read_on(plain_page, tag_page)


def test_the_skip_link_is_the_first_stop_of_the_keyboard(
    page: Page, tag_page: str
) -> None:
    page.goto(tag_page)

    page.keyboard.press("Tab")

    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


@pytest.fixture
def long_page(live_server: LiveServer) -> str:
    """A tag with 25 pieces of eight days, four on the middle ones."""
    tag = TagFactory(name="Harbours", slug="harbours")
    noon = timezone.now().replace(hour=12, minute=0) - datetime.timedelta(days=1)
    for number in range(25):
        ArticleFactory(
            published=True,
            tags=[tag],
            source_headline=f"Piece {number:02}",
            source_published_at=noon
            - datetime.timedelta(days=number // 4 + 1, minutes=number),
        )
    return tag.get_absolute_url()


def test_a_reader_searches_and_changes_the_language_without_javascript(
    plain_page: Page, tag_page: str
) -> None:
    page = plain_page
    page.goto(tag_page)
    # Nothing is offered that would not work.
    expect(page.get_by_role("radio")).to_have_count(0)
    assert not re.search(r"\bago\b", page.locator("main").inner_text())

    page.get_by_role("searchbox", name="Search the news").fill("Trade 3")
    page.get_by_role("search").get_by_role("button", name="Search").click()
    expect(page.get_by_role("article")).to_have_count(1)

    page.get_by_role("link", name="日本語").click()
    expect(page).to_have_url(re.compile(r"/ja/search/\?q=Trade"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("article").get_by_role("link", name="Trade 3").click()
    expect(page.get_by_role("link", name="で読む")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(1)

    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Read at Source")).to_be_visible()
    assert page.context.cookies() == []


def test_load_more_appends_what_the_next_page_holds(page: Page, long_page: str) -> None:
    page.goto(long_page)
    articles = page.get_by_role("article")
    days = page.locator(".day h2")
    expect(articles).to_have_count(20)
    before = days.all_inner_texts()

    page.get_by_role("button", name="Load more").press("Enter")

    expect(articles).to_have_count(25)
    shown = page.locator("article h3").all_inner_texts()
    assert shown == [f"Piece {number:02}" for number in range(25)]
    expect(page.get_by_role("link", name="Piece 20")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("5 more pieces loaded.")
    after = days.all_inner_texts()
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) == 7
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)

    # The address is that of what came last, and leads there again.
    page.reload()
    expect(articles).to_have_count(5)
    expect(page.get_by_role("link", name="Piece 20")).to_be_visible()


def test_a_day_that_goes_on_behind_load_more_stays_one_group(
    page: Page, tag_page: str
) -> None:
    page.goto(f"/ja{tag_page}?page_size=12")
    for count, said in ((24, "12件"), (25, "1件")):
        page.get_by_role("button", name="さらに読み込む").click()
        expect(page.get_by_role("article")).to_have_count(count)
        expect(page.get_by_role("status")).to_have_text(
            f"{said}を追加で読み込みました。"
        )
    days = page.locator(".day h2").all_inner_texts()
    assert len(set(days)) == len(days)


def test_times_are_relative_for_a_week_and_move_on_by_themselves(
    page: Page, live_server: LiveServer
) -> None:
    now = timezone.now()
    ArticleFactory(
        published=True,
        tags=["Clocks"],
        source_published_at=now - datetime.timedelta(hours=2, minutes=59),
    )
    for prefix, first, next_hour, days in (
        ("", "2 hours ago", "3 hours ago", "6 days ago"),
        ("/ja", "2 時間前", "3 時間前", "6 日前"),
    ):
        page.clock.install(time=now)
        page.goto(f"{prefix}/tags/clocks/")
        time = page.locator("article time")
        absolute = time.get_attribute("title")
        expect(time).to_have_text(first)
        page.clock.run_for(2 * 60_000)
        expect(time).to_have_text(next_hour)
        page.clock.fast_forward(6 * 24 * 3600 * 1000)
        expect(time).to_have_text(days)
        page.clock.fast_forward(24 * 3600 * 1000)
        assert absolute
        expect(time).to_have_text(absolute)
        # The day above it is a day, whatever the hour.
        expect(page.locator(".day h2")).not_to_contain_text("ago")
        # A reader whose clock is behind sees nothing from the future.
        page.clock.set_fixed_time(now - datetime.timedelta(days=1))
        page.reload()
        expect(time).to_have_text("now" if not prefix else "今")


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_no_news_moves_when_times_become_relative(
    page: Page, plain_page: Page, tag_page: str, prefix: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    tops = []
    for each in (plain_page, page):
        each.goto(prefix + tag_page)
        box = each.locator("[data-listing]").bounding_box()
        assert box
        tops.append(box["y"])
    expect(page.locator(".updated time")).to_have_attribute("title", re.compile("2"))
    assert tops[0] == tops[1]


def test_a_reader_chooses_dark_or_light_and_the_browser_keeps_it(
    page: Page, tag_page: str
) -> None:
    def ground() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.emulate_media(color_scheme="light")
    page.goto(tag_page)
    light = ground()
    page.get_by_role("radio", name="Dark").check()
    dark = ground()
    assert dark != light
    page.goto("/ja/tags/")
    assert ground() == dark
    expect(page.get_by_role("radio", name="ダーク")).to_be_checked()
    page.get_by_role("radio", name="端末の設定").check()
    assert ground() == light
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert ground() == dark
    page.get_by_role("radio", name="ライト").check()
    page.reload()
    assert ground() == light
    assert page.context.cookies() == []


def test_a_reader_passes_a_piece_on(
    page: Page, tag_page: str, settings: Settings
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(tag_page)
    page.get_by_role("link", name="Trade 3").click()
    mail = page.get_by_role("link", name="Send by mail").get_attribute("href") or ""
    assert mail.startswith("mailto:?subject=Trade%203&body=http")

    page.get_by_role("button", name="Copy the link").click()

    expect(page.get_by_role("status")).to_have_text("The link is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    # Ours, whatever the page calls canonical.
    assert copied == settings.NEWSROOM_SITE_URL + urlsplit(page.url).path


#: WCAG 2.2, 1.4.12.
SPACED = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`* {
  line-height: 1.5 !important;
  letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important;
}`);
document.adoptedStyleSheets = [sheet];
"""


def test_pages_fit_320_pixels_also_with_wide_spaces(
    page: Page, tag_page: str, settings: Settings
) -> None:
    settings.NEWSROOM_APP_STORE_URL = "https://apps.example/"
    long = "Antidisestablishmentarianism" * 3
    piece = ArticleFactory(published=True, source_headline=long, author=long)
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/", tag_page, "/tags/", "/search/", piece.get_absolute_url(), "/x/"):
        for prefix in ("", "/ja"):
            page.goto(prefix + path)
            page.locator("details").evaluate_all(
                "all => all.forEach(each => { each.open = true })"
            )
            for change in ("0", SPACED):
                page.evaluate(change)
                needed = page.evaluate("document.documentElement.scrollWidth")
                assert needed <= 320, (prefix + path, change)


#: Whether what has the focus is shown: on the screen, and nothing above its middle.
SHOWN = """() => {
  const it = document.activeElement;
  if (it === document.body) return "";
  const box = it.getClientRects()[0];
  const x = box.x + Math.min(box.width, innerWidth) / 2, y = box.y + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const ring = it.matches(".theme input") ? it.nextElementSibling : it;
  const isShown = top && (it.contains(top) || top.contains(it) || ring.contains(top));
  const style = getComputedStyle(ring);
  const hasRing = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return isShown && hasRing ? "shown" : it.outerHTML.slice(0, 200);
}"""


def test_what_has_the_focus_is_never_hidden(page: Page, long_page: str) -> None:
    for width, prefix in ((390, ""), (1280, "/ja")):
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{prefix}{long_page}?page_size=8")
        stops = []
        for _ in range(70):
            page.keyboard.press("Tab")
            stops.append(page.evaluate(SHOWN))
            if not stops[-1]:
                break
        assert len(stops) > 30
        assert [stop for stop in stops if stop not in {"shown", ""}] == []


def test_a_page_on_paper_keeps_the_news_and_leaves_out_the_rest(
    page: Page, tag_page: str, settings: Settings
) -> None:
    settings.NEWSROOM_APP_STORE_URL = "https://apps.example/"
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(tag_page)
    for gone in (".menu", ".seek", ".filters", ".pages", ".app", ".theme", ".trail"):
        expect(page.locator(gone).first).to_be_hidden()
    first = page.get_by_role("article").first
    for kept in ("h3", ".source", "time"):
        expect(first.locator(kept)).to_be_visible()
    printed = page.evaluate(
        "getComputedStyle(document.querySelector('.source'), '::after').content"
    )
    assert "https://publisher.example/" in printed
    # Ink is saved, whatever the screen shows.
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(253, 252, 249)"
    page.get_by_role("article").first.get_by_role("heading").get_by_role("link").click()
    expect(page.locator(".onward a")).to_be_visible()
    expect(page.locator(".share")).to_be_hidden()


def test_in_forced_colours_the_choice_and_the_focus_can_be_seen(
    page: Page, tag_page: str
) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(tag_page)
    chosen = page.locator(".theme input:checked + span")
    assert chosen.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
    brand = page.locator(".brand")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(brand).to_be_focused()
    assert brand.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"


def test_a_headline_is_written_in_its_own_direction(
    page: Page, live_server: LiveServer
) -> None:
    ArticleFactory(
        published=True,
        language="ar",
        source_headline="استئناف المحادثات في الميناء",
        tags=["Mixed"],
    )
    page.goto("/tags/mixed/")
    headline = page.locator("article h3")
    assert headline.evaluate("it => getComputedStyle(it).direction") == "rtl"
    assert headline.evaluate("it => it.matches(':lang(ar)')")
    facts = page.locator("article .facts")
    assert facts.evaluate("it => getComputedStyle(it).direction") == "ltr"


@pytest.fixture
def full_page(live_server: LiveServer) -> str:
    """A tag as a site has them: described, with related tags, pictures, long texts."""
    tag = TagFactory(
        name="Harbours", slug="harbours", description="What ports decide. " * 6
    )
    others = [TagFactory(name=f"A rather long tag {n}") for n in range(6)]
    whole = SourceFactory(name="Whole Texts", reuse=Reuse.EXCERPT, excerpt_words=300)
    for number in range(6):
        ArticleFactory(
            published=True,
            tags=[tag, *others],
            source_headline=f"Piece {number}: the second crane is put to a vote",
            source_excerpt="They met and agreed on the crane after all. " * 3,
        )
    pictured = ArticleFactory(
        published=True, tags=[tag], source_headline="The piece with a picture"
    )
    library.attach(pictured, picture("harbour", "x"))
    ArticleFactory(
        published=True,
        tags=[tag],
        source=whole,
        source_headline="The piece with a long text",
        source_excerpt="word " * 290 + "end",
    )
    return tag.get_absolute_url()


def of(page: Page, headline: str) -> Locator:
    return page.get_by_role("article").filter(has_text=headline)


def box_of(thing: Locator) -> FloatRect:
    box = thing.bounding_box()
    assert box
    return box


def test_the_news_begins_on_the_first_screen_of_a_phone(
    plain_page: Page, full_page: str
) -> None:
    page = plain_page
    for path in (full_page, "/", "/search/?q=crane"):
        for prefix in ("", "/ja"):
            page.goto(prefix + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            ends = [
                each["y"] + each["height"]
                for each in map(box_of, page.get_by_role("article").all())
            ]
            shown = sum(end <= 844 for end in ends)
            assert shown >= 1, (prefix + path, ends[:3])


def test_on_a_phone_a_picture_stands_beside_its_headline(
    plain_page: Page, full_page: str
) -> None:
    page = plain_page
    page.goto(full_page)
    card = of(page, "The piece with a picture")
    image, headline = box_of(card.locator("img")), box_of(card.locator("h3"))
    assert image["width"] < 130
    assert image["x"] >= headline["x"] + headline["width"]
    assert abs(image["y"] - headline["y"]) < 12
    # On the first page of all, the first piece leads, its picture from edge to edge.
    Article.objects.exclude(source_headline="The piece with a picture").delete()
    page.goto("/")
    assert box_of(page.locator("article img"))["width"] == 390


def test_of_a_long_text_a_list_shows_the_beginning_and_paper_all(
    page: Page, full_page: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(full_page)
    excerpt = of(page, "The piece with a long text").locator(".excerpt")
    assert excerpt.inner_text().endswith("end")
    on_screen = box_of(excerpt)["height"]
    assert on_screen < 8 * 1.5 * 16
    page.emulate_media(media="print")
    assert box_of(excerpt)["height"] > 2 * on_screen


def test_a_day_stays_above_its_pieces_and_hides_nothing(
    page: Page, long_page: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(long_page)
    summary = box_of(page.locator(".filters summary"))
    day = page.locator(".day h2").first
    # One line for both: the day, and the way to the filters.
    assert box_of(day)["y"] <= summary["y"] <= box_of(day)["y"] + 4
    assert summary["height"] >= 44
    page.locator("article").nth(2).locator("h3").evaluate(
        "it => window.scrollTo(0, it.getBoundingClientRect().top + scrollY)"
    )
    assert box_of(day)["y"] == pytest.approx(0, abs=1)


def test_on_paper_a_time_is_a_date(page: Page, tag_page: str) -> None:
    page.goto(tag_page)
    time = page.get_by_role("article").first.locator("time")
    expect(time).to_contain_text("ago")
    page.emulate_media(media="print")
    written = time.evaluate("it => getComputedStyle(it, '::after').content")
    assert str(timezone.now().year) in written
    assert time.evaluate("it => getComputedStyle(it).fontSize") == "0px"


def test_a_wide_screen_has_the_source_beside_the_piece(
    page: Page, live_server: LiveServer
) -> None:
    piece = ArticleFactory(published=True)
    tall = io.BytesIO()
    Pillow.new("RGB", (600, 1800), "#456").save(tall, "JPEG")
    library.attach(piece, tall.getvalue())
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(piece.get_absolute_url())
    heading = box_of(page.get_by_role("heading", level=1))
    credit = box_of(page.locator(".credit"))
    assert credit["x"] + credit["width"] <= heading["x"]
    assert abs(credit["y"] - heading["y"]) < 24
    assert box_of(page.locator("figure img"))["height"] <= 800


def test_what_is_chosen_is_said_and_the_form_stays_shut(
    plain_page: Page, full_page: str
) -> None:
    page = plain_page
    page.goto("/search/?q=xylophone")
    expect(page.get_by_role("searchbox", name="Search the news")).to_have_value(
        "xylophone"
    )
    expect(page.get_by_role("link", name="Take away: Words: xylophone")).to_be_visible()
    expect(page.get_by_label("Category")).to_be_hidden()
    page.get_by_role("link", name="Show everything").click()
    expect(page.get_by_role("article")).to_have_count(8)


def test_nothing_moves_while_a_page_loads(page: Page, full_page: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(full_page)
        page.locator("img").first.evaluate("each => each.decode()")
        moved = page.evaluate(
            """() => new Promise(told => {
              let sum = 0;
              new PerformanceObserver(list => list.getEntries().forEach(each => {
                sum += each.value;
              })).observe({ type: "layout-shift", buffered: true });
              setTimeout(() => told(sum), 300);
            })"""
        )
        assert moved < 0.001


def test_a_phone_tells_of_a_tag_in_two_lines(page: Page, full_page: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(full_page)
    count, since, feeds = page.locator(".heading .about > li").all()
    tops = [each.bounding_box()["y"] for each in (count, since, feeds)]
    assert abs(tops[0] - tops[1]) < 2
    assert page.locator(".heading .about").bounding_box()["height"] < 60
    links = [each.bounding_box() for each in feeds.get_by_role("link").all()]
    gaps = [b["x"] - a["x"] - a["width"] for a, b in pairwise(links)]
    assert max(gaps) - min(gaps) < 1

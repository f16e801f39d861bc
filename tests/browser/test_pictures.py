"""What a browser takes of a picture's widths, and what stands there until it has it."""

import datetime
import io
import os

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from articles.demo.pictures import picture
from articles.images import library
from articles.models import Image, Reuse
from tests.factories import ArticleFactory, SourceFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pieces(live_server):
    """Two with pictures, one that must not show its own, one without."""
    plain = SourceFactory(name="Ledger", slug="ledger")
    shy = SourceFactory(name="Northern Wire", slug="wire", reuse=Reuse.HEADLINE)
    made = [
        ArticleFactory(published=True, source=source, image_alt="A harbour")
        for source in (plain, plain, shy, plain)
    ]
    for article, scene in zip(made, ("harbour", "sea", "fields"), strict=False):
        library.attach(article, picture(scene, "x"))
    return made


@pytest.mark.parametrize(
    ("width", "card", "shape", "piece"), [(390, 160, 4 / 3, 480), (1280, 320, 1.5, 960)]
)
def test_a_browser_takes_what_its_screen_needs(page, pieces, width, card, shape, piece):
    page.set_viewport_size({"width": width, "height": 900})

    page.goto("/")
    img = page.locator("article img").first
    img.evaluate("each => each.decode()")
    assert img.evaluate("each => each.currentSrc").endswith(f"-{card}.webp")
    box = img.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(shape, rel=0.02)
    tile = page.locator(".tile")
    assert tile.count() == 1
    assert tile.is_visible() == (width > 640)
    if folder := os.environ.get("NEWSROOM_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/list-{width}.png", full_page=True)

    page.goto(pieces[0].get_absolute_url())
    img = page.locator("article img")
    img.evaluate("each => each.decode()")
    assert img.evaluate("each => each.currentSrc").endswith(f"-{piece}.webp")
    if folder:
        page.screenshot(path=f"{folder}/piece-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [390, 600, 768, 1024, 1280, 1600])
def test_a_picture_stands_as_wide_as_its_page_has_said(page, pieces, width):
    page.set_viewport_size({"width": width, "height": 900})
    newest = timezone.now() - datetime.timedelta(minutes=5)
    lead = ArticleFactory(published=True, source_published_at=newest)
    library.put_on([lead.pk], Image.objects.order_by("pk")[0])
    places = {
        "/": 3,  # the lead and two others
        "/sources/ledger/": 2,
        pieces[0].get_absolute_url(): 1,
    }
    for path, number in places.items():
        page.goto(path)
        pictures = page.locator("article img").all()
        assert len(pictures) == number
        for each in pictures:
            each.scroll_into_view_if_needed()
            each.evaluate("it => it.decode()")
            box = each.bounding_box()
            # Of a picture that is chosen by its width, the natural width is the one
            # that ``sizes`` says.
            said = each.evaluate("it => it.naturalWidth")
            assert said == pytest.approx(box["width"], rel=0.15), path


@pytest.mark.parametrize("width", [390, 1280])
def test_a_small_picture_is_not_stretched_on_its_page(page, pieces, width):
    out = io.BytesIO()
    Pillow.new("RGB", (220, 160), "teal").save(out, "PNG")
    library.attach(pieces[3], out.getvalue())
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(pieces[3].get_absolute_url())
    img = page.locator("article img")
    img.evaluate("each => each.decode()")
    box, ground = img.bounding_box(), page.locator("article .ground").bounding_box()
    assert (box["width"], box["height"]) == (220, 160)
    assert ground == box


def test_until_it_is_there_its_colour_stands_in_its_place(page, pieces):
    page.route("**/media/**", lambda route: None)  # it is never answered

    page.goto("/", wait_until="domcontentloaded")

    ground = page.locator("article .ground").first
    shot = Pillow.open(
        io.BytesIO(page.locator(".picture:has(.ground)").first.screenshot())
    )
    expected = ground.locator("rect").get_attribute("fill")
    found = shot.convert("RGB").getpixel((shot.width // 2, shot.height // 2))
    assert "#{:02x}{:02x}{:02x}".format(*found) == expected

"""Renditions: which are made, how they are kept, offered and taken away."""

import hashlib
import io
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html
from PIL import Image as Pillow

from articles import workflow
from articles.images import library
from articles.images.encoding import Encoded, encode
from articles.images.renditions import Rendition, made_of, widths_of
from articles.ingest.child import ChildFailed, Children
from articles.models import Article, Image, Reuse
from tests.commands.invocation import invoke
from tests.factories import ArticleFactory, SourceFactory, make_user

WIDE = {"webp": [160, 320, 480, 640, 960, 1280], "jpg": [320, 640]}


def data(width: int = 1600, height: int = 900) -> bytes:
    """A picture with something in it."""
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def files() -> set[str]:
    root = Path(default_storage.location)
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in found}


def names(image: Image) -> set[str]:
    made = (image.renditions or {}).items()
    renditions = {image.name_of(width, form) for form, all_ in made for width in all_}
    return {image.file.name} | renditions


def bare(image: Image) -> Image:
    """As a picture was kept before there were renditions."""
    for name in names(image) - {image.file.name}:
        default_storage.delete(name)
    Image.objects.filter(pk=image.pk).update(renditions=None)
    image.refresh_from_db()
    return image


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (1600, WIDE),
        (1280, WIDE),
        (1000, {"webp": [160, 320, 480, 640, 960, 1000], "jpg": [320, 640]}),
        (640, {"webp": [160, 320, 480, 640], "jpg": [320]}),
        (300, {"webp": [160, 300]}),
        (16, {"webp": [16]}),
    ],
)
def test_a_picture_is_made_smaller_and_never_wider(width: int, widths: object) -> None:
    assert widths_of(width) == widths


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (90, 1600), (1600, 16)])
def test_each_rendition_is_the_picture_at_its_width(width: int, height: int) -> None:
    made = encode(data(width, height))

    assert made.renditions == made_of(made.jpeg)
    for each in made.renditions:
        picture = Pillow.open(io.BytesIO(each.data))
        assert picture.format == {"webp": "WEBP", "jpg": "JPEG"}[each.form]
        assert picture.width == each.width <= made.width
        assert picture.height == max(1, round(height * each.width / width))
        assert not {"exif", "icc_profile", "xmp"} & set(picture.info)


def test_a_worker_makes_them_with_the_picture() -> None:
    with Children() as children:
        assert children.encode_picture(data(700, 500)) == encode(data(700, 500))


def test_what_a_worker_says_of_renditions_is_not_believed() -> None:
    good = encode(data(300, 200))
    for renditions in (
        good.renditions[:1],
        (*good.renditions, good.renditions[0]),
        (Rendition(320, "webp", good.renditions[0].data),),
    ):
        with pytest.raises(ValueError, match="no picture"):
            Encoded(good.jpeg, 300, 200, "#336699", renditions)
    for values in (
        (160, "webp", b"<svg>"),
        (160, "html", good.jpeg),
        (2000, "jpg", good.jpeg),
        (0, "jpg", good.jpeg),
    ):
        with pytest.raises(ValueError, match="no rendition"):
            Rendition(*values)


def test_a_worker_that_lies_about_sizes_is_replaced() -> None:
    lie = (
        "import sys; from articles.ingest import work;"
        "work.JOBS['picture'] = lambda data, about: ("
        "  {'width': 64, 'height': 48, 'colour': '#336699',"
        "   'renditions': [[160, 'webp', -5]]}, b'\\xff\\xd8\\xff');"
        "work.main()"
    )
    command = (sys.executable, "-B", "-c", lie)
    with (
        Children(command=command) as children,
        pytest.raises(ChildFailed, match="without a size"),
    ):
        children.encode_picture(data(64, 48))


@pytest.mark.django_db
def test_a_picture_is_kept_with_its_renditions() -> None:
    image = library.keep(encode(data()))

    assert Image.objects.get().renditions == WIDE
    assert files() == names(image)
    assert len(files()) == 9
    again = {
        name: (Path(default_storage.location) / name).read_bytes() for name in files()
    }
    assert library.keep(encode(data())) == image
    assert all(
        (Path(default_storage.location) / name).read_bytes() == content
        for name, content in again.items()
    )


@pytest.mark.django_db
def test_a_picture_whose_file_was_lost_comes_back_whole() -> None:
    image = library.keep(encode(data()))
    for name in files():
        default_storage.delete(name)

    library.keep(encode(data()))

    assert files() == names(image)


@pytest.mark.django_db
def test_older_pictures_get_theirs_from_a_run_that_fetches() -> None:
    old = [bare(library.attach(ArticleFactory(), data(400 + n, 300))) for n in range(3)]

    assert library.fill_up(most=2) == (2, 0)
    assert list(Image.objects.filter(renditions__isnull=True)) == [old[0]]

    done = invoke("fetch_images", "--format", "json")
    assert done.json["filled"] == 1
    assert files() == set().union(*(names(image) for image in Image.objects.all()))
    assert Image.objects.get(pk=old[0].pk).renditions == widths_of(400)
    assert library.fill_up() == (0, 0)


@pytest.mark.django_db
def test_a_dry_run_makes_no_renditions() -> None:
    bare(library.attach(ArticleFactory(), data()))

    invoke("fetch_images", "--dry-run")

    assert Image.objects.get().renditions is None


@pytest.mark.django_db
def test_a_file_that_is_lost_or_broken_gets_none_until_it_comes_again() -> None:
    lost, broken = (
        bare(library.attach(ArticleFactory(), data(400 + n, 300))) for n in range(2)
    )
    default_storage.delete(lost.file.name)
    Path(broken.file.path).write_bytes(b"\xff\xd8\xff and no more")

    assert library.fill_up() == (0, 2)
    assert library.fill_up() == (0, 0)
    assert {image.webp_srcset for image in Image.objects.all()} == {""}

    for image, width in ((lost, 400), (broken, 401)):
        again = library.keep(encode(data(width, 300)))
        assert (again, again.renditions) == (image, widths_of(width))
        assert (
            hashlib.sha256(Path(again.file.path).read_bytes()).hexdigest()
            == again.digest
        )


@pytest.mark.django_db
def test_renditions_go_with_a_picture_that_nothing_uses() -> None:
    used = library.attach(ArticleFactory(), data(500, 400))
    library.keep(encode(data(600, 400)))

    assert library.remove_unused() == 1

    assert files() == names(used)


@pytest.mark.django_db
def test_renditions_go_with_a_kill(django_capture_on_commit_callbacks) -> None:
    article = ArticleFactory(published=True)
    library.attach(article, data())
    article.refresh_from_db()
    assert len(files()) == 9

    with django_capture_on_commit_callbacks(execute=True):
        boss = make_user("chief", is_superuser=True)
        workflow.move(article, "kill", by=boss, reason="so")

    assert files() == set()


@pytest.mark.django_db
def test_renditions_that_a_dying_process_did_not_note_go_too() -> None:
    image = library.keep(encode(data()))
    Image.objects.filter(pk=image.pk).update(renditions=None)

    assert library.discard([image.pk]) == 1

    assert files() == set()


def picture_of(client, **columns) -> html.HtmlElement:
    article = ArticleFactory(published=True, image_alt="A harbour", **columns)
    library.attach(article, data())
    (card,) = html.fromstring(client.get("/").content.decode()).cssselect("article")
    return card


@pytest.mark.django_db
def test_a_card_offers_what_there_is(client) -> None:
    card = picture_of(client)
    image = Image.objects.get()

    (source,) = card.cssselect("picture source")
    assert source.get("type") == "image/webp"
    assert source.get("srcset").split(", ") == [
        f"/media/{image.name_of(width, 'webp')} {width}w" for width in WIDE["webp"]
    ]
    (img,) = card.cssselect("picture img")
    assert img.get("srcset").split(", ") == [
        *(f"/media/{image.name_of(width, 'jpg')} {width}w" for width in WIDE["jpg"]),
        f"{image.file.url} 1600w",
    ]
    assert source.get("sizes") == img.get("sizes") != ""
    assert (img.get("width"), img.get("height")) == ("1600", "900")
    assert (img.get("alt"), img.get("src")) == ("A harbour", image.file.url)
    assert card.cssselect(".ground rect")[0].get("fill") == image.colour
    assert not card.cssselect("[style]")
    for address in [img.get("src"), *_addresses(source), *_addresses(img)]:
        answer = client.get(address)
        kind = "image/webp" if address.endswith("webp") else "image/jpeg"
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        answer.close()


def _addresses(element: html.HtmlElement) -> list[str]:
    return [each.split()[0] for each in element.get("srcset").split(", ")]


@pytest.mark.django_db
def test_a_picture_without_renditions_is_shown_as_it_is(client) -> None:
    article = ArticleFactory(published=True)
    image = bare(library.attach(article, data()))

    for address in ("/", article.get_absolute_url()):
        page = html.fromstring(client.get(address).content.decode())
        (img,) = page.cssselect("article img")
        assert (img.get("src"), img.get("srcset")) == (image.file.url, None)
        assert not page.cssselect("source")


@pytest.mark.django_db
def test_the_first_picture_is_eager_and_all_others_are_lazy(client) -> None:
    for number in range(3):
        library.attach(ArticleFactory(published=True), data(200 + number, 150))

    imgs = html.fromstring(client.get("/").content.decode()).cssselect("article img")

    assert [img.get("loading") for img in imgs] == ["eager", "lazy", "lazy"]
    assert [img.get("fetchpriority") for img in imgs] == ["high", None, None]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "has_picture", "has_tile"),
    [
        ({"reuse": Reuse.HEADLINE}, False, True),
        ({"shows_images": False}, False, True),
        ({"reuse": Reuse.EXCERPT}, True, False),
        ({"reuse": Reuse.FULL_TEXT}, True, False),
    ],
)
def test_a_tile_stands_where_the_source_lets_no_picture_be_shown(
    client, policy, has_picture, has_tile
) -> None:
    source = SourceFactory(name="épée daily", **policy)
    card = picture_of(client, source=source)

    assert bool(card.cssselect("img")) == has_picture
    tiles = card.cssselect(".tile")
    assert bool(tiles) == has_tile
    assert [tile.get("aria-hidden") for tile in tiles] == ["true"] * has_tile
    assert [tile.text_content() for tile in tiles] == ["É"] * has_tile
    page = client.get(Article.objects.get().get_absolute_url()).content.decode()
    assert ("<picture>" in page) == has_picture
    assert "tile" not in page


@pytest.mark.django_db
def test_a_card_without_a_picture_has_no_tile(client) -> None:
    ArticleFactory(published=True, source__reuse=Reuse.HEADLINE)

    (card,) = html.fromstring(client.get("/").content.decode()).cssselect("article")

    assert not card.cssselect(".picture, img")


@pytest.mark.parametrize(
    ("name", "initial"),
    [("The Ledger", "T"), ("日経", "日"), ("👩‍👩‍👧 News", "👩‍👩‍👧"), ("นิวส์", "นิ")],
)
def test_a_tile_bears_the_first_letter_as_a_reader_sees_it(name, initial) -> None:
    assert SourceFactory.build(name=name).initial == initial


@pytest.mark.django_db
def test_pictures_cost_a_listing_no_query_each(client) -> None:
    counts = []
    for number in range(5):
        library.attach(ArticleFactory(published=True), data(200 + number, 150))
        if number in {0, 4}:
            for path in Path(default_storage.location).rglob("*"):
                if path.is_file():
                    path.unlink()  # nor does a page look into the storage
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/").content.count(b"<picture>") == number + 1
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_digest_is_that_of_the_stored_picture() -> None:
    made = encode(data())
    assert library.digest_of(made) == hashlib.sha256(made.jpeg).hexdigest()

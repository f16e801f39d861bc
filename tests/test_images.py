"""Pictures: what is refused, what comes out of the rest, and how it is kept."""

import hashlib
import io
import json
import struct
import time
import zlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import ExifTags, ImageCms
from PIL import Image as Pillow

from articles.images import library
from articles.images.encoding import (
    FORMATS,
    LONGEST,
    MOST_BYTES,
    SHORTEST,
    Encoded,
    NotAPicture,
    encode,
)
from articles.models import Image
from tests.factories import ArticleFactory

#: Stands in what must not come through.
MARK = b"alert('let through')"
Colour = tuple[int, ...]


def saved(picture: Pillow.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def gradient(mode: str = "RGB", width: int = 64, height: int = 48) -> Pillow.Image:
    """Dark at the top and bright at the bottom."""
    return Pillow.linear_gradient("L").resize((width, height)).convert(mode)


def decoded(made: Encoded) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(made.jpeg))
    picture.load()
    assert picture.size == (made.width, made.height)
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    return picture


def chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def png(
    width: int, height: int, rows: bytes, *, depth: int = 8, kind: int = 0
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    packed = zlib.compress(rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def animation(frames: int) -> bytes:
    """A GIF whose one frame is repeated."""
    one = saved(gradient("P"), "GIF")
    start = 13 + 3 * 2 ** ((one[10] & 7) + 1)
    return one[:start] + one[start:-1] * frames + one[-1:]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>' + MARK + b"</script></svg>"
NO_PICTURES = {
    "nothing": (b"", "not a JPEG"),
    "HTML": (b"<!doctype html><title>Log in</title>", "not a JPEG"),
    "SVG with a script": (SVG, "not a JPEG"),
    "SVG within XML": (b"<?xml version='1.0'?>" + SVG, "not a JPEG"),
    "TIFF": (saved(gradient(), "TIFF"), "not a JPEG"),
    "BMP": (saved(gradient(), "BMP"), "not a JPEG"),
    "PDF": (b"%PDF-1.7\n", "not a JPEG"),
    "a header alone": (b"\xff\xd8\xff", "not a JPEG"),
    "a PNG of 50,000 × 50,000": (
        png(50_000, 50_000, bytes(2**20), depth=1),
        "more than 40 megapixels",
    ),
    "a JPEG that says it is huge": (
        saved(gradient(), "JPEG").replace(
            struct.pack(">HH", 48, 64), struct.pack(">HH", 65_000, 65_000), 1
        ),
        "more than 40 megapixels",
    ),
    "a dot": (saved(gradient(width=1, height=1), "GIF"), "1×1 is a dot"),
    "a low line": (saved(gradient(width=600, height=2)), "600×2 is a dot"),
    "what shrinks to a line": (saved(gradient(width=16, height=40_000)), "a line"),
    "20 MB and a byte": (saved(gradient()).ljust(MOST_BYTES + 1), "more than 20 MB"),
    "half a JPEG": (saved(gradient(), "JPEG")[:600], "the file is broken"),
    "half a PNG": (saved(gradient())[:90], "the file is broken"),
    "half a WebP": (saved(gradient(), "WEBP")[:60], "broken|not a JPEG"),
    "half an AVIF": (saved(gradient(), "AVIF")[:250], "broken|not a JPEG"),
    "9 megapixels too many": (png(7000, 7000, b"", depth=1), "7000×7000 is more than"),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused_with_the_reason(name: str) -> None:
    """Fault 63."""
    data, why = NO_PICTURES[name]
    begun = time.monotonic()

    with pytest.raises(NotAPicture, match=why):
        encode(data)

    assert time.monotonic() - begun < 2


def test_the_first_of_ten_thousand_frames_is_the_picture() -> None:
    """Fault 63."""
    begun = time.monotonic()

    made = encode(animation(10_000))

    assert time.monotonic() - begun < 1
    assert made == encode(animation(1))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_becomes_the_same_jpeg_again_and_again(form: str) -> None:
    data = saved(gradient(width=2400, height=900), form)

    made = encode(data)

    assert made == encode(data)
    assert (made.width, made.height) == (LONGEST, 600)
    picture = decoded(made)
    assert brightness(picture, 0.1) < 60 < 190 < brightness(picture, 0.9)


def brightness(picture: Pillow.Image, depth: float) -> float:
    """Of the row so deep in the picture, its mean from 0 to 255."""
    grey = picture.convert("L")
    row = grey.crop(
        (0, int(grey.height * depth), grey.width, int(grey.height * depth) + 1)
    )
    return sum(row.tobytes()) / row.width


@pytest.mark.parametrize(
    ("mode", "form"),
    [("CMYK", "JPEG"), ("L", "PNG"), ("I;16", "PNG"), ("P", "PNG"), ("LA", "PNG")],
)
def test_colours_of_every_kind_come_out_as_they_look(mode: str, form: str) -> None:
    if mode == "I;16":
        shades = [256 * (row * 5) for row in range(48) for _ in range(64)]
        picture = Pillow.frombytes("I;16", (64, 48), struct.pack("<3072H", *shades))
    else:
        picture = gradient().convert(mode)

    made = decoded(encode(saved(picture, form)))

    assert brightness(made, 0.1) < 60 < 190 < brightness(made, 0.9)


def clear_palette() -> bytes:
    picture = Pillow.new("P", (32, 32), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (0, 0, 32, 16))
    return saved(picture, transparency=0)


def clear_grey() -> bytes:
    """16 bits deep, black stripes below, and one shade of black is transparent."""
    rows = (b"\0" + b"\0\x07" * 32) * 16 + (b"\0" + b"\0\0" * 32) * 16
    whole = png(32, 32, rows, depth=16)
    return whole.replace(whole[33:37], chunk(b"tRNS", b"\0\0") + whole[33:37], 1)


@pytest.mark.parametrize(
    ("data", "above", "below"),
    [
        (clear_palette(), (0, 0, 255), (255, 255, 255)),
        (saved(Pillow.new("RGBA", (32, 32), (9, 9, 9, 0))), (255,) * 3, (255,) * 3),
        (saved(Pillow.new("LA", (32, 32), (9, 0))), (255,) * 3, (255,) * 3),
        (
            saved(Pillow.new("RGBA", (32, 32), (0, 0, 0, 128)), "WEBP"),
            (127,) * 3,
            (127,) * 3,
        ),
    ],
)
def test_what_is_transparent_becomes_white(
    data: bytes, above: Colour, below: Colour
) -> None:
    picture = decoded(encode(data))

    for place, expected in ((4, above), (28, below)):
        found = picture.getpixel((16, place))
        assert all(abs(a - b) < 12 for a, b in zip(found, expected, strict=True))


def test_transparent_greys_of_16_bits_are_no_hindrance() -> None:
    assert encode(clear_grey()).colour == "#000000"


def test_the_colour_is_the_mean_of_the_picture() -> None:
    assert encode(saved(Pillow.new("RGB", (32, 32), "#336699"))).colour == "#336699"


def marked_jpeg() -> bytes:
    exif = Pillow.Exif()
    exif[ExifTags.Base.Artist] = MARK.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = MARK.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(
        gradient(),
        "JPEG",
        exif=exif,
        icc_profile=profile + MARK,
        xmp=b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>",
        comment=MARK,
    )


def marked_gif() -> bytes:
    return saved(gradient("P"), "GIF", comment=MARK)


@pytest.mark.parametrize(
    "data",
    [
        marked_jpeg(),
        marked_gif(),
        saved(gradient(), "WEBP", xmp=MARK, icc_profile=MARK),
        saved(gradient(), "JPEG") + b"PK\x03\x04" + MARK,
        saved(gradient(), "PNG") + b"<script>" + MARK + b"</script>",
        saved(gradient("P"), "GIF") + b"=1;" + MARK,
        # A JPEG whose first segment opens a comment of JavaScript.
        b"\xff\xd8\xff\xfe\x2f\x2a"
        + MARK.ljust(0x2F28)
        + saved(gradient(), "JPEG")[2:],
    ],
    ids=["JPEG", "GIF", "WebP", "ZIP", "HTML", "GIF and script", "JPEG and script"],
)
def test_nothing_but_the_pixels_comes_through(data: bytes) -> None:
    """Fault 63."""
    assert MARK in data

    jpeg = encode(data).jpeg

    assert not any(
        word in jpeg for word in (MARK, b"Exif", b"ICC_PROFILE", b"xmpmeta", b"PK")
    )
    assert jpeg.endswith(b"\xff\xd9")
    assert jpeg.count(b"\xff\xd9") == 1


@pytest.mark.parametrize("orientation", range(9))
def test_a_photograph_is_turned_upright(shared: Path, orientation: int) -> None:
    folder = shared / "images/exif"
    expected = decoded(encode((folder / "Landscape_1.jpg").read_bytes()))

    made = encode((folder / f"Landscape_{orientation}.jpg").read_bytes())

    assert made.width > made.height
    small = [
        each.resize((12, 8), Pillow.Resampling.BOX).convert("L").tobytes()
        for each in (decoded(made), expected)
    ]
    assert max(abs(a - b) for a, b in zip(*small, strict=True)) < 16


def test_a_picture_with_broken_exif_is_still_a_picture() -> None:
    for exif in (b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(9)):
        assert encode(saved(gradient(), "JPEG", exif=exif)).width == 64


def test_the_files_of_pillow_crash_nothing_and_come_out_as_they_should(
    shared: Path,
) -> None:
    folder = shared / "images/pillow"
    known = json.loads((folder / "index.json").read_text())
    assert len(known) == 196

    wrong = []
    for each in known:
        is_wanted = (
            each["outcome"] == "ok"
            and each["format"] in (*FORMATS, "MPO")
            and min(each["size"]) >= SHORTEST
        )
        try:
            made: Encoded | None = encode((folder / each["file"]).read_bytes())
        except NotAPicture:
            made = None
        if is_wanted != (made is not None):
            wrong.append(each["file"])
        if made:
            width, height = each["thumb"]
            assert (made.width > made.height) == (width > height)
            assert made.width / made.height == pytest.approx(width / height, rel=0.02)
    assert wrong == []


@pytest.mark.parametrize(
    "values",
    [
        (b"<html>", 64, 48, "#336699"),
        (b"\xff\xd8\xff", 0, 48, "#336699"),
        (b"\xff\xd8\xff", 64, 1601, "#336699"),
        (b"\xff\xd8\xff", 64, 48, "#336699;x"),
    ],
)
def test_what_no_encoder_of_ours_gives_is_not_believed(
    values: tuple[bytes, int, int, str],
) -> None:
    with pytest.raises(ValueError, match="no picture"):
        Encoded(*values)


def content(image: Image) -> bytes:
    return Path(image.file.path).read_bytes()


def files() -> list[str]:
    root = Path(default_storage.location)
    return [path.relative_to(root).as_posix() for path in root.rglob("*.jpg")]


@pytest.mark.django_db
def test_a_picture_is_kept_once_under_its_digest() -> None:
    first = library.store(io.BytesIO(saved(gradient(), "PNG")))
    again = library.store(io.BytesIO(saved(gradient(), "PNG", compress_level=0)))

    assert first == again
    assert (Image.objects.count(), files()) == (1, [first.file.name])
    kept = content(first)
    assert first.digest == hashlib.sha256(kept).hexdigest()
    assert (first.width, first.height) == Pillow.open(io.BytesIO(kept)).size


@pytest.mark.django_db
def test_a_file_that_a_dying_process_left_in_part_is_replaced() -> None:
    encoded = encode(saved(gradient()))
    digest = library.digest_of(encoded)
    name = f"images/{digest[:2]}/{digest[:32]}.jpg"
    default_storage.save(name, ContentFile(encoded.jpeg[:100]))

    image = library.keep(encoded)

    assert files() == [image.file.name] == [name]
    assert content(image) == encoded.jpeg


@pytest.mark.django_db
def test_a_picture_whose_row_was_rolled_back_is_kept_the_next_time() -> None:
    encoded = encode(saved(gradient()))
    with transaction.atomic():
        library.keep(encoded)
        transaction.set_rollback(True)

    image = library.keep(encoded)

    assert files() == [image.file.name]
    assert content(Image.objects.get()) == encoded.jpeg


@pytest.mark.django_db
def test_no_more_than_the_most_is_read_of_a_stream() -> None:
    asked: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            asked.append(size)
            return bytes(size)

    with pytest.raises(NotAPicture, match="more than 20 MB"):
        library.store(Endless())

    assert asked == [MOST_BYTES + 1]


@pytest.mark.django_db
def test_a_picture_that_is_attached_is_wanted_no_more() -> None:
    article = ArticleFactory(image_wanted=True)

    image = library.attach(article, saved(gradient()))

    article.refresh_from_db()
    assert (article.image, article.image_wanted) == (image, False)

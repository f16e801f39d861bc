"""A picture in the widths that screens ask for.

A rendition is made from the stored JPEG and from nothing else, so that the picture's
digest, a width and a form say what its bytes show: its address never changes its
meaning.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image as Pillow

#: Pixels across: the picture of a card on a phone and on a desk, at one, two and three
#: device pixels each, and that of a page.
WIDTHS = (160, 320, 480, 640, 960, 1280)
#: What browsers without WebP (before 2020) choose from, beside the stored picture.
JPEG_WIDTHS = (320, 640)
#: Forms by the ending of their files' names. Measured in docs/decisions/0024.
WEBP, JPEG = "webp", "jpg"
WEBP_QUALITY, WEBP_EFFORT, JPEG_QUALITY = 75, 4, 78


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture ``width`` pixels wide, as ``form``: "webp" or "jpg".

    Raises ValueError for what ``made_of`` never gives: a worker in which a picture
    broke something is not believed.
    """

    width: int
    form: str
    data: bytes

    def __post_init__(self) -> None:
        if not (self._is_of_its_form() and 0 < self.width <= WIDTHS[-1]):
            raise ValueError("this is no rendition that was made here")

    def _is_of_its_form(self) -> bool:
        if self.form == WEBP:
            return self.data[:4] == b"RIFF" and self.data[8:12] == b"WEBP"
        return self.form == JPEG and self.data.startswith(b"\xff\xd8\xff")


def widths_of(width: int) -> dict[str, list[int]]:
    """The widths of each form that are made of a picture so wide; never wider.

    A WebP of the picture's own width is among them, up to the widest: a browser that
    chooses WebP would otherwise be sent less than there is. As JPEG there is the
    stored picture itself.
    """
    own = [width] if width <= WIDTHS[-1] else []
    widths = {
        WEBP: [each for each in WIDTHS if each < width] + own,
        JPEG: [each for each in JPEG_WIDTHS if each < width],
    }
    return {form: made for form, made in widths.items() if made}


def widths_in(renditions: Iterable[Rendition]) -> dict[str, list[int]]:
    """The widths of these, by their form."""
    widths: dict[str, list[int]] = {}
    for each in renditions:
        widths.setdefault(each.form, []).append(each.width)
    return widths


def made_of(jpeg: bytes) -> tuple[Rendition, ...]:
    """All renditions of a stored picture; the same bytes give the same ones.

    Raises what Pillow raises for bytes that are no JPEG.
    """
    with Pillow.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        opened.load()
        picture = opened.convert("RGB")
    picture.info.clear()
    return tuple(
        Rendition(width, form, _encoded(_resized(picture, width), form))
        for form, widths in widths_of(picture.width).items()
        for width in widths
    )


def _resized(picture: Pillow.Image, width: int) -> Pillow.Image:
    if width == picture.width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Pillow.Resampling.LANCZOS)


def _encoded(picture: Pillow.Image, form: str) -> bytes:
    out = io.BytesIO()
    if form == WEBP:
        picture.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_EFFORT)
    else:
        picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return out.getvalue()

"""From the bytes of a file to a picture of ours: decoded, upright, encoded anew.

Nothing of the file but its pixels comes through: no metadata, no colour profile,
no comment, nothing that was hung on behind it.
"""

import io
import re
import threading
import warnings
from dataclasses import dataclass

from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as Pillow

from .renditions import Rendition, made_of, widths_in, widths_of

#: Bytes and pixels of a picture that is looked at at all. 40 megapixels is
#: twice what press cameras deliver; beyond it lie decompression bombs.
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
#: The formats that are read. SVG is markup and can run scripts: never.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
#: The longest side that is kept, and the shortest that is a picture at all;
#: below it lie the dots and lines that count visitors.
LONGEST, SHORTEST = 1600, 16
QUALITY = 82

#: How a picture stands by its Exif orientation (Exif 3.0, 4.6.5.1.6), and what
#: turns it upright.
_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}

_COLOUR = re.compile("#[0-9a-f]{6}")

# One picture at a time in a process: a large one takes 300 MB while it is
# decoded, and the filters of Python's warnings belong to the whole process.
_one_at_a_time = threading.Lock()


class NotAPicture(Exception):
    """The bytes are no picture that can be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JPEG without metadata, its pixels, its mean colour as ``#rrggbb``, and the
    renditions of it.

    Raises ValueError for what ``encode`` never gives: a worker in which a picture
    broke something is not believed.
    """

    jpeg: bytes
    width: int
    height: int
    colour: str
    renditions: tuple[Rendition, ...] = ()

    def __post_init__(self) -> None:
        is_jpeg = self.jpeg.startswith(b"\xff\xd8\xff")
        sides = self.width, self.height
        has_size = min(sides) >= SHORTEST and max(sides) <= LONGEST
        has_renditions = widths_in(self.renditions) in ({}, widths_of(self.width))
        has_colour = _COLOUR.fullmatch(self.colour)
        if not (is_jpeg and has_size and has_colour and has_renditions):
            raise ValueError("this is no picture that was encoded here")


def encode(data: bytes) -> Encoded:
    """The picture in a file's bytes: upright, at most 1,600 pixels, as JPEG.

    The same bytes give the same JPEG. Of an animation the first frame is taken;
    what is transparent becomes white. Raises NotAPicture for whatever is no
    JPEG, PNG, WebP, GIF or AVIF, is broken, or is beyond the limits above.
    """
    if len(data) > MOST_BYTES:
        raise NotAPicture(f"more than {MOST_BYTES // 2**20} MB")
    with _one_at_a_time, warnings.catch_warnings():
        # They are about metadata, which is dropped, and about sizes, which are
        # checked here before anything is decoded.
        warnings.simplefilter("ignore")
        try:
            return _encode(data)
        except (NotAPicture, MemoryError):
            raise
        except UnidentifiedImageError as error:
            raise NotAPicture("not a JPEG, PNG, WebP, GIF or AVIF file") from error
        except Pillow.DecompressionBombError as error:
            raise NotAPicture("more than 40 megapixels") from error
        except Exception as error:
            # Of a broken file a decoder may raise anything.
            raise NotAPicture(f"the file is broken: {error}"[:300]) from error


def _encode(data: bytes) -> Encoded:
    with Pillow.open(io.BytesIO(data), formats=FORMATS) as opened:
        _check(*opened.size)
        # A JPEG can be decoded at half, a quarter or an eighth of its size.
        opened.draft(None, (LONGEST, LONGEST))
        opened.load()
        turn = _turn(opened)
        picture = _shrunk(_in_colour(opened))
    picture = _on_white(picture)
    if turn is not None:
        picture = picture.transpose(turn)
    if min(picture.size) < SHORTEST:
        raise NotAPicture("a line, not a picture")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    jpeg, colour = out.getvalue(), _colour(picture)
    return Encoded(jpeg, *picture.size, colour, made_of(jpeg))


def _check(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise NotAPicture(f"{width}×{height} is more than 40 megapixels")
    if min(width, height) < SHORTEST:
        raise NotAPicture(f"{width}×{height} is a dot, not a picture")


def _turn(picture: Pillow.Image) -> Pillow.Transpose | None:
    """What brings the picture upright; None if it stands so already."""
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001
        # Broken Exif may raise anything, and the picture is good without it.
        return None
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _in_colour(picture: Pillow.Image) -> Pillow.Image:
    """As RGB, or as RGBA where something may be transparent."""
    if picture.mode.startswith("I"):
        # Greys of 16 bits: Pillow would cut off all but the darkest. The shade that
        # is transparent, if there is one, cannot be told from its neighbours then.
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
        picture.info.clear()
    has_gaps = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    mode = "RGBA" if has_gaps else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _shrunk(picture: Pillow.Image) -> Pillow.Image:
    picture.thumbnail((LONGEST, LONGEST), Pillow.Resampling.LANCZOS)
    return picture


def _on_white(picture: Pillow.Image) -> Pillow.Image:
    """Opaque, and without what the file said beside its pixels.

    Pillow would write a comment of the file into the JPEG again.
    """
    ground = Pillow.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return ground


def _colour(picture: Pillow.Image) -> str:
    """The mean colour, for the tile that stands in until the picture is there."""
    return "#" + picture.resize((1, 1), Pillow.Resampling.BOX).tobytes().hex()

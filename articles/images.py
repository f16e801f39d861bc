"""Pictures: checked, turned upright, stripped of metadata, stored once."""

import hashlib
import io
import warnings
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from articles.models import Article, Image

#: Bytes and pixels of a picture that is looked at at all. 40 megapixels is
#: twice what press cameras deliver; beyond it lie decompression bombs.
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
#: The formats that are read. SVG is markup and can run scripts: never.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
#: The longest side that is kept, and the shortest that is a picture at all.
LONGEST, SHORTEST = 1600, 16
QUALITY = 82


class NotAPicture(Exception):
    """The bytes are no picture that can be shown; the message says why."""


def store(stream: BinaryIO) -> Image:
    """Keep a picture: decoded, upright, at most 1,600 pixels, as JPEG.

    The same picture twice is one row and one file. Raises NotAPicture.
    """
    data = _encode(_decode(stream.read(MOST_BYTES + 1)))
    digest = hashlib.sha256(data).hexdigest()
    if known := Image.objects.filter(digest=digest).first():
        return known
    picture = Pillow.open(io.BytesIO(data))
    image = Image(digest=digest, colour=_colour(picture))
    # Django measures a file only if it has a name already.
    name = f"{digest[:2]}/{digest[:32]}.jpg"
    image.file.save(name, ContentFile(data, name), save=False)
    try:
        with transaction.atomic():
            image.save()
    except IntegrityError:
        # Another process stored the same picture a moment ago.
        return Image.objects.get(digest=digest)
    return image


def _decode(data: bytes) -> Pillow.Image:
    if len(data) > MOST_BYTES:
        raise NotAPicture(f"more than {MOST_BYTES // 2**20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            picture = Pillow.open(io.BytesIO(data), formats=FORMATS)
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise NotAPicture(f"{width}×{height} is more than 40 megapixels")
            if min(width, height) < SHORTEST:
                raise NotAPicture(f"{width}×{height} is a dot, not a picture")
            picture.load()
    except UnidentifiedImageError as error:
        raise NotAPicture("not a JPEG, PNG, WebP, GIF or AVIF file") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        Pillow.DecompressionBombError,
        Pillow.DecompressionBombWarning,
    ) as error:
        raise NotAPicture(f"the file is broken: {error}") from error
    return ImageOps.exif_transpose(picture)


def _encode(picture: Pillow.Image) -> bytes:
    """JPEG bytes without metadata, on white where it was transparent."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Pillow.new("RGBA", layer.size, "white")
        picture = Pillow.alpha_composite(ground, layer)
    picture = picture.convert("RGB")
    picture.thumbnail((LONGEST, LONGEST), Pillow.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _colour(picture: Pillow.Image) -> str:
    """The mean colour, for the tile that stands in until the picture is there."""
    return "#" + picture.resize((1, 1), Pillow.Resampling.BOX).tobytes().hex()


def attach(article: Article, data: bytes) -> Image:
    """Make this picture (bytes of a file) the article's. Raises NotAPicture."""
    image = store(io.BytesIO(data))
    Article.objects.filter(pk=article.pk).update(image=image)
    return image

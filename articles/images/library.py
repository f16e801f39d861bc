"""The pictures that are kept: one row and one file for each content."""

import hashlib
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import transaction

from articles.models import Article, Image

from .encoding import MOST_BYTES, Encoded, encode


def digest_of(encoded: Encoded) -> str:
    """The key under which a picture is kept: the SHA-256 of its JPEG, in hex."""
    return hashlib.sha256(encoded.jpeg).hexdigest()


def keep(encoded: Encoded) -> Image:
    """The row of this picture, made together with its file if it is new."""
    digest = digest_of(encoded)
    if known := Image.objects.filter(digest=digest).first():
        return known
    with transaction.atomic():
        image, is_new = Image.objects.get_or_create(
            digest=digest,
            defaults={
                "file": f"images/{digest[:2]}/{digest[:32]}.jpg",
                "width": encoded.width,
                "height": encoded.height,
                "colour": encoded.colour,
            },
        )
        # The row is not yet committed, so nobody else writes this file: what
        # lies in its place was left, perhaps in part, by a process that died.
        if is_new:
            _write(image, encoded.jpeg)
    return image


def _write(image: Image, jpeg: bytes) -> None:
    name = str(image.file.name)
    image.file.storage.delete(name)
    image.file.storage.save(name, ContentFile(jpeg))


def store(stream: BinaryIO) -> Image:
    """Keep the picture in a file; at most 20 MB of it are read.

    Raises NotAPicture.
    """
    return keep(encode(stream.read(MOST_BYTES + 1)))


def attach(article: Article, data: bytes) -> Image:
    """Make this picture (bytes of a file) the article's. Raises NotAPicture."""
    image = keep(encode(data))
    Article.objects.filter(pk=article.pk).update(image=image, image_wanted=False)
    return image

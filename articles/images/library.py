"""The pictures that are kept: one row and one file for each content."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from articles.models import Article, ArticleStatus, Change, Image, relisting, renew_all

from .encoding import MOST_BYTES, Encoded, encode
from .renditions import Rendition, made_of, widths_in, widths_of

#: How long a picture that an act has named outlives its last use.
RESTORABLE = timedelta(days=30)
#: The column under which changes name pictures.
KEY = "image_id"
#: Pictures that are removed by one transaction.
BATCH = 50
#: Older pictures that one run gives their renditions: some 20 seconds of a processor.
FILLED = 200


def digest_of(encoded: Encoded) -> str:
    """The key under which a picture is kept: the SHA-256 of its JPEG, in hex."""
    return hashlib.sha256(encoded.jpeg).hexdigest()


@transaction.atomic
def keep(encoded: Encoded) -> Image:
    """The row of this picture, made together with its file if it is new.

    Whoever attaches it does so in the same transaction: until its end nobody
    takes the picture away.
    """
    digest = digest_of(encoded)
    with transaction.atomic():
        while True:
            rows = Image.objects.select_for_update(no_key=True)
            if known := rows.filter(digest=digest).first():
                is_lost = known.renditions == {}
                if is_lost or not known.file.storage.exists(str(known.file.name)):
                    _write(known, known.file.name, encoded.jpeg)
                    known.renditions = None
                if known.renditions is None:
                    _add(known, encoded.renditions)
                return known
            try:
                with transaction.atomic():
                    image = Image.objects.create(
                        digest=digest,
                        file=f"images/{digest[:2]}/{digest[:32]}.jpg",
                        width=encoded.width,
                        height=encoded.height,
                        colour=encoded.colour,
                    )
            except IntegrityError:
                # Somebody has made it this moment; that one is to be held, too.
                continue
            # The row is not yet committed, so nobody else writes this file: what
            # lies in its place was left, perhaps in part, by a process that died.
            _write(image, image.file.name, encoded.jpeg)
            _add(image, encoded.renditions)
            return image


def _add(image: Image, made: Sequence[Rendition]) -> None:
    """Write these renditions of a picture that is held, and note them in its row."""
    for each in made:
        _write(image, image.name_of(each.width, each.form), each.data)
    image.renditions = widths_in(made) or None
    image.save(update_fields=["renditions"])


def _write(image: Image, name: str | None, data: bytes) -> None:
    storage = image.file.storage
    storage.delete(str(name))
    storage.save(str(name), ContentFile(data))


def _delete_files(image: Image) -> None:
    """Delete a picture and its renditions from the storage.

    Those too that are made of it by now and not noted: a process that died may have
    written them. The picture goes first: should the storage fail half-way, whoever
    brings this content again sees that it is to be written anew.
    """
    storage = image.file.storage
    storage.delete(str(image.file.name))
    noted = image.renditions or {}
    for form, widths in widths_of(image.width).items():
        for width in sorted({*widths, *noted.get(form, [])}):
            storage.delete(image.name_of(width, form))


def fill_up(most: int = FILLED) -> tuple[int, int]:
    """Make the renditions of pictures that have none yet, the newest first.

    At most so many of them. Returns how many pictures got theirs, and of how many the
    file is lost or not what it was; those are not looked at again. Any number of
    processes may do this at once. Raises what the storage raises.
    """
    made = lost = 0
    bare = Image.objects.filter(renditions__isnull=True).order_by("-pk")
    for image in list(bare[:most]):
        renditions = _made_of_file(image)
        with transaction.atomic():
            rows = Image.objects.select_for_update(no_key=True)
            held = rows.filter(pk=image.pk, renditions__isnull=True).first()
            if held is None:
                continue
            if renditions:
                _add(held, renditions)
                made += 1
            else:
                Image.objects.filter(pk=held.pk).update(renditions={})
                lost += 1
    if made:
        renew_all()
    return made, lost


def _made_of_file(image: Image) -> tuple[Rendition, ...]:
    """The renditions of a stored picture; none if its file is not that picture."""
    try:
        with image.file.storage.open(str(image.file.name)) as file:
            jpeg = file.read()
    except FileNotFoundError:
        return ()
    # What is not under its own digest was not written here, or not to its end.
    return made_of(jpeg) if hashlib.sha256(jpeg).hexdigest() == image.digest else ()


def store(stream: BinaryIO) -> Image:
    """Keep the picture in a file; at most 20 MB of it are read.

    Raises NotAPicture.
    """
    return keep(encode(stream.read(MOST_BYTES + 1)))


@transaction.atomic
def attach(article: Article, data: bytes) -> Image:
    """Make this picture (bytes of a file) the article's. Raises NotAPicture."""
    image = keep(encode(data))
    put_on([article.pk], image)
    return image


def put_on(articles: Iterable[int], image: Image) -> None:
    """Make a picture that is kept that of these articles (ids)."""
    with relisting(articles) as ids:
        pieces = Article.objects.filter(pk__in=ids)
        pieces.update(image=image, image_wanted=False)


def kept(images: Iterable[int]) -> set[int]:
    """Those of these pictures (ids) that are there, until the transaction ends."""
    rows = Image.objects.filter(pk__in=set(images)).order_by("pk")
    return set(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def of_killed_alone() -> QuerySet[Image]:
    """The pictures that killed pieces have, and no other."""
    # Killed pieces are few, pictures many: begin at the pieces.
    killed = Article.objects.filter(status=ArticleStatus.KILLED, image__isnull=False)
    return _unused().filter(pk__in=killed.values("image"))


def _unused() -> QuerySet[Image]:
    """The pictures that no living piece has."""
    living = Article.objects.exclude(status=ArticleStatus.KILLED)
    return Image.objects.filter(~Exists(living.filter(image=OuterRef("pk"))))


def discard(images: Iterable[int]) -> int:
    """Take away those of these pictures (ids) that no living piece has.

    Row and file go, for web servers hand files out without asking us. A killed piece
    whose kill is taken back has its picture fetched again from where it came from; one
    that was uploaded is gone. Returns how many went. Raises what the storage raises.
    """
    # Those that are in use at this moment are not even locked: a logo can be on
    # thousands of pieces, and whoever takes the last of them away asks again.
    unused = _unused().filter(pk__in=set(images))
    ids, discarded = sorted(unused.values_list("pk", flat=True)), 0
    for pk in ids:
        with transaction.atomic():
            # Locked before it is looked at: who attaches it now waits, or is seen.
            # Articles first, as all others do.
            theirs = Article.objects.filter(image=pk).order_by("pk").only("pk")
            list(theirs.select_for_update(no_key=True))
            list(Image.objects.select_for_update().filter(pk=pk))
            image = _unused().filter(pk=pk).first()
            if image is None:
                continue
            Article.objects.filter(image=image).exclude(image_url="").update(
                image_wanted=True, image_tries=0, image_retry_at=None
            )
            image.delete()
            # Last, so that a storage that fails brings the row back, to try again.
            _delete_files(image)
        discarded += 1
    return discarded


def remove_unused() -> int:
    """Remove pictures, rows and files, that nothing uses any more; returns how many.

    Killed pieces lose theirs with the kill (``discard``). What an act on a piece has
    put on or taken off stays for ``RESTORABLE``, so that it can come back.
    """
    removed = 0
    while batch := _remove_batch(timezone.now()):
        removed += batch
    return removed


def _remove_batch(now: datetime) -> int:
    with transaction.atomic():
        unused = _in_no_use(now).order_by("pk")
        held = unused.select_for_update(skip_locked=True, of=("self",))[:BATCH]
        ids = [image.pk for image in held]
        # Asked again: what was attached until the rows were held counts as well.
        doomed = list(_in_no_use(now).filter(pk__in=ids))
        Image.objects.filter(pk__in=[image.pk for image in doomed]).delete()
        # Before the rows are gone for others, who would write the same files anew.
        for image in doomed:
            _delete_files(image)
    return len(doomed)


def _in_no_use(now: datetime) -> QuerySet[Image]:
    users = Article.objects.filter(image=OuterRef("pk"))
    return Image.objects.exclude(Exists(users)).exclude(pk__in=_restorable(now))


def _restorable(now: datetime) -> set[int]:
    """Ids of pictures that an act of late has put on pieces or taken off."""
    changes = Change.objects.filter(act__at__gt=now - RESTORABLE, before__has_key=KEY)
    killed = Q(article__status=ArticleStatus.KILLED)
    changes = changes.exclude(killed).exclude(article=None)
    rows = changes.values_list(f"before__{KEY}", f"after__{KEY}")
    return {pk for row in rows for pk in row if pk is not None}

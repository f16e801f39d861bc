"""What may be shown of an article: the only way to its text or its picture.

Every output (page, feed, API, meta tags, e-mail) asks ``permitted()`` and uses
nothing but the answer. A publisher's policy lives in ``Source.reuse``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F, QuerySet
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article, Image, Reuse, Tag
from newsroom.prepared import loaded


class Channel(StrEnum):
    """Where something is shown."""

    LISTING = "listing"
    PAGE = "page"
    FEED = "feed"
    META = "meta"


#: Channels that carry a piece away from our pages: to feed readers, and to whoever
#: shows a link to it with a picture beside.
AWAY = frozenset({Channel.FEED, Channel.META})


@dataclass(frozen=True, slots=True)
class Permitted:
    """What readers may see of one article through one channel.

    ``excerpt`` and ``note`` are plain text, ``body`` is HTML that was sanitised
    when it was stored; "" and None stand for "nothing".
    """

    headline: str = ""
    excerpt: str = ""
    note: str = ""
    body: SafeString = SafeString("")
    image: Image | None = None
    #: Whether there is a picture that the source does not let us show.
    hides_image: bool = False
    image_alt: str = ""
    image_caption: str = ""
    image_credit: str = ""


def permitted(article: Article, channel: Channel) -> Permitted:
    """What ``channel`` may show of ``article`` (its source and image loaded)."""
    if article.source.is_blocked:
        return Permitted()
    image = _image(article, channel)
    return Permitted(
        headline=article.shown_headline,
        excerpt=article.shown_excerpt,
        note=article.note,
        body=_body(article, channel),
        image=image,
        hides_image=_hides_image(article),
        image_alt=(article.image_alt or article.image_caption) if image else "",
        image_caption=article.image_caption if image else "",
        image_credit=article.image_credit if image else "",
    )


def tags_shown(articles: Iterable[int]) -> dict[int, list[Tag]]:
    """The tags of these articles (ids) that readers may see, in the order in which
    they were put on: none that is for the desk alone.

    Each says what put it there (``origin``, of ``TagOrigin``).
    """
    found: dict[int, list[Tag]] = {pk: [] for pk in articles}
    for tag in _tags_of(*found) if found else ():
        found[tag.of].append(tag)
    return found


@loaded(Tag, also=("of", "origin"))
def _tags_of(*articles: int) -> QuerySet:
    tags = Tag.objects.filter(
        tagged_articles__content_object__in=articles, is_internal=False
    )
    of, origin = F("tagged_articles__content_object_id"), F("tagged_articles__origin")
    return tags.annotate(of=of, origin=origin).order_by("tagged_articles__pk")


def shown_in_full(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Those of these articles that have a text, and a source that lets it be shown."""
    licensed = articles.filter(source__reuse=Reuse.FULL_TEXT)
    return licensed.exclude(source_body="")


def _body(article: Article, channel: Channel) -> SafeString:
    if article.source.reuse != Reuse.FULL_TEXT or channel != Channel.PAGE:
        return SafeString("")
    # articles.ingest.sanitise cleaned it before it was stored.
    return mark_safe(article.source_body)


def _image(article: Article, channel: Channel) -> Image | None:
    source = article.source
    if not source.allows_images:
        return None
    if channel in AWAY and not (source.shares_images or source.is_own):
        return None
    return article.image


def _hides_image(article: Article) -> bool:
    """Whether it has a picture, here or at its source, that is not to be shown."""
    has_image = article.image_id is not None or article.image_url != ""
    return has_image and not article.source.allows_images

"""The tags that an address names: one, or several with ``+`` between them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from articles.listing import InvalidListing
from articles.models import Tag

from . import kept
from .addresses import invalid, moved
from .parts import part

#: Tags that an address may name at once: each costs a look at the index for every
#: piece that is read, and a reader hardly means more.
MOST_TAGS = 5


def with_tags(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view that is kept the tags of its address (``slug``) as ``tags``.

    Former slugs, other names, another order and repeated tags lead to the one
    address of these tags (301), filters, day and format of a feed included. A tag
    that is not known, is internal, or never had anything to read is a 404.
    """

    @wraps(view)
    def found(request: HttpRequest, slug: str, **parts: Any) -> HttpResponse:
        slugs = list(dict.fromkeys(slug.split("+")))
        if len(slugs) > MOST_TAGS:
            said = _("At most %(number)s tags at once.") % {"number": MOST_TAGS}
            return invalid(request, InvalidListing({"tags": [said]}))
        ground = kept.ground(kept.states_of(request))
        tags = part(ground, "tags", *slugs, make=lambda: tags_at(slugs))
        if slug != (right := slug_of(tags)):
            return moved(request, right)
        return view(request, tags=tags, **parts)

    return found


def slug_of(tags: list[Tag]) -> str:
    """The part of an address that names these tags."""
    return "+".join(sorted({tag.slug for tag in tags}))


def tags_at(slugs: list[str]) -> list[Tag]:
    """The tags for readers with these slugs, former slugs or names, each once.

    Raises Http404 if one of them is none, or never had anything to read.
    """
    known = Tag.objects.by_slug(slugs)
    found = [known.get(slug) or Tag.objects.named(slug) for slug in slugs]
    return sorted({_shown(tag) for tag in found}, key=lambda tag: tag.slug)


def _shown(tag: Tag | None) -> Tag:
    """No other spelling leads to a tag under which nothing was ever to be read."""
    found = _public(tag)
    if not found.was_ever_shown:
        raise Http404("Nothing was ever published under that tag.")
    return found


def _public(tag: Tag | None) -> Tag:
    if tag is None or tag.is_internal:
        raise Http404("No tag of that name.")
    return tag


def tag_named(name: str) -> Tag:
    """The tag for readers of that name, by any spelling; Http404 if there is none."""
    return _public(Tag.objects.named(name))

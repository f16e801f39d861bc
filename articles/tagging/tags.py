"""Verbs on tags: putting them on articles, renaming, merging, other names.

The only writer of slugs and aliases once a tag is made. An old name or address
of a tag never dies: it becomes an alias and leads to the tag's page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.acts import acting
from articles.models import (
    Article,
    SuggestionState,
    Tag,
    TagAlias,
    TaggedArticle,
    TagOrigin,
    TagPhrase,
    TagSuggestion,
    relisting,
    renew_all,
    renewing,
)
from articles.models.named import validate_name
from articles.names import name_key, slug_for

from . import suggestions

#: Tags one piece may carry; what is more says nothing.
MOST_TAGS = 50
#: How many articles are locked and written by one statement.
BATCH = 500


def tags_named(names: Iterable[str], *, by: User | None) -> list[Tag]:
    """The tags of these names, each once; those that are not there are made.

    Raises ValidationError for a name from which no address can be made, and for a
    new one if the person may not make tags. Programs (None) may.
    """
    names = list(names)
    known = Tag.objects.by_key(map(name_key, names))
    new = [name for name in names if name_key(name) not in known]
    if new and by and not by.has_perm("articles.add_tag"):
        said = _("Nothing is called #%(name)s yet, and you may not make new tags.")
        raise ValidationError(said % {"name": new[0]}, code="tag_is_new")
    return list(dict.fromkeys(Tag.objects.get_or_make(names).values()))


def tag_articles(
    ids: Iterable[int],
    tags: Iterable[Tag],
    *,
    by: User | None,
    origin: TagOrigin = TagOrigin.HAND,
) -> int:
    """Put tags on articles; returns how many taggings are new."""
    tags, ids, new = list(tags), sorted(set(ids)), 0
    with acting("tag", ids, by=by):
        for start in range(0, len(ids), BATCH):
            new += _tag_batch(ids[start : start + BATCH], tags, by, origin)
    return new


def _tag_batch(
    ids: list[int], tags: list[Tag], by: User | None, origin: TagOrigin
) -> int:
    with relisting(ids):
        new = _put_on([(pk, tag.pk) for pk in ids for tag in tags], by, origin)
        TagSuggestion.objects.filter(
            article__in=ids, tag__in=tags, state=SuggestionState.OPEN
        ).update(state=SuggestionState.ACCEPTED)
    return new


def _put_on(
    pairs: Iterable[tuple[int, int]], by: User | None, origin: TagOrigin
) -> int:
    """Put tags on articles, both by their ids; returns how many taggings are new."""
    pairs = list(pairs)
    ids = {article for article, _tag in pairs}
    there = set(TaggedArticle.objects.of(ids).values_list("content_object", "tag"))
    rows = [
        TaggedArticle(
            content_object_id=article, tag_id=tag, tagged_by=by, origin=origin
        )
        for article, tag in pairs
        if (article, tag) not in there
    ]
    TaggedArticle.objects.bulk_create(rows)
    touched = {row.content_object_id for row in rows}
    Article.objects.filter(pk__in=touched).update(edited_at=timezone.now())
    return len(rows)


def untag_articles(ids: Iterable[int], tags: Iterable[int], *, by: User | None) -> int:
    """Take tags (ids) off articles; returns how many taggings went."""
    ids, tags, gone = sorted(set(ids)), list(tags), 0
    with acting("tag", ids, by=by):
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with relisting(batch):
                rows = TaggedArticle.objects.of(batch).filter(tag__in=tags)
                touched = set(rows.values_list("content_object", flat=True))
                gone += rows.delete()[0]
                pieces = Article.objects.filter(pk__in=touched)
                pieces.update(edited_at=timezone.now())
    return gone


def set_tags(
    article: Article, names: Iterable[str], *, by: User | None
) -> tuple[list[str], list[str]]:
    """Make these the article's tags; returns the names put on and taken off.

    Tags it keeps stay as they were put on: by whom, when, from where. Raises
    ValidationError where ``tags_named`` does.
    """
    with acting("tag", [article.pk], by=by):
        wanted = set(tags_named(names, by=by))
        there = set(Tag.objects.filter(tagged_articles__content_object=article))
        off = there - wanted
        with relisting([article.pk]):
            rows = TaggedArticle.objects.of([article.pk])
            rows.filter(tag__in=off).delete()
            article.tags._remove_prefetched_objects()
        tag_articles([article.pk], wanted - there, by=by)
        if off:
            Article.objects.filter(pk=article.pk).update(edited_at=timezone.now())
    return sorted(t.name for t in wanted - there), sorted(t.name for t in off)


def accept_suggestions(ids: Iterable[int], *, by: User | None) -> int:
    """Put every open suggestion of these articles on them; returns how many."""
    accepted, ids = 0, sorted(set(ids))
    with acting("tag", ids, by=by):
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with relisting(batch):
                open_ones = TagSuggestion.objects.filter(
                    article__in=batch, state=SuggestionState.OPEN
                )
                pairs = open_ones.order_by("article", "tag").values_list(
                    "article", "tag"
                )
                accepted += _put_on(pairs, by, TagOrigin.SUGGESTION)
                open_ones.update(state=SuggestionState.ACCEPTED)
    return accepted


def decide(
    article: Article,
    *,
    accepted: Iterable[int],
    rejected: Iterable[int],
    by: User | None,
) -> None:
    """Accept some of an article's suggestions (tag ids) and reject others."""
    with acting("tag", [article.pk], by=by):
        tags = Tag.objects.filter(pk__in=list(accepted))
        tag_articles([article.pk], tags, by=by, origin=TagOrigin.SUGGESTION)
        suggestions.settle(article, rejected, SuggestionState.REJECTED)


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge does: pieces that get the tag, and pieces that have it already."""

    moved: int
    already: int
    aliases: list[str]


def preview_merge(tags: Iterable[Tag], into: Tag) -> MergePreview:
    """Count what ``merge`` would do."""
    tags = [tag for tag in tags if tag != into]
    rows = TaggedArticle.objects.filter(tag__in=tags)
    # Asked for each row by the index of both: with NOT IN, PostgreSQL goes through
    # all pieces of the one tag for each piece of the other.
    own = TaggedArticle.objects.filter(tag=into)
    there = Exists(own.filter(content_object=OuterRef("content_object")))
    already, moved = rows.filter(there), rows.filter(~there)
    return MergePreview(
        moved=moved.values("content_object").distinct().count(),
        already=already.values("content_object").distinct().count(),
        aliases=sorted(tag.name for tag in tags),
    )


def merge(tags: Iterable[Tag], into: Tag, *, by: User | None = None) -> MergePreview:
    """Make ``tags`` other names of ``into``: pieces, aliases, phrases, addresses.

    One transaction; the merged tags' addresses lead to ``into`` from then on.
    Raises ValidationError if nothing is left to merge.
    """
    tags = [tag for tag in tags if tag != into]
    if not tags:
        raise ValidationError(_("A tag cannot be merged into itself."))
    with renewing():
        locked = Tag.objects.filter(pk__in=[into.pk, *(tag.pk for tag in tags)])
        list(locked.order_by("pk").select_for_update())
        preview = preview_merge(tags, into)
        for tag in tags:
            _move_pieces(tag, into, by)
            _make_alias(tag, into)
        renew_all()
    return preview


def _move_pieces(tag: Tag, into: Tag, by: User | None) -> None:
    rows = TaggedArticle.objects.filter(tag=tag)
    left = rows.order_by("content_object").values_list("content_object", flat=True)
    while ids := list(left[:BATCH]):
        # An act for each batch: in one, the notes of all would be held at once.
        with acting("tag", ids, by=by), relisting(ids):
            tag_articles(ids, [into], by=by, origin=TagOrigin.MERGE)
            TaggedArticle.objects.of(ids).filter(tag=tag).delete()


def _make_alias(tag: Tag, into: Tag) -> None:
    """Let a tag that has no pieces left live on as another name of ``into``."""
    kept = set(TagPhrase.objects.filter(tag=into).values_list("text", flat=True))
    tag.phrases.exclude(text__in=kept).update(tag=into)
    tag.aliases.update(tag=into)
    if tag.was_ever_shown:
        # Its address leads to a page from now on, with or without pieces.
        unshown = Tag.objects.filter(pk=into.pk).not_shown_yet()
        unshown.update(shown_from=tag.shown_from)
    name, slug = tag.name, tag.slug
    tag.delete()
    TagAlias.objects.create(tag=into, name=name, slug=slug)


def rename(tag: Tag, name: str) -> None:
    """Give a tag another name, and the address that follows from it."""
    old = Tag.objects.get(pk=tag.pk)
    slug = old.slug
    if slug_for(name) != slug_for(old.name):
        own = TagAlias.objects.filter(tag=tag, slug=slug_for(name)).exists()
        slug = slug_for(name) if own else Tag.objects.free_slug(name)
    change(tag, name=name, slug=slug)


def change(tag: Tag, *, name: str, slug: str) -> None:
    """Give a tag this name and this address; the old ones go on leading to it.

    Raises ValidationError if another tag has the name or the address, or the
    name makes none.
    """
    validate_name(name)
    same = Tag.objects.filter(key=name_key(name)).exclude(pk=tag.pk).first()
    if same:
        said = _("#%(tag)s has that name; merge the two instead.")
        raise ValidationError({"name": said % {"tag": same}})
    with transaction.atomic():
        old = Tag.objects.select_for_update().get(pk=tag.pk)
        tag.name, tag.slug, tag.key = name, slug, name_key(name)
        own = TagAlias.objects.filter(tag=tag)
        own.filter(key=name_key(name)).delete()
        own.filter(slug=slug).update(slug="")
        # What a form has read of its pieces may be an hour old.
        tag.listed_count, tag.shown_from = old.listed_count, old.shown_from
        tag.full_clean()
        tag.save()
        former_slug = old.slug if old.slug != slug else ""
        if old.key != name_key(name):
            TagAlias.objects.create(tag=tag, name=old.name, slug=former_slug)
        elif former_slug:
            _keep_address(tag, former_slug)
        renew_all()


def _keep_address(tag: Tag, slug: str) -> None:
    """Remember an address that a tag had while its name stays."""
    alias, made = TagAlias.objects.get_or_create(
        key=name_key(slug), defaults={"tag": tag, "name": slug, "slug": slug}
    )
    if not made and alias.tag_id == tag.pk:
        TagAlias.objects.filter(pk=alias.pk).update(slug=slug)


def add_alias(tag: Tag, name: str) -> TagAlias:
    """Make ``name`` another name of the tag; what it is already stays.

    Raises ValidationError if it is the name of another tag, or of its alias.
    """
    if known := TagAlias.objects.filter(tag=tag, key=name_key(name)).first():
        return known
    # The key is given here for the check; on saving it follows from the name.
    alias = TagAlias(tag=tag, name=name, key=name_key(name))
    alias.full_clean()
    with renewing():
        alias.save()
        # A search finds by it from now on.
        renew_all()
    return alias

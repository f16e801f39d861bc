"""Editing: an article's words and pictures."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import Act, Article, ArticleStatus, relisting
from articles.tagging import tags as tagging

from .meanwhile import clashes, refuse_overwriting, written
from .moves import WAITING, move_many
from .outcomes import ChangedMeanwhile, NotAllowed, changed_meanwhile, touch


def may_edit(user: User | AnonymousUser, status: str = ArticleStatus.INGESTED) -> bool:
    """Whether the user may change the words and tags of a piece in this status.

    What was decided on asks for more than what waits: readers see it, or must not.
    """
    return user.has_perm("articles.change_article") and (
        status in WAITING or user.has_perm("articles.revise_article")
    )


def not_to_edit(ids: Iterable[int], *, by: User | AnonymousUser) -> list[int]:
    """Those of these articles (ids) that a person may not edit as they stand."""
    rows = Article.objects.filter(pk__in=list(ids)).order_by("pk")
    statuses = rows.values_list("pk", "status")
    return [pk for pk, status in statuses if not may_edit(by, status)]


def edit(
    article: Article,
    fields: Iterable[str],
    *,
    by: User,
    version: int | None = None,
) -> None:
    """Save what a person changed in these fields, and nothing else.

    Writing only the named fields keeps a form that was open for an hour from
    putting back what others have written meanwhile. ``version`` is the one the
    person has seen. Who chooses a picture, or none, no longer waits for the
    source's. Raises ChangedMeanwhile if a colleague was faster (``save`` lets stand
    what they changed elsewhere), and NotAllowed if the piece is gone.
    """
    names = {*fields, "edited_at"}
    article.edited_at = timezone.now()
    mine = written(article, names)
    if "image" in names:
        article.image_wanted = False
        names.add("image_wanted")
    with acting("edit", [article.pk], by=by) as recording:
        now = recording.before.get(article.pk)
        if now is None:
            raise NotAllowed(gettext("It is gone."))
        stored = Article.objects.only("version").get(pk=article.pk)
        if why := changed_meanwhile(stored, version):
            every = clashes(article.pk, mine, now, seen=version or 0, every=True)
            raise ChangedMeanwhile(why, every, stored.version)
        with relisting([article.pk]):
            article.save(update_fields=names)


def save(
    article: Article,
    fields: Iterable[str],
    *,
    by: User,
    seen: int | None = None,
    tags: Iterable[str] | None = None,
    accepted: Iterable[int] = (),
    rejected: Iterable[int] = (),
    action: str = "",
    reason: str = "",
    at: datetime | None = None,
    notice: str = "",
    take_over: bool = False,
) -> Act | None:
    """Save what a person did in a form, and make a move with it: all or nothing.

    ``tags`` are the names of all its tags, or None to leave them; ``accepted`` and
    ``rejected`` are ids of tags that were suggested; ``action``, ``reason``,
    ``at``, ``notice`` and ``take_over`` as in ``move_many``. ``seen`` is the version
    the person has looked at.
    Returns the act, None if nothing differs, and brings the instance up to date.

    What a colleague has changed elsewhere in the piece stays. Raises
    ChangedMeanwhile if they changed what this person writes; before a move, if they
    changed anything: nobody publishes what they have not read. Raises NotAllowed
    if the move cannot be made, a tag is new and not theirs to make, or the piece is
    gone.
    """
    fields, accepted, rejected = list(fields), list(accepted), list(rejected)
    mine = written(article, fields, tags)
    kind = action or ("edit" if fields else "tag")
    with acting(kind, [article.pk], by=by, reason=reason) as recording:
        now = recording.before.get(article.pk)
        if now is None:
            raise NotAllowed(gettext("It is gone."))
        refuse_overwriting(article.pk, mine, now, seen=seen, every=bool(action))
        if fields:
            edit(article, fields, by=by)
        if tags is not None:
            try:
                tagging.set_tags(article, tags, by=by)
            except ValidationError as error:
                raise NotAllowed(" ".join(error.messages)) from error
        if accepted or rejected:
            tagging.decide(article, accepted=accepted, rejected=rejected, by=by)
            touch([article.pk])
        if action:
            outcome = move_many(
                [article.pk],
                action,
                by=by,
                reason=reason,
                at=at,
                notice=notice,
                take_over=take_over,
            )
            for _, why in outcome.refused:
                raise NotAllowed(why)
    article.refresh_from_db()
    return recording.act


def add(article: Article, *, by: User) -> Act | None:
    """Save an article that a person has written into a form, and list it."""
    article.is_withheld = article.source.is_blocked
    article.edited_at = timezone.now()
    with acting("add", [], by=by) as recording, relisting([]) as relisted:
        article.save(force_insert=True)
        relisted.append(article.pk)
        recording.add(article)
    return recording.act

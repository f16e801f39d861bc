"""Editing: an article's words and pictures, and its time at the desk."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import Article, ArticleStatus, relisting

from .moves import WAITING
from .outcomes import ChangedMeanwhile, Outcome, changed_meanwhile, touch


def may_edit(user: User | AnonymousUser, status: str = ArticleStatus.INGESTED) -> bool:
    """Whether the user may change the words and tags of a piece in this status.

    What was decided on asks for more than what waits: readers see it, or must not.
    """
    return user.has_perm("articles.change_article") and (
        status in WAITING or user.has_perm("articles.revise_article")
    )


def edit(
    article: Article,
    fields: Iterable[str],
    *,
    by: User,
    version: int | None = None,
) -> None:
    """Save what a person changed in these fields, and nothing else.

    Writing only the named fields keeps a form that was open for an hour from
    putting back what the importer has written meanwhile. ``version`` is the one
    the person has seen. Who chooses a picture, or none, no longer waits for the
    source's. Raises ChangedMeanwhile if a colleague was faster.
    """
    names = {*fields, "edited_at"}
    article.edited_at = timezone.now()
    if "image" in names:
        article.image_wanted = False
        names.add("image_wanted")
    with acting("edit", [article.pk], by=by):
        stored = Article.objects.only("version").get(pk=article.pk)
        if why := changed_meanwhile(stored, version):
            raise ChangedMeanwhile(why)
        with relisting([article.pk]):
            article.save(update_fields=names)


def add(article: Article) -> None:
    """Save an article that a person has written into a form, and list it."""
    article.is_withheld = article.source.is_blocked
    article.edited_at = timezone.now()
    with relisting([]) as relisted:
        article.save(force_insert=True)
        relisted.append(article.pk)


def hold(
    ids: Iterable[int],
    until: datetime | None,
    *,
    by: User,
    versions: Mapping[int, int] | None = None,
) -> Outcome:
    """Take pieces out of the queue until that moment; None brings them back now.

    Only what waits can be held. What has another version by now than the person
    saw (``versions`` by id) is left alone.
    """
    outcome, seen = Outcome(), versions or {}
    with acting("hold" if until else "resume", ids, by=by) as recording:
        pieces = Article.objects.filter(pk__in=recording.before)
        for article in pieces.only("status", "version").order_by("pk"):
            if why := _no_hold(article, seen.get(article.pk)):
                outcome.refused.append((article.pk, why))
            else:
                outcome.moved.append(article.pk)
        pieces.filter(pk__in=outcome.moved).update(held_until=until)
        touch(outcome.moved)
    outcome.act = recording.act
    return outcome


def _no_hold(article: Article, seen: int | None) -> str:
    if article.status not in WAITING:
        return gettext("It does not wait any more: it is %(status)s.") % {
            "status": article.get_status_display()
        }
    return changed_meanwhile(article, seen)

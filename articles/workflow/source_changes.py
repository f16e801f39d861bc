"""Deciding on what a source has changed in a piece that an editor has touched."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import (
    Article,
    Category,
    SourceChange,
    SourceChangeState,
    TagOrigin,
    relisting,
)
from articles.names import name_key

from .outcomes import NotAllowed


def accept_change(change: SourceChange, *, by: User) -> None:
    """Take over what the source has changed in an article.

    Our own headline, excerpt and note stay in front of it. Raises NotAllowed if
    somebody has decided on the change meanwhile.
    """
    columns = tuple(name for name in change.after if name != "category")
    pieces = [change.article_id]
    with acting("accept_change", pieces, by=by, columns=columns):
        _decide(change, SourceChangeState.ACCEPTED, by)
        with relisting(pieces):
            article = Article.objects.get(pk=change.article_id)
            names = _take_over(article, change)
            article.edited_at = timezone.now()
            article.save(update_fields={*names, "edited_at"})
        tags = change.after.get("source_tags", [])
        known = set(map(name_key, change.before.get("source_tags", [])))
        if new := [name for name in tags if name_key(name) not in known]:
            origin = {"origin": TagOrigin.IMPORT, "tagged_by": by}
            article.tags.add(*new, through_defaults=origin)


def dismiss_change(change: SourceChange, *, by: User) -> None:
    """Turn down what the source has changed; the same change is not shown again.

    Raises NotAllowed if somebody has decided on it meanwhile.
    """
    with transaction.atomic():
        _decide(change, SourceChangeState.DISMISSED, by)


def _decide(change: SourceChange, state: SourceChangeState, by: User) -> None:
    decision = {
        "state": state,
        "decided_at": timezone.now(),
        "decided_by": by,
        "decided_by_name": by.get_username(),
    }
    pending = SourceChange.objects.pending().filter(pk=change.pk, digest=change.digest)
    if not pending.update(**decision):
        raise NotAllowed(gettext("Someone else has just decided, or it changed again."))
    for name, value in decision.items():
        setattr(change, name, value)


def _take_over(article: Article, change: SourceChange) -> list[str]:
    """Write the change into the article; the names of the columns it wrote."""
    for name, value in change.after.items():
        if name == "category":
            article.category = Category.objects.get_or_make([value])[name_key(value)]
        else:
            column: Any = Article._meta.get_field(name)
            setattr(article, name, column.to_python(value))
    names = [*change.after, "needs_suggestions", "needs_comparing"]
    article.needs_suggestions = article.needs_comparing = True
    if "image_url" in change.after:
        article.image_wanted, article.image_tries = True, 0
        article.image_retry_at, article.image_problem = None, ""
        names += ["image_wanted", "image_tries", "image_retry_at", "image_problem"]
    return names

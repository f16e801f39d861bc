"""Claims: who is at work on a piece. They run out, and can be taken over."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from articles.models import Article, Claim

from .outcomes import NotAllowed

#: How long a claim stands when nobody renews it. The desk renews it while a piece
#: is open, so an editor who leaves strands nothing for longer than this.
STANDS = timedelta(minutes=5)


class Claimed(NotAllowed):
    """A colleague is at work on the piece: ``claim`` says who, and until when."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        said = gettext("%(name)s is at work on it.")
        super().__init__(said % {"name": claim.by.get_username()})


def claim(article: int, *, by: User, take_over: bool = False) -> Claim:
    """Claim an article (id) for a person, or renew their claim.

    Raises Claimed if a colleague's claim stands, unless it is taken over, and
    NotAllowed if there is no such article.
    """
    with transaction.atomic():
        locked = Article.objects.select_for_update(no_key=True).filter(pk=article)
        if not locked.values_list("pk", flat=True):
            raise NotAllowed(gettext("It is gone."))
        other = Claim.objects.standing().exclude(by=by).filter(article=article)
        if not take_over and (standing := other.select_related("by").first()):
            raise Claimed(standing)
        made, _ = Claim.objects.update_or_create(
            article_id=article,
            defaults={"by": by, "until": timezone.now() + STANDS},
        )
    return made


def release(article: int, *, by: User) -> None:
    """Give up a person's claim on an article (id), if it is theirs."""
    Claim.objects.filter(article=article, by=by).delete()


def claimed_by_others(ids: Iterable[int], *, by: User) -> dict[int, Claimed]:
    """``{article id: Claimed}`` of the pieces that a colleague is at work on."""
    rows = Claim.objects.standing().filter(article__in=list(ids)).exclude(by=by)
    return {each.article_id: Claimed(each) for each in rows.select_related("by")}


def left_to_others(
    ids: Iterable[int], *, by: User | None, take_over: bool
) -> dict[int, Claimed]:
    """Of pieces that are decided on, those that are left to a colleague, who is at
    work on them: ``{article id: Claimed}``.

    {} for who takes them over, with which the colleague's claim ends; and for programs
    (``by`` is None), which nobody could ask.
    """
    if by is None:
        return {}
    if not take_over:
        return claimed_by_others(ids, by=by)
    Claim.objects.filter(article__in=list(ids)).exclude(by=by).delete()
    return {}

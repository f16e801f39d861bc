"""Corrections: telling readers what was wrong with a piece, or missing from it."""

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext

from articles.acts import acting
from articles.models import Article, ArticleStatus, Correction, CorrectionKind

from .outcomes import NotAllowed, touch

#: The acts of this module, and the right that each asks for.
KINDS = frozenset({"correct", "withdraw_correction"})
PERMISSION = "correct_article"
#: Characters of a correction; the column knows no limit of its own.
LONGEST_CORRECTION = 2_000


def correct(
    article: int,
    text: str,
    *,
    kind: str = CorrectionKind.CORRECTION,
    by: User,
) -> Correction:
    """Tell readers of a piece (id) what was wrong with it, or was missing.

    ``kind`` is one of ``CorrectionKind``. Raises NotAllowed for a piece that was
    never public or is killed, and for a text that is blank or too long.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_CORRECTION:
        said = gettext("Write what readers are told, in at most %(most)d characters.")
        raise NotAllowed(said % {"most": LONGEST_CORRECTION})
    with acting("correct", [article], by=by):
        piece = Article.objects.filter(pk=article).first()
        if why := why_not_correct(piece):
            raise NotAllowed(why)
        told = Correction.objects.create(
            article_id=article,
            kind=CorrectionKind(kind),
            text=text,
            at=timezone.now(),
            by=by,
            by_name=by.get_username(),
        )
        touch([article])
    return told


def why_not_correct(article: Article | None) -> str:
    """Why nothing can be corrected in a piece; "" if something can."""
    if article is None:
        return gettext("It is gone.")
    if article.status == ArticleStatus.KILLED:
        return gettext("It is killed; its notice is what readers are told.")
    if not _was_public(article):
        return gettext("Only what is or was public can be corrected.")
    return ""


def _was_public(article: Article) -> bool:
    out = {ArticleStatus.PUBLISHED, ArticleStatus.UNPUBLISHED}
    since, embargo = article.published_at, article.embargoed_until
    if article.status not in out or since is None:
        return False
    return max(since, embargo or since) <= timezone.now()


def withdraw_correction(correction: Correction, *, by: User) -> None:
    """Take a correction away from readers; it stays in the history.

    Raises NotAllowed if it is withdrawn already.
    """
    piece = correction.article_id
    with acting("withdraw_correction", [piece], by=by):
        standing = Correction.objects.standing().filter(pk=correction.pk)
        if not standing.update(withdrawn_at=timezone.now()):
            raise NotAllowed(gettext("It has been withdrawn already."))
        touch([piece])
    correction.refresh_from_db()

"""Restoring: any earlier version of a piece, at any time."""

from django.contrib.auth.models import User
from django.utils.translation import gettext

from articles.acts import TAGS, Snapshot, acting, same, snapshots, tag_ids
from articles.models import Article, Change, Tag

from .outcomes import ChangedMeanwhile, NotAllowed, Outcome, changed_meanwhile
from .writing_back import gone_from, with_pictures_left, write_back

#: What a restored version brings back: words, tags and picture, not where the piece
#: stands in the workflow.
RESTORED = (
    "headline",
    "excerpt",
    "note",
    "category_id",
    "image_id",
    "image_alt",
    "image_caption",
    "image_credit",
    TAGS,
)


def earlier(article: int, version: int) -> Snapshot:
    """What restoring that version of an article (id) would write; {} if nothing.

    A category or a picture that is gone by now stays as it is; tags stay away.
    """
    values: Snapshot = {}
    later = Change.objects.filter(article=article, version__gt=version)
    for change in later.order_by("-version"):
        values |= {k: v for k, v in change.before.items() if k in RESTORED}
    if TAGS in values:
        wanted = tag_ids(values[TAGS])
        there = set(Tag.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        values[TAGS] = [tag for tag in values[TAGS] if tag["tag"] in there]
    [values] = with_pictures_left([values])
    lost = {name for name, _pk in gone_from([values])}
    now = snapshots([article]).get(article, values)
    return {
        name: value
        for name, value in values.items()
        if name not in lost
        and (name, value) != ("category_id", None)
        and not same(name, value, now[name])
    }


def restore(
    article: Article, version: int, *, by: User, seen: int | None = None
) -> Outcome:
    """Bring the words, tags and picture of an article back as a version had them.

    ``seen`` is the version that the person has looked at; raises ChangedMeanwhile
    if it is not that which stands, and NotAllowed if the piece is gone.
    """
    outcome = Outcome()
    with acting("restore", [article.pk], by=by) as recording:
        if article.pk not in recording.before:
            raise NotAllowed(gettext("It is gone."))
        article.refresh_from_db()
        if why := changed_meanwhile(article, seen):
            raise ChangedMeanwhile(why, version=article.version)
        if values := earlier(article.pk, version):
            write_back({article.pk: values}, recording.before)
            outcome.moved.append(article.pk)
    outcome.act = recording.act
    article.refresh_from_db()
    return outcome

"""Taking back: any act within a day, and any earlier version at any time."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.acts import (
    APART,
    COLUMNS,
    CORRECTIONS,
    SUGGESTIONS,
    TAGS,
    WINDOW,
    Snapshot,
    acting,
    same,
    snapshots,
    tag_ids,
)
from articles.images import library
from articles.models import (
    Act,
    Article,
    ArticleStatus,
    Category,
    Change,
    Correction,
    DuplicateState,
    Image,
    PossibleDuplicate,
    SuggestionState,
    Tag,
    TaggedArticle,
    TagSuggestion,
    relisting,
)

from . import withdrawal
from .editing import may_edit
from .folding import settle
from .moves import BATCH, WAITING
from .outcomes import (
    ChangedMeanwhile,
    NotAllowed,
    Outcome,
    changed_meanwhile,
    touch,
)
from .permissions import permission_of

#: What is gone with an act of these kinds cannot be brought back from its note, and
#: what came with it does not go by itself.
FINAL = {
    "delete": _("What was deleted cannot be brought back."),
    "add": _("A piece that was added is not taken back: spike it, or delete it."),
}
#: What is taken back by a key, unasked: what is done with one at the desk, by any of
#: its kinds. Other acts, such as a kill, are taken back in the history, which asks.
UNASKED = frozenset(
    {
        *("publish", "spike", "select", "release", "hold", "resume"),
        *("fold", "apart", "edit", "tag"),
    }
)
#: Columns that lead to rows which may be gone by the time they are written back, and
#: why the piece then stays as it is. A picture is not among them: one that went with
#: a kill keeps no piece from coming back.
LEADS: dict[str, tuple[type[Model], str | Promise]] = {
    "category_id": (Category, _("Its former category is gone.")),
    "folded_into_id": (Article, _("The piece it was folded into is gone.")),
}
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


def why_not_undo(act: Act, user: User | AnonymousUser) -> str:
    """Why this person cannot take this act back; "" if they can."""
    if act.kind in FINAL:
        return str(FINAL[act.kind])
    if hasattr(act, "undone_by"):
        return gettext("It has been taken back already.")
    if act.at < timezone.now() - WINDOW:
        return gettext("It is more than 24 hours old.")
    if not _may_undo(act, user):
        return gettext("You may not do that.")
    return ""


def last_act(
    user: User,
    *,
    taken_back: bool = False,
    before: int | None = None,
) -> Act | None:
    """This person's newest act that still stands and can be taken back by a key.

    With ``taken_back`` it is their newest taking back: to take that back is to do
    it again. ``before`` is an act (id) that was tried already, and those behind it
    are looked at. Of what was taken back and done again the last counts.
    """
    recent = Act.objects.filter(by=user, at__gte=timezone.now() - WINDOW)
    if before is not None:
        recent = recent.filter(pk__lt=before)
    undone = Act.objects.filter(undoes=OuterRef("pk"))
    acts = recent.filter(~Exists(undone)).select_related("undoes__undoes")
    for act in acts.newest_first()[:BATCH]:
        first, is_taken_back = act, False
        while first.undoes:
            first, is_taken_back = first.undoes, not is_taken_back
        if first.kind in UNASKED and is_taken_back == taken_back:
            return act
    return None


def _may_undo(act: Act, user: User | AnonymousUser) -> bool:
    permission = permission_of(act)
    if permission != "articles.change_article":
        return user.has_perm(permission)
    pieces = Article.objects.filter(changes__act=act)
    decided = pieces.exclude(status__in=WAITING).values_list("status", flat=True)
    return may_edit(user, decided.first() or WAITING[0])


def undo(act: Act, *, by: User) -> Outcome:
    """Take an act back; taking that back does it again.

    A piece that has been changed since in what the act changed is left alone and
    listed. What was killed comes back unpublished: nothing withdrawn shows again
    without a second decision. Raises NotAllowed where ``why_not_undo`` says so.
    """
    outcome = Outcome()
    with transaction.atomic():
        act = Act.objects.select_for_update(no_key=True).get(pk=act.pk)
        if why := why_not_undo(act, by):
            raise NotAllowed(why)
        changes = list(act.changes.exclude(article=None).order_by("pk"))
        columns = _columns_beside(changes)
        with acting("undo", [], by=by, undoes=act, columns=columns) as recording:
            for start in range(0, len(changes), BATCH):
                batch = changes[start : start + BATCH]
                recording.include(change.number for change in batch)
                _undo_batch(batch, recording.before, outcome)
    outcome.act = recording.act
    return outcome


def _columns_beside(changes: list[Change]) -> tuple[str, ...]:
    """The columns that an act has changed beside the desk's own."""
    names = {name for change in changes for name in change.after}
    return tuple(sorted(names - {*COLUMNS, TAGS, SUGGESTIONS, CORRECTIONS, APART}))


def _undo_batch(
    changes: list[Change], now: dict[int, Snapshot], outcome: Outcome
) -> None:
    back: dict[int, Snapshot] = {}
    for change, values, why in _way_back(changes, now):
        if why:
            outcome.refused.append((change.number, why))
        else:
            back[change.number] = values
    write_back(back, now)
    outcome.moved += back


def preview_undo(changes: Iterable[Change]) -> list[tuple[Change, Snapshot, str]]:
    """What taking back these changes would write into each piece, or why it cannot.

    Pieces that are gone are left out.
    """
    there = [change for change in changes if change.article_id]
    return _way_back(there, snapshots(change.number for change in there))


def _way_back(
    changes: list[Change], now: dict[int, Snapshot]
) -> list[tuple[Change, Snapshot, str]]:
    values = _pictured(_unkilled(change) for change in changes)
    gone = _gone(values)
    found = []
    for change, row in zip(changes, values, strict=True):
        current = now[change.number]
        if any(not same(name, current[name], v) for name, v in change.after.items()):
            why = gettext("It has been changed since.")
        else:
            lost = (name for name in LEADS if (name, row.get(name)) in gone)
            why = next((str(LEADS[name][1]) for name in lost), "")
        found.append((change, row, why))
    return found


def _gone(rows: Iterable[Snapshot]) -> set[tuple[str, int]]:
    """Of the rows that these values lead to, those that are not there any more."""
    rows, gone = list(rows), set()
    for name, (model, _why) in LEADS.items():
        wanted = {row[name] for row in rows if row.get(name)}
        if wanted:
            known = model._default_manager.filter(pk__in=wanted)
            there = set(known.values_list("pk", flat=True))
            gone |= {(name, pk) for pk in wanted - there}
    return gone


def _pictured(rows: Iterable[Snapshot]) -> list[Snapshot]:
    """These values, without pictures that have been taken away since.

    What the piece shows now stays in their place.
    """
    rows = list(rows)
    gone = {row["image_id"] for row in rows if row.get("image_id")}
    if gone:
        there = Image.objects.filter(pk__in=gone)
        gone -= set(there.values_list("pk", flat=True))
    return [
        {name: value for name, value in row.items() if name != "image_id"}
        if row.get("image_id") in gone
        else row
        for row in rows
    ]


def _unkilled(change: Change) -> Snapshot:
    killed = change.after.get("status") == ArticleStatus.KILLED
    if killed and change.before["status"] == ArticleStatus.PUBLISHED:
        return change.before | {"status": ArticleStatus.UNPUBLISHED}
    return change.before


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
    [values] = _pictured([values])
    lost = {name for name, _pk in _gone([values])}
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


def write_back(values: dict[int, Snapshot], now: dict[int, Snapshot]) -> None:
    """Write ``{article id: {column: value}}`` as snapshots hold them.

    ``now`` is how the articles are before. Within an act, with the articles locked.
    """
    ids = list(values)
    with relisting(ids):
        _write_columns(values)
        _write_tags({pk: v[TAGS] for pk, v in values.items() if TAGS in v})
    _write_answers({pk: v[SUGGESTIONS] for pk, v in values.items() if SUGGESTIONS in v})
    _write_corrections(
        {pk: v[CORRECTIONS] for pk, v in values.items() if CORRECTIONS in v}
    )
    for pk, row in values.items():
        if APART in row:
            _write_apart(pk, set(row[APART]), set(now[pk][APART]))
    _unfold([pk for pk, v in values.items() if v.get("folded_into_id", 0) is None])
    became = {pk: v["status"] for pk, v in values.items() if "status" in v}
    killed = {pk for pk in ids if now[pk]["status"] == ArticleStatus.KILLED}
    kills = {pk for pk, to in became.items() if to == ArticleStatus.KILLED}
    withdrawal.revive(sorted((killed & became.keys()) - kills))
    withdrawal.clean(sorted(kills - killed))
    touch(ids)


def _write_columns(values: dict[int, Snapshot]) -> None:
    """One statement for all the pieces that get the same values.

    A picture that was removed since cannot come back; the present one stays.
    """
    alike: dict[str, list[int]] = {}
    elsewhere = {TAGS, SUGGESTIONS, CORRECTIONS, APART}
    pictures = {row["image_id"] for row in values.values() if row.get("image_id")}
    lost = pictures - library.kept(pictures) if pictures else set()
    for pk, row in values.items():
        columns = {k: v for k, v in row.items() if k not in elsewhere}
        if columns.get("image_id") in lost:
            del columns["image_id"]
        if columns:
            alike.setdefault(json.dumps(columns, sort_keys=True), []).append(pk)
    for text, ids in alike.items():
        row = json.loads(text).items()
        columns = {name: _field(name).to_python(value) for name, value in row}
        Article.objects.filter(pk__in=ids).update(**columns)


def _field(name: str) -> Any:
    return Article._meta.get_field(name)


def _write_tags(tags: dict[int, list[dict[str, Any]]]) -> None:
    known = set(
        Tag.objects.filter(pk__in=tag_ids([t for row in tags.values() for t in row]))
        .order_by()
        .values_list("pk", flat=True)
    )
    there = set(TaggedArticle.objects.of(tags).values_list("content_object", "tag"))
    wanted = {
        (pk, tag["tag"]): tag["origin"]
        for pk, row in tags.items()
        for tag in row
        if tag["tag"] in known
    }
    for pk in tags:
        off = [tag for article, tag in there if article == pk]
        off = [tag for tag in off if (pk, tag) not in wanted]
        TaggedArticle.objects.filter(content_object=pk, tag__in=off).delete()
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object_id=pk, tag_id=tag, origin=origin)
        for (pk, tag), origin in wanted.items()
        if (pk, tag) not in there
    )


def _write_answers(answers: dict[int, dict[str, str]]) -> None:
    """Answers to suggestions as they were; those given since are open again."""
    for pk, states in answers.items():
        mine = TagSuggestion.objects.filter(article=pk)
        mine.exclude(tag__in=map(int, states)).update(state=SuggestionState.OPEN)
        for state in set(states.values()):
            tags = [int(tag) for tag, kept in states.items() if kept == state]
            mine.filter(tag__in=tags).update(state=state)


def _write_corrections(corrections: dict[int, list[dict[str, Any]]]) -> None:
    """Let these corrections stand, and withdraw the others of their pieces."""
    stand = [row["correction"] for rows in corrections.values() for row in rows]
    theirs = Correction.objects.filter(article__in=corrections)
    others = theirs.standing().exclude(pk__in=stand)
    others.update(withdrawn_at=timezone.now())
    theirs.filter(pk__in=stand).update(withdrawn_at=None)


def _write_apart(article: int, others: set[int], now: set[int]) -> None:
    """Let a piece be kept apart from these and no others; those are open again."""
    for other in others - now:
        settle(article, other, DuplicateState.APART)
    for other in now - others:
        settle(article, other, DuplicateState.OPEN)


def _unfold(ids: Iterable[int]) -> None:
    ids = list(ids)
    folded = PossibleDuplicate.objects.filter(state=DuplicateState.FOLDED)
    for pairs in (folded.filter(article__in=ids), folded.filter(other__in=ids)):
        pairs.update(state=DuplicateState.OPEN)

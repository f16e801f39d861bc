"""Acts and their changes in words. Every kind of act has its word here, and once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.acts import APART, COLUMNS, CORRECTIONS, SUGGESTIONS, TAGS, Snapshot
from articles.differences import Piece, compare
from articles.ingest import sanitise
from articles.models import (
    Act,
    Article,
    ArticleStatus,
    Category,
    Change,
    CorrectionKind,
    SuggestionState,
    Tag,
)

#: What was done, by the kind of the act; the order is that of a list to choose from.
KINDS: dict[str, str | Promise] = {
    "publish": gettext_lazy("published"),
    "unpublish": gettext_lazy("unpublished"),
    "select": gettext_lazy("selected"),
    "release": gettext_lazy("put back among what arrived"),
    "spike": gettext_lazy("spiked"),
    "unspike": gettext_lazy("brought back from the spike"),
    "hold": gettext_lazy("held"),
    "resume": gettext_lazy("brought back into the queue"),
    "fold": gettext_lazy("folded into another piece"),
    "apart": gettext_lazy("kept apart from another piece"),
    "edit": gettext_lazy("edited"),
    "tag": gettext_lazy("tagged"),
    "correct": gettext_lazy("told readers of a correction"),
    "withdraw_correction": gettext_lazy("withdrew a correction"),
    "kill": gettext_lazy("killed"),
    "takedown": gettext_lazy("taken down"),
    "add": gettext_lazy("added by hand"),
    "delete": gettext_lazy("deleted"),
    "accept_change": gettext_lazy("changed as at the source"),
    "restore": gettext_lazy("brought back to an earlier version"),
    "undo": gettext_lazy("took back"),
}
#: Columns of moments, as snapshots and changes at the source hold them.
MOMENTS = frozenset(
    {
        "published_at",
        "embargoed_until",
        "held_until",
        "source_published_at",
        "source_updated_at",
    }
)
#: Characters of a text that are shown in a line; of a longer one, the difference
#: stands below.
SHORT = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a change is about.

    Either ``text`` says it, or ``before`` and ``after`` are the two values, each
    with what the other lacks marked.
    """

    label: str
    text: str = ""
    before: list[Piece] = field(default_factory=list)
    after: list[Piece] = field(default_factory=list)
    is_long: bool = False
    hint: str = ""

    @property
    def was(self) -> SafeString:
        """The value before, as markup."""
        return marked(self.before, "del")

    @property
    def now(self) -> SafeString:
        """The value after, as markup."""
        return marked(self.after, "ins")


class Names:
    """What the ids in some snapshots stand for: one query for each kind of them."""

    def __init__(self, rows: Iterable[Snapshot]) -> None:
        rows = list(rows)
        self._categories = dict(
            Category.objects.filter(pk__in=_ids(rows, "category_id")).values_list(
                "pk", "name"
            )
        )
        folded = Article.objects.filter(pk__in=_ids(rows, "folded_into_id"))
        folded = folded.only("headline", "source_headline")
        self._pieces = {piece.pk: piece.shown_headline for piece in folded}
        answered = {int(tag) for row in rows for tag in row.get(SUGGESTIONS) or {}}
        known = Tag.objects.filter(pk__in=answered)
        self._tags = dict(known.values_list("pk", "name"))

    def text(self, name: str, value: Any) -> str:
        """The value of a column as people read it; "" for none."""
        if value is None or value == "" or value == []:
            return ""
        if name == "status":
            return str(dict(ArticleStatus.choices).get(value, value))
        if name in MOMENTS:
            moment = parse_datetime(value) if isinstance(value, str) else value
            if not moment:
                return str(value)
            return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
        if name == "category_id":
            return self._categories.get(value, _("category %d, deleted") % value)
        if name == "folded_into_id":
            return self._pieces.get(value, _("article %d, deleted") % value)
        if name == "image_id":
            return _("picture %d") % value
        if name == TAGS:
            return ", ".join(f"#{tag['name']}" for tag in value)
        if name == "source_body":
            return sanitise.text(value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return ", ".join(value) if isinstance(value, list) else str(value)

    def tag(self, pk: int) -> str:
        return f"#{self._tags[pk]}" if pk in self._tags else _("tag %d, deleted") % pk


def _ids(rows: Iterable[Snapshot], name: str) -> set[int]:
    return {row[name] for row in rows if row.get(name)}


def kind_words(kind: str) -> str:
    """What was done; a kind that is not known says its own name."""
    return str(KINDS.get(kind, kind))


def act_words(act: Act) -> str:
    """What was done; of an act that takes another back, what that was."""
    if not act.undoes:
        return kind_words(act.kind)
    taken = act.undoes
    if not taken.undoes_id:
        return _("took back: %(what)s") % {"what": kind_words(taken.kind)}
    return _("did again what had been taken back")


def column_label(name: str) -> str:
    """The name of a column of an article, or of what a snapshot holds beside them."""
    if name == TAGS:
        return _("tags")
    column: Any = Article._meta.get_field(name.removesuffix("_id"))
    return str(column.verbose_name)


def told(changes: Iterable[Change]) -> dict[int, list[Line]]:
    """``{change id: what it changed}``, for a page of changes at once."""
    changes = list(changes)
    rows = [row for change in changes for row in (change.before, change.after)]
    names = Names(rows)
    return {each.pk: lines(each.before, each.after, names) for each in changes}


def lines(before: Snapshot, after: Snapshot, names: Names) -> list[Line]:
    """What differs between two states of a piece, in the order of its columns.

    Of what is new or gone altogether (``before`` or ``after`` is empty), only what
    says something is named.
    """
    found: list[Line] = []
    for name in in_order(before | after):
        old, new = before.get(name), after.get(name)
        if name == TAGS:
            found += _tag_lines(old or [], new or [])
        elif name == SUGGESTIONS:
            found += _answer_lines(old or {}, new or {}, names)
        elif name == CORRECTIONS:
            found += _correction_lines(old or [], new or [])
        elif name == APART:
            found += _apart_lines(old or [], new or [])
        elif line := line_of(name, old, new, names):
            found.append(line)
    return found


def in_order(columns: Iterable[str]) -> list[str]:
    """Names of columns in the order of a history. PostgreSQL keeps none in JSON."""
    columns = set(columns)
    fields = (f.attname for f in Article._meta.concrete_fields)
    known = dict.fromkeys(
        (*COLUMNS, *fields, "category", TAGS, SUGGESTIONS, CORRECTIONS, APART)
    )
    return [name for name in known if name in columns]


def line_of(name: str, before: Any, after: Any, names: Names) -> Line | None:
    """One column before and after; None if a person sees no difference."""
    old, new = names.text(name, before), names.text(name, after)
    hint = ""
    if name == "source_body" and old == new:
        old, new = before or "", after or ""
        hint = _("The words are the same; the markup differs.")
    if old == new:
        return None
    is_long = max(len(old), len(new)) > SHORT or "\n" in old + new
    return Line(capfirst(column_label(name)), "", *compare(old, new), is_long, hint)


def _tag_lines(before: list[Snapshot], after: list[Snapshot]) -> list[Line]:
    old = {tag["tag"]: tag["name"] for tag in before}
    new = {tag["tag"]: tag["name"] for tag in after}
    on = [f"#{name}" for pk, name in new.items() if pk not in old]
    off = [f"#{name}" for pk, name in old.items() if pk not in new]
    return [
        Line(label, ", ".join(tags))
        for label, tags in ((_("Tags put on"), on), (_("Tags taken off"), off))
        if tags
    ]


def _answer_lines(
    before: dict[str, str], after: dict[str, str], names: Names
) -> list[Line]:
    """What was turned down among the suggestions; what was taken is a tag now."""
    old, new = _rejected(before), _rejected(after)
    both = (
        (_("Not suggested again"), new - old),
        (_("Suggested again"), old - new),
    )
    return [
        Line(label, ", ".join(names.tag(tag) for tag in sorted(tags)))
        for label, tags in both
        if tags
    ]


def _apart_lines(before: list[int], after: list[int]) -> list[Line]:
    parted = [(_("not the same as"), pk) for pk in after if pk not in before]
    again = [(_("possibly the same as again"), pk) for pk in before if pk not in after]
    return [
        Line(label, text=_("piece %(number)d") % {"number": pk})
        for label, pk in (*parted, *again)
    ]


def _correction_lines(before: list[Snapshot], after: list[Snapshot]) -> list[Line]:
    """What readers are told now, and what they are told no more."""
    old = {told["correction"]: told for told in before}
    new = {told["correction"]: told for told in after}
    kinds = dict(CorrectionKind.choices)
    return [
        Line(
            label % {"kind": capfirst(kinds.get(told["kind"], told["kind"]))},
            told["text"],
        )
        for label, these, others in (
            (_("%(kind)s, told to readers"), new, old),
            (_("%(kind)s, withdrawn"), old, new),
        )
        for pk, told in these.items()
        if pk not in others
    ]


def _kind_of(told: Snapshot) -> str:
    kind = told["kind"]
    return capfirst(str(dict(CorrectionKind.choices).get(kind, kind)))


def _rejected(answers: dict[str, str]) -> set[int]:
    return {int(t) for t, state in answers.items() if state == SuggestionState.REJECTED}


_CHANGED = {
    "del": "<del>{}</del>",
    "ins": "<ins>{}</ins>",
    "mark": "<mark>{}</mark>",
}


def marked(pieces: list[Piece], element: str) -> SafeString:
    """A text in pieces as markup, with an element around what has changed.

    ``element`` is ``del`` or ``ins``, or ``mark`` where neither text is the older.
    """
    if not pieces:
        return format_html("{}", "–")
    forms = {
        "changed": _CHANGED[element],
        "gap": '<span class="gap">{}</span>',
        "same": "{}",
    }
    return format_html_join(
        "", "{}", ((format_html(forms[piece.kind], piece.text),) for piece in pieces)
    )

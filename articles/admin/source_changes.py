"""What a source has changed in a piece that an editor has touched."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import workflow
from articles.differences import Piece, compare
from articles.ingest import sanitise
from articles.models import Article, SourceChange

from .article_list import person

Verb = Callable[..., None]

#: What stands before the source's text, by the source's column.
_OURS = {"source_headline": "headline", "source_excerpt": "excerpt"}
_DATES = {"source_published_at", "source_updated_at"}


@dataclass(frozen=True, slots=True)
class ChangedColumn:
    """One column of a change: what it holds, and what the source has now."""

    label: str
    before: list[Piece]
    after: list[Piece]
    hint: str


def columns(article: Article, change: SourceChange) -> list[ChangedColumn]:
    """The columns of a change, each with the differences, in the model's order."""
    return [
        _column(article, name, change.after[name]) for name in _in_order(change.after)
    ]


def labels(change: SourceChange) -> str:
    """The names of the columns that a change is about, in one line."""
    return capfirst(", ".join(map(_label, _in_order(change.after))))


def decide(request: HttpRequest, article: Article, verb: Verb) -> SourceChange:
    """Take over or turn down the change that the person has seen.

    Raises NotAllowed if another waits by now, or none.
    """
    seen = request.POST.get("digest", "")
    change = article.source_changes.pending().filter(digest=seen).first()
    if change is None:
        raise workflow.NotAllowed(
            _("Someone else has decided on this change, or the source changed again.")
        )
    verb(change, by=person(request))
    return change


def _in_order(names: dict[str, Any]) -> list[str]:
    # PostgreSQL keeps no order in JSON.
    return [f.name for f in Article._meta.get_fields() if f.name in names]


def _label(name: str) -> str:
    field: Any = Article._meta.get_field(name)
    return str(field.verbose_name)


def _column(article: Article, name: str, value: Any) -> ChangedColumn:
    current = getattr(article, name)
    now, new = _shown(name, current), _shown(name, value)
    hint = ""
    if name == "source_body" and now == new:
        now, new = current, value
        hint = _("The words are the same; the markup differs.")
    elif name in _OURS and getattr(article, _OURS[name]):
        hint = _("Readers see your own, which stays.")
    return ChangedColumn(capfirst(_label(name)), *compare(now, new), hint)


def _shown(name: str, value: Any) -> str:
    """A column's value as text."""
    if name == "source_body":
        return sanitise.text(value)
    if name in _DATES:
        return _date(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(value) if isinstance(value, list) else str(value or "")


def _date(value: datetime | str | None) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else value
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}" if moment else ""

"""What a source has changed in a piece that an editor has touched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import history, workflow
from articles.models import Article, SourceChange
from articles.roles import person

Verb = Callable[..., None]

#: What stands before the source's text, by the source's column.
_OURS = {"source_headline": "headline", "source_excerpt": "excerpt"}


def columns(article: Article, change: SourceChange) -> list[history.Line]:
    """The columns of a change, each with the differences, in the model's order."""
    names = history.Names([])
    rows = (
        _column(article, name, change.after[name], names)
        for name in history.in_order(change.after)
    )
    return [row for row in rows if row]


def labels(change: SourceChange) -> str:
    """The names of the columns that a change is about, in one line."""
    found = history.in_order(change.after)
    return capfirst(", ".join(map(history.column_label, found)))


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


def _column(
    article: Article, name: str, value: Any, names: history.Names
) -> history.Line | None:
    current = getattr(article, name)
    if name == "category":
        current = str(current)
    line = history.line_of(name, current, value, names)
    if line and name in _OURS and getattr(article, _OURS[name]):
        return replace(line, hint=_("Readers see your own, which stays."))
    return line

"""Deleting in the admin: what goes along is named while it is little, else counted."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import workflow
from articles.models import SearchRow, TextBand

from .counting import MOST_COUNTED, count_up_to

#: Rows that are made of a piece's words, and tell nobody what is lost.
DERIVED = (TextBand, SearchRow)
#: Rows of one kind that a page names one by one before they are deleted.
MOST_LISTED = 100


class DeletesNamed:
    """Delete by the workflow's verb, on a page of its own as from the list."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        workflow.delete_named(type(obj).objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        workflow.delete_named(queryset)


def in_short(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    objs: Any,
    along: Mapping[Any, QuerySet[Any]],
) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]] | None:
    """What Django's page shows before it deletes rows with which many others go.

    ``along`` are these others, by what they are called; Django would load and name
    each of them. None where they are few enough for that.
    """
    counts = {name: count_up_to(MOST_COUNTED, rows) for name, rows in along.items()}
    if all(number <= MOST_LISTED for number in counts.values()):
        return None
    meta = model_admin.opts
    named = [f"{capfirst(meta.verbose_name)}: {each}" for each in objs[:MOST_LISTED]]
    lacking = {
        meta.verbose_name
        for each in objs[:MOST_LISTED]
        if not model_admin.has_delete_permission(request, each)
    }
    own = {meta.verbose_name_plural: count_up_to(MOST_COUNTED, objs)}
    return named, own | {k: v for k, v in counts.items() if v}, lacking, []


def kept_by_pieces(
    model_admin: admin.ModelAdmin, objs: Any, pieces: QuerySet[Any]
) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]] | None:
    """What Django's page shows of rows that cannot go while pieces belong to them.

    Some of these pieces are named; None if there are none.
    """
    some = list(pieces.order_by("-pk")[: MOST_LISTED + 1])
    if not some:
        return None
    lines: list[Any] = [
        format_html(
            '{}: <a href="{}">{}</a>',
            capfirst(each._meta.verbose_name),
            reverse("admin:articles_article_change", args=[each.pk]),
            each,
        )
        for each in some[:MOST_LISTED]
    ]
    lines += [_("… and more")] * (len(some) > MOST_LISTED)
    meta = model_admin.opts
    return [], {meta.verbose_name_plural: len(objs)}, set(), lines


def without_derived(
    found: list[Any], counts: dict[Any, int]
) -> tuple[list[Any], dict[Any, int]]:
    """What Django's page lists before it deletes, without what is derived."""
    names = [f"{capfirst(model._meta.verbose_name)}: " for model in DERIVED]
    hidden = {model._meta.verbose_name_plural for model in DERIVED}
    kept = {name: count for name, count in counts.items() if name not in hidden}
    return _without(found, tuple(names)), kept


def _without(found: list[Any], names: tuple[str, ...]) -> list[Any]:
    """Lines and lists of lines; a list left empty goes too."""
    left = [_without(each, names) if isinstance(each, list) else each for each in found]
    return [each for each in left if each and not str(each).startswith(names)]

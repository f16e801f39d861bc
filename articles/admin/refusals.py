"""Refusals: a page that says what somebody may not do, and who can."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.roles import NotPermitted, names_of, who_can
from articles.roles.addresses import ADDRESSES, NOBODY, asked_by_action


class RefusesActions(admin.ModelAdmin):
    """A list that refuses an action of which the person is not shown the name, and one
    on rows that cannot be.

    Of the first Django says “No action selected”, which helps nobody; with the second
    it breaks off, and so it does with an address (``?_to_field=``) that gives nothing,
    or a relation, for the column by which a row is to be found.
    """

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_view_or_change_permission(request):
            self._refuse_actions(request)
        return super().changelist_view(request, extra_context)

    def _refuse_actions(self, request: HttpRequest) -> None:
        match = request.resolver_match
        allowed = self.get_actions(request)
        for action in request.POST.getlist("action"):
            asked = asked_by_action(match.view_name if match else "", action)
            if asked and action not in allowed:
                raise NotPermitted(asked)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        try:
            for ticked in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(ticked, None)
        except ValidationError:
            said = _("Not done: what was ticked is no row of this list. Tick it again.")
            self.message_user(request, said, messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        return super().get_object(request, object_id, from_field or None)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        columns = {field.name for field in self.opts.concrete_fields}
        return to_field in columns and super().to_field_allowed(request, to_field)


def refused(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """The page for 403, in the dress of where it happened."""
    # Without a user, something has refused before anybody was looked up.
    user = getattr(request, "user", None)
    inside = bool(user) and request.path.startswith(reverse("admin:index"))
    context = {
        "dress": "admin/base_site.html" if inside else "base.html",
        "who_can": who_can(_lacking(request, exception)),
        "roles": names_of(user) if user and user.is_authenticated else [],
    }
    if inside:
        context = admin.site.each_context(request) | context
    return render(request, "403.html", context, status=403)


def _lacking(request: HttpRequest, exception: PermissionDenied) -> str:
    """The right (``app.codename``) for want of which this was refused; "" if none."""
    if isinstance(exception, NotPermitted):
        return exception.permission
    match = request.resolver_match
    asks = ADDRESSES.get(match.view_name) if match else None
    asked = asks.of(request.method or "") if asks else ()
    user = getattr(request, "user", None)
    for name in asked:
        if name != NOBODY and user and not user.has_perm(name):
            return name
    return ""

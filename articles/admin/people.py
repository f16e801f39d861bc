"""People and their roles: Django's users and groups, so that roles lie nearest."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.roles import TASKS, Role

from .refusals import RefusesActions

_ROLES = [role.value for role in Role]


class RolesField(forms.ModelMultipleChoiceField):
    """Groups to tick, each role with what it may do."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group: Group) -> str:
        if group.name not in _ROLES:
            return group.name
        words = "; ".join(str(t.words) for t in TASKS if group.name in t.roles)
        return format_html('{} <span class="role-words">{}.</span>', group.name, words)


class WithRoles(forms.ModelForm):
    """The part of an account that says who may sign in, and in which roles."""

    groups = RolesField(
        queryset=Group.objects.order_by("name"),
        label=gettext_lazy("Roles"),
        required=False,
        help_text=gettext_lazy(
            "What somebody may do follows from their roles; several add up."
        ),
    )
    is_staff = forms.BooleanField(
        label=gettext_lazy("May sign in here"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Without this tick nobody gets in, whatever their roles (Django calls it"
            " staff status)."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("groups") and data.get("is_active", True) and not data["is_staff"]:
            self.add_error(
                "is_staff",
                ValidationError(
                    _(
                        "Whoever has a role must be let in to use it. Tick this, or"
                        " take the roles away; for somebody who has left, take the"
                        " tick off “Active” instead."
                    ),
                    code="role_without_sign_in",
                ),
            )
        return data


class PersonForm(WithRoles, UserChangeForm):
    """An account that is there."""


class NewPersonForm(WithRoles, UserCreationForm):
    """An account, its password and its roles, in one go."""

    class Meta(UserCreationForm.Meta):
        fields = ("username", "first_name", "last_name", "email", "is_staff", "groups")


admin.site.unregister([User, Group])


@admin.register(User)
class PersonAdmin(RefusesActions, UserAdmin):
    """Accounts. Rights come with roles; single ones are shown and given to nobody."""

    form = PersonForm
    add_form = NewPersonForm
    # Django's page for this tells of a second step, which is not needed here.
    add_form_template = "admin/change_form.html"
    list_display = ["username", "name_cell", "roles_cell", "lets_in", "is_active"]
    list_filter = ["groups", "is_staff", "is_active"]
    list_per_page = 50
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "beyond_roles"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (
            gettext_lazy("What they may do"),
            {"fields": ("is_active", "is_staff", "groups", "beyond_roles")},
        ),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("What they may do"), {"fields": ("is_staff", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=gettext_lazy("name"), ordering="last_name")
    def name_cell(self, user: User) -> str:
        return user.get_full_name() or "–"

    @admin.display(description=gettext_lazy("roles"))
    def roles_cell(self, user: User) -> str:
        names = sorted(group.name for group in user.groups.all())
        if user.is_superuser:
            names = [_("Superuser"), *names]
        return ", ".join(names) or _("none")

    @admin.display(
        description=gettext_lazy("may sign in"), boolean=True, ordering="is_staff"
    )
    def lets_in(self, user: User) -> bool:
        return user.is_staff and user.is_active

    @admin.display(description=gettext_lazy("Beyond roles"))
    def beyond_roles(self, user: User) -> str:
        """What an account has that no role gave it, so that nothing is hidden."""
        if user.is_superuser:
            return _("Superuser: may do everything, and is made by a command only.")
        single = user.user_permissions.select_related("content_type")
        return ", ".join(map(str, single.order_by("codename"))) or "–"

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """Whoever sets a superuser's password is one: only superusers may."""
    return user is None or not user.is_superuser or request.user.is_superuser


@admin.register(Group)
class RoleAdmin(RefusesActions, GroupAdmin):
    """Groups. Those of the roles show what they may do; the code says it."""

    list_display = ["name", "tasks_cell"]
    filter_horizontal = ()
    readonly_fields = ["tasks_cell"]

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> list[Any]:
        return ["name", "tasks_cell"] if _is_role(obj) else ["name", "permissions"]

    @admin.display(description=gettext_lazy("may"))
    def tasks_cell(self, group: Group) -> str:
        words = [t.words for t in TASKS if group.name in t.roles]
        if not words:
            return _("a group of your own")
        items = format_html_join("", "<li>{}</li>", ((word,) for word in words))
        return format_html('<ul class="tasks">{}</ul>', items)

    def has_change_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        return not _is_role(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        return not _is_role(obj) and super().has_delete_permission(request, obj)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in _ROLES

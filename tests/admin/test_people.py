"""Accounts and their roles."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.roles import TASKS, Role, permissions_of
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
PASSWORD = "a long new word"


@pytest.fixture
def chief(client: Client) -> User:
    user: User = make_member(Role.ADMINISTRATORS, name="chief")
    client.force_login(user)
    return user


def group(role: Role) -> Group:
    return Group.objects.get(name=role.value)


def new_person(**changes: Any) -> dict[str, Any]:
    fields = {
        "username": "mei",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "is_staff": "on",
        "groups": [group(Role.EDITORS).pk],
    }
    return {k: v for k, v in (fields | changes).items() if v is not None}


def test_an_administrator_makes_an_editor_who_can_sign_in_on_one_page(
    client: Client, chief: User
) -> None:
    page = client.get(f"{USERS}add/")
    assert all(str(task.words) in page.text for task in TASKS)
    assert page.context["adminform"].form["is_staff"].value() is True

    client.post(f"{USERS}add/", new_person())

    made = User.objects.get(username="mei")
    assert made.get_all_permissions() == permissions_of(Role.EDITORS)
    assert not made.is_superuser
    other = Client()
    signed_in = other.post(
        "/admin/login/?next=/admin/", {"username": "mei", "password": PASSWORD}
    )
    assert signed_in.headers["Location"] == "/admin/"


def test_a_role_without_the_right_to_sign_in_is_refused(
    client: Client, chief: User
) -> None:
    page = client.post(f"{USERS}add/", new_person(is_staff=None))

    assert "Whoever has a role must be let in to use it." in page.text
    assert not User.objects.filter(username="mei").exists()
    without = new_person(is_staff=None, groups=None)
    client.post(f"{USERS}add/", without)
    assert User.objects.filter(username="mei").exists()


def test_roles_are_given_and_taken_and_rights_beyond_them_are_shown(
    client: Client, chief: User
) -> None:
    person = make_user("mei", ("kill_article",))
    url = f"{USERS}{person.pk}/change/"
    assert "Can kill articles for good" in client.get(url).text

    both = [group(Role.CONTRIBUTORS).pk, group(Role.RIGHTS_MANAGERS).pk]
    body = {"username": "mei", "is_active": "on", "is_staff": "on", "groups": both}
    sneaky = {"is_superuser": "on", "user_permissions": [Permission.objects.first().pk]}
    client.post(url, body | sneaky)

    person = User.objects.get(pk=person.pk)
    names = {"Contributors", "Rights managers"}
    assert {each.name for each in person.groups.all()} == names
    assert not person.is_superuser
    assert [each.codename for each in person.user_permissions.all()] == ["kill_article"]
    client.post(url, body | {"groups": []})
    assert not person.groups.exists()


def test_a_superuser_s_account_is_changed_by_superusers_alone(
    client: Client, chief: User
) -> None:
    root = make_user("root", is_superuser=True)
    password = root.password
    body = {"password1": PASSWORD, "password2": PASSWORD, "set-password": "yes"}

    for path, data in (
        ("password", body),
        ("change", {"username": "root", "is_active": "on"}),
        ("delete", {"post": "yes"}),
    ):
        assert client.post(f"{USERS}{root.pk}/{path}/", data).status_code == 403
    many = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(USERS, many)

    root.refresh_from_db()
    assert (root.password, root.is_superuser) == (password, True)
    client.force_login(root)
    client.post(f"{USERS}{root.pk}/password/", body)
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_a_role_s_group_says_what_it_may_do_and_stays_as_it_is(
    client: Client, chief: User
) -> None:
    editors = group(Role.EDITORS)
    url = f"{GROUPS}{editors.pk}/"

    page = client.get(f"{url}change/").text
    assert "publish, schedule, embargo and unpublish pieces" in page
    assert 'name="permissions"' not in page
    assert 'name="_save"' not in page
    for path in ("change", "delete"):
        asked = {"name": "Others", "permissions": [], "post": "yes"}
        assert client.post(f"{url}{path}/", asked).status_code == 403
    many = {"action": "delete_selected", "_selected_action": [editors.pk]}
    client.post(GROUPS, many | {"post": "yes"})

    editors.refresh_from_db()
    assert editors.name == "Editors"
    held = len(permissions_of(Role.EDITORS))
    assert editors.permissions.count() == held


def test_a_group_of_one_s_own_is_made_from_single_rights(
    client: Client, chief: User
) -> None:
    right = Permission.objects.get(codename="view_article")

    client.post(f"{GROUPS}add/", {"name": "Interns", "permissions": [right.pk]})

    interns = Group.objects.get(name="Interns")
    assert list(interns.permissions.all()) == [right]
    page = client.get(f"{GROUPS}{interns.pk}/change/").text
    assert 'name="permissions"' in page


def test_the_list_shows_roles_at_the_same_cost_for_one_and_for_many(
    client: Client, chief: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(USERS)
        assert "Administrators" in page.text
        return len(captured)

    one = queries()
    for number in range(20):
        make_member(Role.EDITORS, name=f"person {number}")
    assert queries() == one

"""The roles: the table, its groups, and the command that keeps them true."""

import io
import json

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from articles import roles, workflow
from articles.models import Article, ArticleStatus
from articles.roles import TASKS, Role
from articles.workflow import MOVES
from tests.factories import ArticleFactory, TagFactory, make_member, make_user

pytestmark = pytest.mark.django_db


def rights_of(group: Group) -> set[str]:
    return {
        f"{app}.{codename}"
        for app, codename in group.permissions.values_list(
            "content_type__app_label", "codename"
        )
    }


def run(**options: object) -> tuple[dict[str, int], str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("sync_roles", format="json", stdout=out, stderr=err, **options)
    return json.loads(out.getvalue()), err.getvalue()


@pytest.mark.parametrize("role", Role)
def test_a_new_database_has_the_roles_with_their_rights(role: Role) -> None:
    group = Group.objects.get(name=role.value)

    assert rights_of(group) == roles.permissions_of(role)


def test_every_right_of_the_table_is_one_that_django_knows_and_stands_once() -> None:
    named = [name for task in TASKS for name in task.permissions]
    known = {
        f"{app}.{codename}"
        for app, codename in Permission.objects.values_list(
            "content_type__app_label", "codename"
        )
    }

    assert len(named) == len(set(named))
    assert set(named) <= known


def test_every_right_that_our_models_add_to_djangos_is_in_the_table() -> None:
    named = {name for task in TASKS for name in task.permissions}
    ours = {
        f"articles.{codename}"
        for model in apps.get_app_config("articles").get_models()
        for codename, _words in model._meta.permissions
    }

    assert ours <= named


def test_every_move_belongs_to_a_role() -> None:
    for move in MOVES.values():
        assert roles.who_can(f"articles.{move.permission}"), move.action


def test_administrators_may_do_whatever_there_is_to_do() -> None:
    assert all(Role.ADMINISTRATORS in task.roles for task in TASKS)


def test_the_command_says_what_differs_and_puts_it_right() -> None:
    editors = Group.objects.get(name="Editors")
    editors.permissions.remove(Permission.objects.get(codename="publish_article"))
    editors.permissions.add(Permission.objects.get(codename="set_reuse"))
    Group.objects.get(name="Contributors").delete()
    given = 1 + len(roles.permissions_of(Role.CONTRIBUTORS))
    wrong = {"roles": 4, "created": 1, "given": given, "taken": 1}

    for options in ({"dry_run": True}, {}):
        report, said = run(**options)
        assert report == wrong
        assert "Editors: lacked articles.publish_article" in said
        assert "Editors: had articles.set_reuse, which is not its own" in said
    report, said = run()

    assert report == {"roles": 4, "created": 0, "given": 0, "taken": 0}
    assert said == ""
    assert rights_of(editors) == roles.permissions_of(Role.EDITORS)


def test_people_and_other_groups_stay_as_they_are() -> None:
    person = make_member(Role.EDITORS)
    own = Group.objects.create(name="Interns")
    own.permissions.add(Permission.objects.get(codename="view_article"))

    run()

    assert [group.name for group in person.groups.all()] == ["Editors"]
    assert rights_of(own) == {"articles.view_article"}


def test_a_right_that_is_not_there_yet_is_made() -> None:
    Permission.objects.filter(codename="revise_article").delete()

    run()

    assert "articles.revise_article" in rights_of(Group.objects.get(name="Editors"))


@pytest.mark.parametrize("status", ArticleStatus)
def test_a_contributor_edits_what_waits_and_an_editor_everything(
    status: ArticleStatus,
) -> None:
    contributor, editor = make_member(Role.CONTRIBUTORS), make_member(Role.EDITORS)

    waits = status in {ArticleStatus.INGESTED, ArticleStatus.SELECTED}
    assert workflow.may_edit(contributor, status) == waits
    assert workflow.may_edit(editor, status)
    assert not workflow.may_edit(make_member(Role.RIGHTS_MANAGERS), status)


def test_a_contributor_takes_no_edit_back_once_the_piece_is_published() -> None:
    contributor, editor = make_member(Role.CONTRIBUTORS), make_member(Role.EDITORS)
    article = ArticleFactory()
    TagFactory(name="Economy", slug="economy")
    workflow.tag([article.pk], on=["Economy"], by=contributor)
    act = article.changes.get().act

    assert workflow.why_not_undo(act, contributor) == ""
    Article.objects.filter(pk=article.pk).update(
        status=ArticleStatus.PUBLISHED, published_at=article.source_published_at
    )
    assert workflow.why_not_undo(act, contributor) == "You may not do that."
    assert workflow.why_not_undo(act, editor) == ""


def test_taking_a_fold_back_asks_for_the_right_to_spike() -> None:
    first, second = ArticleFactory.create_batch(2)
    act = workflow.fold(first.pk, second.pk, by=make_user("some")).act
    assert act is not None

    assert workflow.permission_of(act) == "articles.spike_article"
    assert workflow.why_not_undo(act, make_member(Role.CONTRIBUTORS))
    assert not workflow.why_not_undo(act, make_member(Role.EDITORS))


def test_a_sentence_says_who_can() -> None:
    can = roles.who_can
    assert can("articles.kill_article") == (
        "Rights managers and administrators can kill pieces and take them down."
    )
    assert can("auth.add_user") == "Administrators can make accounts and give roles."
    assert can("articles.add_article").startswith(
        "Contributors, editors and administrators can add pieces"
    )
    assert can("articles.no_such_right") == ""

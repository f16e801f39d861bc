"""Pages that refuse, and what is offered to whom."""

import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse

from articles import workflow
from articles.admin.refusals import refused
from articles.models import Article, ArticleStatus, Source
from articles.roles import Role
from articles.workflow import MOVES
from tests.factories import (
    ArticleFactory,
    SourceFactory,
    TagFactory,
    make_member,
    make_user,
)

from .conftest import LIST, Act
from .test_sources_and_runs import SOURCES, form_of
from .world import STATES

pytestmark = pytest.mark.django_db


def sign_in(client: Client, role: Role | None) -> None:
    client.force_login(make_member(role))


def test_a_refusal_says_which_role_can_help_and_which_one_has(client: Client) -> None:
    article = ArticleFactory(published=True)
    sign_in(client, Role.CONTRIBUTORS)

    page = client.post(f"{LIST}{article.pk}/change/", {"headline": "Ours"})

    assert page.status_code == 403
    assert "Editors and administrators can edit and tag pieces that no" in page.text
    assert "Your roles: Contributors." in page.text
    assert "Nothing has been changed." in page.text
    assert page.text.count("<h1") == 1


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/admin/auth/user/", "Administrators can make accounts and give roles."),
        ("/admin/articles/feed/add/", "Rights managers and administrators can add,"),
        ("/admin/articles/tag/add/", "Editors and administrators can make and change"),
        ("/admin/articles/importrun/add/", "No role allows this."),
    ],
)
def test_a_page_that_is_not_for_somebody_says_for_whom_it_is(
    client: Client, path: str, who: str
) -> None:
    sign_in(client, Role.CONTRIBUTORS)

    page = client.get(path)

    assert page.status_code == 403
    assert who in page.text


def test_who_has_no_role_yet_is_told_so(client: Client) -> None:
    sign_in(client, None)

    page = client.get(LIST)

    assert "Contributors, editors, rights managers and administrators" in page.text
    assert "You have no role yet." in page.text
    index = client.get("/admin/").text
    assert "An administrator can give you one" in index


def test_an_action_that_is_not_shown_is_refused_when_it_is_posted(
    client: Client, act: Act
) -> None:
    sign_in(client, Role.CONTRIBUTORS)
    article = ArticleFactory()

    page = act("publish_selected", article)

    assert page.status_code == 403
    assert "Editors and administrators can publish" in page.text
    assert not article.changes.exists()


def test_a_refusal_to_readers_wears_the_readers_dress(rf: RequestFactory) -> None:
    request = rf.get("/somewhere/")
    request.user = make_member(None)

    page = refused(request, PermissionDenied())

    assert page.status_code == 403
    assert 'class="masthead"' in page.content.decode()
    assert "No role allows this." in page.content.decode()


def test_a_refusal_before_anybody_was_looked_up_is_a_page_too(
    rf: RequestFactory,
) -> None:
    page = refused(rf.get("/admin/"), PermissionDenied())

    assert page.status_code == 403
    assert "You may not do this" in page.content.decode()


def test_a_form_without_its_token_is_refused_in_plain_words() -> None:
    client = Client(enforce_csrf_checks=True)

    page = client.post("/admin/login/", {"username": "a"})

    assert page.status_code == 403
    assert "This form was not accepted" in page.text
    assert "<style" not in page.text


@pytest.mark.parametrize("page", ["change", "delete"])
def test_an_address_that_gives_no_column_for_one_breaks_nothing(
    admin_client: Client, page: str
) -> None:
    source = SourceFactory()
    relations = {field.name for field in Source._meta.related_objects}
    assert {"articles", "feeds"} <= relations
    for name in relations | {"", "nothing", "allowed"}:
        address = f"{SOURCES}{source.pk}/{page}/?_to_field={name}"
        assert admin_client.get(address).status_code == (400 if name else 200), name


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", STATES)
def test_the_form_offers_the_moves_that_are_allowed_and_no_others(
    client: Client, role: Role, state: str
) -> None:
    article = ArticleFactory(**{"published_at": "2026-01-01T00:00Z", **STATES[state]})
    user = make_member(role)
    client.force_login(user)

    page = client.get(f"{LIST}{article.pk}/change/").text

    offered = re.findall(r'name="_move" value="(\w+)"', page)
    assert offered == [
        name
        for name, move in MOVES.items()
        if move.allows(article.status) and workflow.may(user, move)
    ]
    saves = workflow.may_edit(user, article.status)
    assert ('name="_save"' in page) == saves
    assert ("These save the form as well" in page) == bool(saves and offered)


def test_a_rights_manager_kills_a_piece_with_a_reason_from_its_page(
    client: Client,
) -> None:
    article = ArticleFactory(published=True)
    sign_in(client, Role.RIGHTS_MANAGERS)
    url = f"{LIST}{article.pk}/change/"

    page = client.get(url).text
    assert '<input type="text" name="reason"' in page
    assert '<textarea name="notice"' in page
    assert page.count('name="version"') == 1
    assert 'name="headline"' not in page
    kill = {"_move": "kill", "version": "0", "notice": "Withdrawn on request."}
    said = client.post(url, kill | {"reason": ""}, follow=True).text
    assert "this move asks for a reason" in said
    too_long = client.post(url, kill | {"reason": "x" * 1001}, follow=True).text
    assert "at most 1000 characters" in too_long
    client.post(url, kill | {"reason": "By order", "headline": "Ours"})

    article.refresh_from_db()
    assert (article.status, article.headline) == (ArticleStatus.KILLED, "")
    assert article.notice == "Withdrawn on request."
    assert article.changes.get().act.reason == "By order"


@pytest.mark.parametrize("version", ["0", ""])
def test_who_may_only_move_a_piece_moves_it_as_they_have_seen_it(
    client: Client, version: str
) -> None:
    article = ArticleFactory(published=True)
    workflow.tag([article.pk], on=["Economy"], by=make_member(Role.EDITORS))
    sign_in(client, Role.RIGHTS_MANAGERS)
    kill = {"_move": "kill", "reason": "By order", "version": version}

    page = client.post(f"{LIST}{article.pk}/change/", kill, follow=True)

    article.refresh_from_db()
    assert article.status == ArticleStatus.PUBLISHED
    said = "has changed it meanwhile" if version else "without the version"
    assert said in page.text


def test_who_may_not_publish_sets_no_embargo(client: Client) -> None:
    article = ArticleFactory(embargoed_until="2036-01-01T00:00Z")
    sign_in(client, Role.CONTRIBUTORS)
    url = f"{LIST}{article.pk}/change/"
    page = client.get(url)
    assert "embargoed_until" not in page.context["adminform"].form.fields
    assert 'name="publish_at"' not in page.text

    category = {"category": article.category_id, "initial-category": 1}
    typed = {"note": "Look", "embargoed_until": "", "version": "0"}
    client.post(url, typed | category)

    article.refresh_from_db()
    assert article.note == "Look"
    assert article.embargoed_until is not None


def test_a_contributor_tags_what_waits_and_is_told_of_the_rest(
    client: Client, act: Act
) -> None:
    sign_in(client, Role.CONTRIBUTORS)
    TagFactory(name="Economy", slug="economy")
    waits, public = ArticleFactory(), ArticleFactory(published=True)

    page = act("tag_selected", waits, public, tags="Economy")

    assert [tag.name for tag in waits.tags.all()] == ["Economy"]
    assert not public.tags.exists()
    assert f"Left alone, as they no longer wait: {public.pk}." in page.text
    assert "Editors and administrators can edit" in page.text


def test_publishing_with_suggestions_tags_nothing_that_stays_where_it_is(
    client: Client, act: Act
) -> None:
    sign_in(client, Role.EDITORS)
    spiked = ArticleFactory(status=ArticleStatus.SPIKED)
    spiked.suggestions.create(tag=TagFactory(), found="Fed")

    act("publish_with_suggestions", spiked)

    assert not spiked.tags.exists()


def test_looking_at_a_piece_writes_nothing_for_who_may_only_look(
    client: Client,
) -> None:
    article = ArticleFactory()
    assert article.needs_suggestions
    sign_in(client, Role.RIGHTS_MANAGERS)

    client.get(f"{LIST}{article.pk}/change/")
    assert Article.objects.get().needs_suggestions
    client.force_login(make_member(Role.EDITORS))
    client.get(f"{LIST}{article.pk}/change/")
    assert not Article.objects.get().needs_suggestions


@pytest.mark.parametrize("path", ["add/", "{pk}/change/"])
def test_a_policy_is_set_with_its_own_right_alone(client: Client, path: str) -> None:
    source = SourceFactory(reuse="headline")
    looks_after = make_user("some", ("view_source", "add_source", "change_source"))
    client.force_login(looks_after)
    url = SOURCES + path.format(pk=source.pk)
    raised = form_of(source, name="Renamed", slug="renamed", reuse="full_text")
    raised |= {"excerpt_words": 400, "fetches_full_text": "on"}

    assert 'name="reuse"' not in client.get(url).text
    client.post(url, raised)

    renamed = Source.objects.get(name="Renamed")
    assert renamed.reuse == ("headline" if "pk" in path else "excerpt")
    assert (renamed.excerpt_words, renamed.fetches_full_text) == (25, False)
    client.force_login(make_member(Role.RIGHTS_MANAGERS))
    client.post(f"{SOURCES}{renamed.pk}/change/", raised)
    renamed.refresh_from_db()
    assert (renamed.reuse, renamed.excerpt_words) == ("full_text", 400)


def test_staff_without_a_role_are_led_to_no_piece(client: Client) -> None:
    article = ArticleFactory(headline="Ferry sinks")
    kind = ContentType.objects.get_for_model(article)
    address = reverse("admin:view_on_site", args=[kind.pk, article.pk])
    client.force_login(make_member(None))
    refused = client.get(address)
    assert (refused.status_code, "ferry" in str(refused.headers)) == (403, False)
    client.force_login(make_member(Role.CONTRIBUTORS))
    assert client.get(address).url == reverse("desk:preview", args=[article.pk])


def test_a_piece_with_a_page_leads_to_it_and_one_that_waits_to_its_preview(
    client: Client,
) -> None:
    waiting, public = ArticleFactory(), ArticleFactory(published=True)
    killed = ArticleFactory(status=ArticleStatus.KILLED)
    kind = ContentType.objects.get_for_model(Article)
    client.force_login(make_member(Role.CONTRIBUTORS))

    def led_to(pk: int) -> str:
        answer = client.get(reverse("admin:view_on_site", args=[kind.pk, pk]))
        return answer.get("Location", str(answer.status_code))

    assert led_to(waiting.pk) == reverse("desk:preview", args=[waiting.pk])
    assert led_to(public.pk).endswith(public.get_absolute_url())
    assert led_to(killed.pk).endswith(killed.get_absolute_url())
    assert led_to(public.pk + 99) == "404"

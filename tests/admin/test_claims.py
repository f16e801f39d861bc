"""A piece that a colleague has claimed: moved by who takes it over, and not unasked."""

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from articles import workflow
from articles.models import Article
from articles.roles import Role
from tests.factories import ArticleFactory, make_member, make_user

from .conftest import LIST, Act

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed(editor: object) -> Article:
    """A piece that a colleague is at work on."""
    article = ArticleFactory()
    workflow.claim(article.pk, by=make_user("sato"))
    return article


def said(answer: HttpResponse) -> str:
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


@pytest.mark.parametrize("action", ["publish_selected", "publish_with_suggestions"])
def test_an_action_of_the_list_leaves_it_unless_it_is_taken_over(
    claimed: Article, act: Act, action: str
) -> None:
    free = ArticleFactory()

    page = act(action, claimed, free).text

    assert "sato is at work on it." in page
    claimed.refresh_from_db()
    free.refresh_from_db()
    assert (claimed.status, free.status) == ("ingested", "published")
    act(action, claimed, take_over="on")
    claimed.refresh_from_db()
    assert claimed.status == "published"


def test_tags_of_the_list_leave_it_too(claimed: Article, act: Act) -> None:
    assert "sato is at work on it." in act("tag_selected", claimed, tags="Port").text
    assert not claimed.tags.exists()
    act("tag_selected", claimed, tags="Port", take_over="on")
    assert list(claimed.tags.names()) == ["Port"]


def test_its_form_saves_words_and_moves_it_once_it_is_taken_over(
    claimed: Article, save: Act
) -> None:
    save(claimed, headline="Ours")
    refused = save(claimed, excerpt="Short", _move="publish")

    assert refused.status_code == 409
    assert "sato is at work on it." in refused.text
    assert 'name="take_over"' in refused.text
    claimed.refresh_from_db()
    assert (claimed.headline, claimed.excerpt) == ("Ours", "")
    assert claimed.status == "ingested"
    save(claimed, excerpt="Short", _move="publish", take_over="on")
    claimed.refresh_from_db()
    assert (claimed.status, claimed.excerpt) == ("published", "Short")


def test_who_may_only_move_it_takes_it_over_as_well(
    claimed: Article, client: Client
) -> None:
    client.force_login(make_member(Role.RIGHTS_MANAGERS))
    url = f"{LIST}{claimed.pk}/change/"
    form = {"version": claimed.version, "_move": "kill", "reason": "Wish"}
    assert 'name="take_over"' in client.get(url).text

    assert "sato is at work on it." in said(client.post(url, form))
    claimed.refresh_from_db()
    assert claimed.status == "ingested"
    client.post(url, form | {"take_over": "on"})
    claimed.refresh_from_db()
    assert claimed.status == "killed"


def test_a_piece_nobody_has_claimed_asks_for_nothing(
    client: Client, editor: object
) -> None:
    page = client.get(f"{LIST}{ArticleFactory().pk}/change/").text
    assert 'name="take_over"' not in page

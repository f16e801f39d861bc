"""Killing with a notice, and correcting, as editors do it in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles import workflow
from articles.models import Article, FormerAddress, Tombstone
from tests.factories import EDITOR, ArticleFactory, make_user

from .conftest import LIST, Act

pytestmark = pytest.mark.django_db
KILLER = (*EDITOR, "kill_article")
NOTICE = "Withdrawn at the request of its publisher."


@pytest.fixture
def killer(client: Client) -> Any:
    user = make_user("killer", KILLER)
    client.force_login(user)
    return user


def page_of(article: Article) -> str:
    return f"{LIST}{article.pk}/change/"


def test_the_list_kills_with_a_notice(client: Client, killer: object, act: Act) -> None:
    pieces = ArticleFactory.create_batch(2, published=True)
    act("kill_selected", *pieces, reason="a letter", notice=NOTICE)
    for article in pieces:
        page = client.get(article.get_absolute_url())
        assert page.status_code == 410
        assert NOTICE in page.text
        assert "a letter" not in page.text


def test_the_list_says_what_is_wrong_with_a_notice(killer: object, act: Act) -> None:
    article = ArticleFactory(published=True)
    page = act("kill_selected", article, reason="a letter", notice="x" * 1001).text
    assert "more than 1000 characters" in page
    article.refresh_from_db()
    assert article.status == "published"


def test_the_form_kills_with_a_notice(
    client: Client, killer: object, save: Act
) -> None:
    article = ArticleFactory(published=True)
    save(article, _move="kill", reason="a letter", notice=NOTICE)
    assert NOTICE in client.get(article.get_absolute_url()).text
    change = article.changes.get(after__status="killed")
    assert (change.after["notice"], change.act.reason) == (NOTICE, "a letter")


def test_a_notice_without_a_kill_is_not_lost_in_silence(
    client: Client, killer: object, save: Act
) -> None:
    article = ArticleFactory(published=True)
    for move in ({}, {"_move": "unpublish"}):
        page = save(article, notice=NOTICE, headline="Ours", **move).text
        assert "Only the button Kill uses this; nothing is saved yet." in page
        assert NOTICE in page
    article.refresh_from_db()
    assert (article.headline, article.status, article.notice) == ("", "published", "")


def test_the_notice_of_a_killed_piece_can_be_rewritten(
    client: Client, killer: Any, save: Act
) -> None:
    article = ArticleFactory(published=True)
    workflow.move(article, "kill", by=killer, reason="a letter", notice="Withdrwan.")
    save(article, notice="Withdrawn.")
    assert "Withdrawn." in client.get(article.get_absolute_url()).text


def test_who_may_not_kill_writes_no_notice(
    client: Client, editor: object, save: Act
) -> None:
    article = ArticleFactory(published=True)
    assert "Public notice" not in client.get(page_of(article)).text
    chief = make_user("chief", is_superuser=True)
    workflow.move(article, "kill", by=chief, reason="a letter", notice=NOTICE)
    save(article, notice="Ha ha.")
    article.refresh_from_db()
    assert article.notice == NOTICE


def test_nobody_brings_back_by_hand_what_was_withdrawn(
    client: Client, killer: Any
) -> None:
    article = ArticleFactory(url="https://p.example/a")
    former = "https://p.example/formerly"
    until = {"until": timezone.now()}
    FormerAddress.objects.create(article=article, canonical_url=former, **until)
    workflow.take_down([article.pk], ["https://p.example/b"], reason="x", actor="us")
    assert Tombstone.objects.count() == 1
    for url, said in (
        ("https://p.example/a?utm_source=x", "It is here already"),
        ("http://www.p.example/formerly", "It is here already"),
        ("https://p.example/b", "It was deleted or taken down on"),
    ):
        data = {
            "url": url,
            "source": article.source_id,
            "source_headline": "Again",
            "category": article.category_id,
            "source_published_at": "2026-05-06T07:08",
        }
        page = client.post(f"{LIST}add/", data, follow=True).text
        assert said in page, url
    assert Article.objects.count() == 1

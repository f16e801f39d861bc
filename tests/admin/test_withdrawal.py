"""Killing with a notice, and correcting, as editors do it in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles import workflow
from articles.models import Article, Correction, FormerAddress, Tombstone
from articles.roles import Role
from tests.factories import EDITOR, ArticleFactory, make_member, make_user

from .conftest import LIST, Act

pytestmark = pytest.mark.django_db
KILLER = (*EDITOR, "kill_article")
CORRECTOR = (*EDITOR, "correct_article")
NOTICE = "Withdrawn at the request of its publisher."
TEXT = "The ferry sails on Monday."


@pytest.fixture
def killer(client: Client) -> Any:
    user = make_user("killer", KILLER)
    client.force_login(user)
    return user


@pytest.fixture
def corrector(client: Client) -> Any:
    user = make_user("corrector", CORRECTOR)
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


def test_of_two_who_rewrite_a_notice_the_second_sees_both(
    killer: object, save: Act
) -> None:
    article = ArticleFactory(published=True)
    chief = make_user("chief", is_superuser=True)
    workflow.move(article, "kill", by=chief, reason="a letter", notice="Withdrwan.")
    seen = str(article.version)
    article.notice = "By order of a court."
    workflow.edit(article, ["notice"], by=chief)

    page = save(
        article, notice="Withdrawn.", version=seen, **{"initial-notice": "Withdrwan."}
    )

    assert page.status_code == 409
    assert "Someone else was faster" in page.text
    assert "court" in page.text
    assert page.context["adminform"].form["notice"].value() == "Withdrawn."
    article.refresh_from_db()
    assert article.notice == "By order of a court."


def test_the_list_kills_no_piece_that_has_changed_since_it_was_shown(
    killer: Any, act: Act
) -> None:
    seen, changed = ArticleFactory.create_batch(2, published=True)
    workflow.tag([changed.pk], on=["Economy"], by=killer)

    page = act(
        "kill_selected",
        seen,
        changed,
        reason="a letter",
        notice=NOTICE,
        seen=[f"{seen.pk}:0", f"{changed.pk}:0"],
    )

    assert f"Article {changed.pk}: Someone else has changed it" in page.text
    seen.refresh_from_db()
    changed.refresh_from_db()
    assert (seen.status, seen.notice) == ("killed", NOTICE)
    assert (changed.status, changed.notice) == ("published", "")


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


def test_a_correction_is_told_and_withdrawn(client: Client, corrector: object) -> None:
    article = ArticleFactory(published=True)
    page = client.get(page_of(article)).text
    assert "Readers have been told of none." in page
    correct = f"{LIST}{article.pk}/correct/"
    assert correct in page
    data = {"kind": "clarification", "text": TEXT}
    page = client.post(correct, data, follow=True).text
    assert f"Readers are told: {TEXT}" in page
    told = Correction.objects.get()
    assert (told.kind, told.by_name) == ("clarification", "corrector")
    assert TEXT in client.get("/corrections/").text
    withdraw = f"{LIST}{article.pk}/correction/{told.pk}/withdraw/"
    assert withdraw in page
    page = client.post(withdraw, follow=True).text
    assert "readers do not see it any more" in page
    assert "withdrawn" in page
    assert withdraw not in page
    assert TEXT in page
    assert TEXT not in client.get("/corrections/").text
    page = client.post(withdraw, follow=True).text
    assert "It has been withdrawn already." in page


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_what_cannot_be_told_is_shown_again(
    client: Client, corrector: object, text: str
) -> None:
    article = ArticleFactory(published=True)
    data = {"kind": "correction", "text": text}
    page = client.post(f"{LIST}{article.pk}/correct/", data)
    assert page.status_code == 200
    assert "Nothing has been told yet." in page.text
    assert text in page.text
    assert not Correction.objects.exists()


def test_a_correction_that_comes_too_late_is_not_lost(
    client: Client, corrector: object
) -> None:
    article = ArticleFactory(published=True)
    chief = make_user("chief", is_superuser=True)
    workflow.move(article, "kill", by=chief, reason="a letter")
    data = {"kind": "correction", "text": TEXT}
    page = client.post(f"{LIST}{article.pk}/correct/", data).text
    assert "It is killed" in page
    assert TEXT in page


def test_a_piece_that_was_never_public_has_no_form_for_it(
    client: Client, corrector: object
) -> None:
    article = ArticleFactory()
    assert "/correct/" not in client.get(page_of(article)).text


def test_who_may_not_correct_reads_only(client: Client) -> None:
    article = ArticleFactory(published=True)
    chief = make_user("chief", is_superuser=True)
    client.force_login(make_member(Role.CONTRIBUTORS))
    told = workflow.correct(article.pk, TEXT, by=chief)
    page = client.get(page_of(article)).text
    assert TEXT in page
    assert "/correct/" not in page
    assert "/withdraw/" not in page
    data = {"kind": "correction", "text": "Ha ha."}
    assert client.post(f"{LIST}{article.pk}/correct/", data).status_code == 403
    withdraw = f"{LIST}{article.pk}/correction/{told.pk}/withdraw/"
    assert client.post(withdraw).status_code == 403
    assert Correction.objects.standing().count() == 1


def test_a_correction_is_reached_through_its_own_piece_only(
    client: Client, corrector: Any
) -> None:
    first, second = ArticleFactory.create_batch(2, published=True)
    told = workflow.correct(first.pk, TEXT, by=corrector)
    wrong = f"{LIST}{second.pk}/correction/{told.pk}/withdraw/"
    assert client.post(wrong).status_code == 404
    for path in (wrong, f"{LIST}{first.pk}/correct/"):
        assert client.get(path).status_code == 405


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

"""The audit: every act is found, read and taken back as a whole."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import history, workflow
from articles.models import Act, Article, ArticleStatus
from tests.factories import ArticleFactory, make_user

pytestmark = pytest.mark.django_db
ACTS = "/admin/articles/act/"


@pytest.fixture
def chief(client: Client, db: None) -> Any:
    user = make_user("chief", is_superuser=True)
    client.force_login(user)
    return user


def shown(client: Client, query: str = "") -> list[int]:
    page = client.get(f"{ACTS}{query}")
    assert page.status_code == 200
    return [act.pk for act, _words in page.context["acts"]]


def move(article: Article, action: str, by: Any, reason: str = "") -> Act:
    act = workflow.move_many([article.pk], action, by=by, reason=reason).act
    assert act
    return act


def test_acts_stand_newest_first_with_who_when_what_and_why(
    client: Client, chief: Any
) -> None:
    article = ArticleFactory(headline="Port talks resume")
    first = move(article, "select", chief)
    second = move(article, "spike", chief, "An advertisement")

    page = client.get(ACTS).text

    assert shown(client) == [second.pk, first.pk]
    for text in ("chief", "spiked", "An advertisement", "Port talks resume"):
        assert text in page


def test_acts_are_found_by_person_kind_day_and_piece(
    client: Client, chief: Any
) -> None:
    sato = make_user("sato", is_superuser=True)
    one, two = ArticleFactory.create_batch(2)
    old = move(one, "select", sato)
    Act.objects.filter(pk=old.pk).update(at="2026-03-04T23:30:00Z")
    new = move(two, "spike", chief)
    program = workflow.move_many([one.pk], "publish", by=None, actor="import run 7").act
    assert program

    assert shown(client, "?by=sato") == [old.pk]
    assert shown(client, "?by=import+run+7") == [program.pk]
    assert shown(client, "?kind=spike") == [new.pk]
    assert shown(client, "?day=2026-03-04") == [old.pk]
    assert shown(client, "?day=2026-03-05") == []
    assert shown(client, f"?number={one.pk}") == [program.pk, old.pk]
    assert shown(client, f"?number={one.pk}&kind=select&by=sato") == [old.pk]
    sato.delete()
    assert shown(client, "?by=sato") == [old.pk]


@pytest.mark.parametrize(
    "query",
    ["?day=yesterday", "?number=x", "?number=-1", "?kind=nothing", "?before=x"],
)
def test_what_makes_no_sense_is_said_and_shows_nothing(
    client: Client, chief: Any, query: str
) -> None:
    move(ArticleFactory(), "spike", chief)

    page = client.get(f"{ACTS}{query}")

    assert page.status_code == 200
    assert "errorlist" in page.text or "errornote" in page.text
    assert page.context["acts"] == []


def test_the_list_is_paged_by_the_last_act_and_counts_nothing(
    client: Client, chief: Any
) -> None:
    article = ArticleFactory()
    for number in range(60):
        move(article, "release" if number % 2 else "select", chief)
    # Of one moment, the later number stands first.
    Act.objects.update(at=timezone.now())
    client.get(ACTS)

    with CaptureQueriesContext(connection) as captured:
        first = client.get(ACTS)
    with CaptureQueriesContext(connection) as of_few:
        few = client.get(f"{ACTS}?kind=spike")

    assert not [q for q in captured.captured_queries if "COUNT(" in q["sql"]]
    assert not [q for q in captured.captured_queries if "OFFSET" in q["sql"]]
    assert len(captured) == len(of_few)
    assert few.context["acts"] == []
    second = client.get(f"{ACTS}?{first.context['older']}")
    found = [act.pk for page in (first, second) for act, _ in page.context["acts"]]
    assert found == sorted(Act.objects.values_list("pk", flat=True), reverse=True)
    assert second.context["older"] == ""


def test_the_way_to_older_acts_keeps_what_was_chosen(
    client: Client, chief: Any
) -> None:
    article = ArticleFactory()
    for number in range(104):
        move(article, "release" if number % 2 else "select", chief)

    older = client.get(f"{ACTS}?kind=select&by=chief").context["older"]

    assert len(shown(client, f"?{older}")) == 2
    assert "kind=select" in older
    assert "by=chief" in older


def test_an_acts_page_lists_its_pieces_and_takes_all_of_them_back(
    client: Client, chief: Any
) -> None:
    pieces = ArticleFactory.create_batch(60)
    ids = [piece.pk for piece in pieces]
    act = workflow.move_many(ids, "spike", by=chief, reason="Old").act
    assert act
    page = client.get(f"{ACTS}{act.pk}/change/")
    more = client.get(f"{ACTS}{act.pk}/change/?after={page.context['more']}")
    assert len(page.context["pieces"]) == 50
    assert len(more.context["pieces"]) == 10
    assert more.context["more"] is None
    changed = [move(pieces[number], "unspike", chief) for number in (3, 55)]
    pieces[7].delete()

    asked = client.get(f"{ACTS}{act.pk}/undo/")
    assert "It is left alone:" in asked.text
    assert "Pieces that are gone by now are left out." in asked.text
    done = client.post(f"{ACTS}{act.pk}/undo/", follow=True)

    assert "Taken back (spiked): 57 articles." in done.text
    for number in (3, 55):
        said = f"Left alone: article {ids[number]}, “{pieces[number]}”."
        assert said in done.text
    assert "It has been changed since." in done.text
    assert set(Article.objects.values_list("status", flat=True)) == {"ingested"}
    assert len(changed) == 2
    undone = Act.objects.get(undoes=act)
    assert done.redirect_chain[-1][0] == f"{ACTS}{undone.pk}/change/"
    assert f"{ACTS}{act.pk}/change/" in done.text
    left = [change.number for change in done.context["left_alone"]]
    assert left == [ids[3], ids[7], ids[55]]


def test_what_was_left_alone_is_named_up_to_ten_and_then_counted(
    client: Client, chief: Any
) -> None:
    pieces = ArticleFactory.create_batch(14)
    ids = [piece.pk for piece in pieces]
    act = workflow.move_many(ids, "spike", by=chief).act
    assert act
    workflow.move_many(ids[:13], "unspike", by=chief)

    done = client.post(f"{ACTS}{act.pk}/undo/", follow=True).text

    assert "Taken back (spiked): 1 article." in done
    assert done.count("Left alone:") == 10
    assert "… and 3 more were left alone." in done


def test_a_killed_piece_comes_back_unpublished_and_the_page_says_so_before(
    client: Client, chief: Any
) -> None:
    article = ArticleFactory(published=True)
    act = move(article, "kill", chief, "A court order")

    asked = client.get(f"{ACTS}{act.pk}/undo/").text
    client.post(f"{ACTS}{act.pk}/undo/")

    assert "<ins>unpublished</ins>" in asked
    article.refresh_from_db()
    assert article.status == ArticleStatus.UNPUBLISHED


def test_acts_outlive_their_pieces_and_their_people(client: Client, chief: Any) -> None:
    mori = make_user("mori", is_superuser=True)
    article = ArticleFactory(headline="Gone tomorrow", tags=["Economy"])
    number = article.pk
    spiked = move(article, "spike", mori, "An advertisement")
    workflow.delete([number], by=mori)
    deleted = Act.objects.newest_first()[0]
    mori.delete()

    assert shown(client, f"?number={number}&by=mori") == [deleted.pk, spiked.pk]
    for act in (spiked, deleted):
        page = client.get(f"{ACTS}{act.pk}/change/").text
        for text in ("mori", f"{number}: Gone tomorrow", "the piece is gone"):
            assert text in page, text
    page = client.get(f"{ACTS}{deleted.pk}/change/").text
    assert "What was deleted cannot be brought back." in page
    assert "Tags taken off:</span> #Economy" in page
    answer = client.post(f"{ACTS}{spiked.pk}/undo/", follow=True).text
    assert "Taken back (spiked): 0 articles." in answer


def test_nobody_changes_an_act_and_only_who_may_sees_them(
    client: Client, chief: Any
) -> None:
    act = move(ArticleFactory(), "spike", chief)

    assert client.get(f"{ACTS}add/").status_code == 403
    assert client.get(f"{ACTS}{act.pk}/delete/").status_code == 403
    client.post(f"{ACTS}{act.pk}/change/", {"by_name": "nobody"})
    act.refresh_from_db()
    assert act.by_name == "chief"
    for wrong in ("0", "x", "1" * 30):
        assert client.get(f"{ACTS}{wrong}/change/").status_code == 404
    client.force_login(make_user("editor", ("view_article", "change_article")))
    assert client.get(ACTS).status_code == 403
    assert client.get(f"{ACTS}{act.pk}/change/").status_code == 403


def test_an_editor_who_may_not_see_the_audit_undoes_from_the_history(
    client: Client, chief: Any
) -> None:
    article = ArticleFactory()
    act = move(article, "spike", chief)
    client.force_login(make_user("editor", ("view_article", "spike_article")))

    page = client.post(f"{ACTS}{act.pk}/undo/", follow=True)

    assert page.status_code == 200
    article.refresh_from_db()
    assert article.status == ArticleStatus.INGESTED


def test_every_kind_of_act_in_the_code_has_its_word() -> None:
    kinds = {
        "accept_change",
        "add",
        "apart",
        "delete",
        "edit",
        "fold",
        "hold",
        "restore",
        "resume",
        "tag",
        "undo",
        *workflow.MOVES,
    }

    assert kinds <= set(history.KINDS)
    assert all(history.kind_words(kind) != kind for kind in history.KINDS)


def test_an_acts_page_costs_the_same_for_two_pieces_and_for_forty(
    client: Client, chief: Any
) -> None:
    def queries(number: int, page: str) -> int:
        pieces = ArticleFactory.create_batch(number, tags=["Economy"])
        ids = [piece.pk for piece in pieces]
        until = timezone.now() + datetime.timedelta(hours=1)
        act = workflow.hold(ids, until, by=chief).act
        assert act
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{ACTS}{act.pk}/{page}/").status_code == 200
        return len(captured)

    for page in ("change", "undo"):
        queries(1, page)
        assert queries(2, page) == queries(40, page)

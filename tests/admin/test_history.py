"""The history of a piece: read, taken back, restored."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import workflow
from articles.models import Act as Deed
from articles.models import (
    Article,
    ArticleStatus,
    Change,
    SourceChange,
    SourceChangeState,
)
from articles.roles import Role
from articles.tagging import tags
from tests.factories import ArticleFactory, CategoryFactory, make_member, make_user

from .conftest import LIST

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def chief(name: str = "chief") -> Any:
    return make_user(name, is_superuser=True)


def history(client: Client, article: Article, query: str = "") -> str:
    page = client.get(f"{LIST}{article.pk}/history/{query}")
    assert page.status_code == 200
    return page.text


def edit(article: Article, by: Any, **values: str) -> Deed:
    article.refresh_from_db()
    for name, value in values.items():
        setattr(article, name, value)
    workflow.edit(article, values, by=by)
    return Deed.objects.newest_first()[0]


def undo_page(act: Deed) -> str:
    return f"/admin/articles/act/{act.pk}/undo/"


def test_everything_stands_in_one_line_in_words_and_newest_first(
    client: Client, editor: Any
) -> None:
    article, sato = ArticleFactory(), chief("sato")
    edit(article, sato, headline="Ours", note="Because " * 40)
    tags.set_tags(article, ["Economy"], by=sato)
    SourceChange.objects.create(
        article=article,
        state=SourceChangeState.PENDING,
        before={"source_headline": "Old"},
        after={"source_headline": "New"},
        digest="v1:a",
        at=timezone.now(),
    )
    tags.set_tags(article, ["Japan"], by=editor)
    until = timezone.now() + datetime.timedelta(hours=3)
    workflow.hold([article.pk], until, by=editor)
    workflow.move(article, "publish", by=editor, reason="Big news")

    page = history(client, article)

    for text in (
        "<b>sato</b>: edited",
        "<ins>Ours</ins>",
        "<summary>Why it matters</summary>",
        "Tags put on:</span> #Japan",
        "Tags taken off:</span> #Economy",
        "Source&#x27;s headline:</span>",
        "changed at the source; waits for an editor",
        f"<ins>{until:%Y-%m-%d %H:%M:%S} UTC</ins>",
        "<b>mori</b>: published",
        "<del>ingested</del>",
        "Big news",
        "arrived",
    ):
        assert text in page, text
    order = ["published", "held", "#Japan", "changed at", "edited", "arrived"]
    places = [page.index(words, page.index("timeline")) for words in order]
    assert places == sorted(places)


def test_a_bulk_act_says_with_how_many_others_and_leads_to_the_act(
    client: Client,
) -> None:
    by = chief()
    client.force_login(by)
    pieces = ArticleFactory.create_batch(50)
    act = workflow.move_many([piece.pk for piece in pieces], "spike", by=by).act
    assert act

    page = history(client, pieces[0])

    assert "with 49 others" in page
    assert f'href="/admin/articles/act/{act.pk}/change/"' in page


def test_accounts_that_are_gone_are_still_named(client: Client, editor: Any) -> None:
    article, gone = ArticleFactory(), chief("ueda")
    act = edit(article, gone, headline="Ours")
    gone.delete()

    assert "<b>ueda</b>: edited" in history(client, article)
    assert client.get(undo_page(act)).status_code == 200


def test_a_long_history_is_paged_without_a_gap_and_costs_the_same(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory()
    first = edit(article, editor, headline="Number 0")
    history(client, article)
    with CaptureQueriesContext(connection) as one:
        history(client, article)
    at = timezone.now() - datetime.timedelta(days=30)
    Deed.objects.filter(pk=first.pk).update(at=at)
    for number in range(1, 70):
        act = edit(article, editor, headline=f"Number {number}")
        Deed.objects.filter(pk=act.pk).update(at=at + datetime.timedelta(hours=number))
        if number % 4 == 0:
            SourceChange.objects.create(
                article=article,
                state=SourceChangeState.APPLIED,
                after={"source_headline": f"Source {number}"},
                digest=f"v1:{number}",
                at=at + datetime.timedelta(hours=number, seconds=number % 8),
            )

    pages, query = [], ""
    while True:
        with CaptureQueriesContext(connection) as many:
            pages.append(client.get(f"{LIST}{article.pk}/history/{query}"))
        assert len(many) <= len(one) + 2
        older = pages[-1].context["page"].older
        if not older:
            break
        query = f"?before={older}"

    entries = [entry for page in pages for entry in page.context["page"].entries]
    assert [len(page.context["page"].entries) for page in pages] == [50, 37]
    versions = [entry.version for entry in entries if entry.act]
    assert sorted(versions) == list(range(1, 71))
    moments = [entry.at for entry in entries]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("query", ["?before=x", "?before=1", "?before=1.2.3"])
def test_a_place_that_is_none_answers_404(
    client: Client, editor: object, query: str
) -> None:
    article = ArticleFactory()

    assert client.get(f"{LIST}{article.pk}/history/{query}").status_code == 404


def test_what_can_be_taken_back_asks_first_and_then_does_it(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory(headline="First")
    act = edit(article, editor, headline="Second")
    assert f"{undo_page(act)}?back={article.pk}" in history(client, article)

    asked = client.get(f"{undo_page(act)}?back={article.pk}").text
    assert "<del>Second</del>" in asked
    assert "<ins>First</ins>" in asked
    article.refresh_from_db()
    assert article.headline == "Second"
    done = client.post(undo_page(act), {"back": article.pk}, follow=True)

    assert "Taken back (edited): 1 article." in done.text
    assert done.redirect_chain[-1][0] == f"{LIST}{article.pk}/history/"
    article.refresh_from_db()
    assert article.headline == "First"
    assert "taken back" in done.text
    assert "<b>mori</b>: took back: edited" in done.text


def test_why_something_cannot_be_taken_back_is_said(
    client: Client, editor: Any
) -> None:
    article, sato = ArticleFactory(), chief("sato")
    kill = workflow.move_many([article.pk], "kill", by=sato, reason="A court").act
    assert kill

    page = history(client, article)

    assert "No undo:" in page
    assert "You may not do that." in page
    assert undo_page(kill) not in page
    assert client.get(undo_page(kill)).status_code == 403
    assert client.post(undo_page(kill)).status_code == 403
    article.refresh_from_db()
    assert article.status == ArticleStatus.KILLED


def test_after_a_day_nothing_is_taken_back_and_no_button_offers_it(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory()
    act = edit(article, editor, headline="Ours")
    Deed.objects.update(at=timezone.now() - datetime.timedelta(hours=25))

    assert undo_page(act) not in history(client, article)
    assert "more than 24 hours old" in client.get(undo_page(act)).text
    answer = client.post(undo_page(act), {"back": article.pk}, follow=True)
    assert "more than 24 hours old" in answer.text
    article.refresh_from_db()
    assert article.headline == "Ours"


def test_restoring_a_version_shows_what_changes_and_leaves_the_status(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory()
    edit(article, editor, headline="First", note="A note")
    tags.set_tags(article, ["Trade"], by=editor)
    edit(article, editor, headline="Second")
    tags.set_tags(article, ["Japan"], by=editor)
    workflow.move(article, "publish", by=editor)
    url = f"{LIST}{article.pk}/restore/2/"
    assert url in history(client, article)

    asked = client.get(url).text
    assert "<del>Second</del>" in asked
    assert "<ins>First</ins>" in asked
    assert "Tags put on:</span> #Trade" in asked
    assert "Note" not in asked
    done = client.post(url, {"seen": "5"}, follow=True)

    assert "Version 2 is restored." in done.text
    article.refresh_from_db()
    assert (article.headline, article.note) == ("First", "A note")
    assert list(article.tags.names()) == ["Trade"]
    assert article.status == ArticleStatus.PUBLISHED
    assert "brought back to an earlier version" in done.text


@pytest.mark.parametrize("seen", ["1", "", "x", "-1"])
def test_restoring_what_has_changed_since_asks_again(
    client: Client, editor: Any, seen: str
) -> None:
    article = ArticleFactory()
    edit(article, editor, headline="First")
    edit(article, chief("sato"), headline="Second")

    answer = client.post(f"{LIST}{article.pk}/restore/0/", {"seen": seen})

    assert "It has changed since this page was shown" in answer.text
    assert "<del>Second</del>" in answer.text
    article.refresh_from_db()
    assert article.headline == "Second"


def test_what_is_gone_by_now_is_not_restored_and_breaks_nothing(
    client: Client, editor: Any
) -> None:
    old = CategoryFactory(name="Old", slug="old")
    new = CategoryFactory(name="New", slug="new")
    article = ArticleFactory(category=old)
    tags.set_tags(article, ["Trade"], by=editor)
    article.refresh_from_db()
    article.category, article.headline = new, "Ours"
    workflow.edit(article, ["category", "headline"], by=editor)
    act = Deed.objects.newest_first()[0]
    article.tags.all()[0].delete()
    old.delete()

    taken = client.post(undo_page(act), follow=True)
    restored = client.post(f"{LIST}{article.pk}/restore/1/", {"seen": "2"}, follow=True)

    assert "Its former category is gone." in taken.text
    assert "Version 1 is restored." in restored.text
    article.refresh_from_db()
    assert (article.category, article.headline) == (new, "")


def test_a_version_that_never_was_answers_404(client: Client, editor: object) -> None:
    article = ArticleFactory()

    assert client.get(f"{LIST}{article.pk}/restore/1/").status_code == 404
    assert client.get(f"{LIST}{article.pk + 1}/restore/0/").status_code == 404
    assert client.get(f"{LIST}{article.pk + 1}/history/").status_code == 404


def test_who_may_only_look_sees_the_history_and_no_way_back(client: Client) -> None:
    article = ArticleFactory()
    act = edit(article, chief(), headline="Ours")
    client.force_login(make_user("reader", ("view_article",)))

    page = history(client, article)

    assert "<ins>Ours</ins>" in page
    assert "Undo" not in page.replace("No undo", "")
    assert "/restore/" not in page
    assert client.post(f"{LIST}{article.pk}/restore/0/").status_code == 403
    assert client.post(undo_page(act)).status_code == 403
    client.force_login(make_user("nobody"))
    assert client.get(f"{LIST}{article.pk}/history/").status_code == 403
    assert client.get(undo_page(act)).status_code == 403


def test_hostile_words_in_a_history_stay_words(client: Client, editor: Any) -> None:
    article = ArticleFactory(source_headline=HOSTILE)
    act = edit(article, editor, headline=HOSTILE, note=f"{HOSTILE}\n" * 20)
    workflow.move(article, "publish", by=editor, reason=HOSTILE)
    edit(article, editor, headline="Clean", note="")

    for path in (
        f"{LIST}{article.pk}/history/",
        f"{LIST}{article.pk}/restore/1/",
        undo_page(Deed.objects.newest_first()[0]),
        undo_page(act),
        "/admin/",
    ):
        page = client.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_a_column_of_another_version_of_this_program_is_no_error_page(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory()
    act = edit(article, editor, headline="Ours")
    odd = {"status": "archived", "published_at": "no date", "column_of_old": 1}
    Change.objects.update(before={}, after=odd)
    Deed.objects.update(kind="something_new")

    assert "something_new" in history(client, article)
    assert "archived" in client.get(f"{LIST}{article.pk}/history/").text
    assert act


def test_the_front_page_shows_what_one_did_oneself_and_undoes_it(
    client: Client, editor: Any
) -> None:
    article, other = ArticleFactory.create_batch(2)
    act = edit(article, editor, headline="Ours")
    edit(other, chief("sato"), headline="Theirs")

    page = client.get("/admin/").text

    assert "What you did last" in page
    assert f'href="{undo_page(act)}"' in page
    assert "Theirs" not in page
    client.post(undo_page(act))
    assert "took back: edited" in client.get("/admin/").text


def test_what_readers_were_told_stands_in_the_history_and_is_taken_back(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory(published=True)
    told = workflow.correct(article.pk, f"Of 2025. {HOSTILE}", by=editor)
    workflow.withdraw_correction(told, by=editor)

    page = history(client, article)

    assert "withdrew a correction" in page
    assert "told readers of a correction" in page
    assert '<span class="what">Correction, withdrawn:</span> Of 2025. &lt;' in page
    assert '<span class="what">Correction, told to readers:</span> Of 2025.' in page
    withdrawal = Deed.objects.get(kind="withdraw_correction")
    assert "Correction, told to readers" in client.get(undo_page(withdrawal)).text
    client.post(undo_page(withdrawal))
    assert article.corrections.standing().get() == told


def test_who_may_only_look_compares_a_version_and_restores_none(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory()
    edit(article, editor, headline="Ours")
    client.force_login(make_member(Role.RIGHTS_MANAGERS))
    restore = f"{LIST}{article.pk}/restore/0/"

    page = client.get(restore)

    assert page.status_code == 200
    assert "Ours" in page.text
    assert ">Restore</button>" not in page.text
    assert client.post(restore, {"seen": "1"}).status_code == 403
    article.refresh_from_db()
    assert article.headline == "Ours"


def test_taking_back_asks_for_the_right_of_the_act_and_says_who_has_it(
    client: Client, editor: Any
) -> None:
    article = ArticleFactory(published=True)
    workflow.move(article, "kill", by=chief(), reason="A letter")
    kill = Deed.objects.get()

    page = client.post(undo_page(kill))

    assert page.status_code == 403
    assert "Rights managers and administrators can kill" in page.text
    article.refresh_from_db()
    assert article.status == ArticleStatus.KILLED

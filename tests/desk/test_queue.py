"""What stands in the queue, in which order, and what it costs to show."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import queue, workflow
from articles.models import Article, PossibleDuplicate, Reuse, SourceChange
from tests.factories import ArticleFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db


def shown(user: Any, query: str = "") -> list[int]:
    page = queue.page(QueryDict(query), user)
    return [piece.article.pk for piece in page.pieces]


def at(hours: float, **kwargs: Any) -> Article:
    """A piece that its source dated so many hours ago."""
    moment = timezone.now() - timedelta(hours=hours)
    return ArticleFactory(source_published_at=moment, **kwargs)


def test_only_what_waits_stands_in_the_queue_newest_first(editor):
    old, new = at(5), at(1)
    shortlisted = at(3)
    workflow.move(shortlisted, "select", by=editor)
    workflow.move(at(2), "spike", by=editor)
    ArticleFactory(published=True)
    at(4, source=SourceFactory(reuse=Reuse.BLOCKED), is_withheld=True)

    assert shown(editor) == [new.pk, shortlisted.pk, old.pk]
    assert shown(editor, "order=oldest") == [old.pk, shortlisted.pk, new.pk]


def test_a_held_piece_comes_back_by_itself(editor):
    piece = at(1)
    workflow.hold([piece.pk], timezone.now() + timedelta(hours=1), by=editor)
    assert shown(editor) == []
    assert shown(editor, "only=held") == [piece.pk]

    Article.objects.filter(pk=piece.pk).update(held_until=timezone.now())
    assert shown(editor) == [piece.pk]
    assert shown(editor, "only=held") == []


@pytest.mark.parametrize("order", ["", "oldest"])
def test_every_piece_is_on_one_page_also_while_others_leave_and_arrive(
    editor, order, monkeypatch
):
    monkeypatch.setattr(queue, "PAGE_SIZE", 4)
    moment = timezone.now() - timedelta(hours=1)
    pieces = [ArticleFactory(source_published_at=moment) for _ in range(6)]
    pieces += [at(hours) for hours in range(2, 9)]
    seen: list[int] = []
    after: int | None = None
    while True:
        query = f"order={order}" + (f"&after={after}" if after else "")
        page = queue.page(QueryDict(query), editor)
        seen += [piece.article.pk for piece in page.pieces]
        if page.next is None:
            break
        # The very piece that the cursor names is decided on, and others come in.
        workflow.move(Article.objects.get(pk=page.next), "spike", by=editor)
        at(-0.1 if not order else 30)
        after = page.next
    assert set(seen) >= {piece.pk for piece in pieces}
    assert len(seen) == len(set(seen))


def test_filters_narrow_the_queue(editor, colleague):
    plain = at(1)
    tagged = at(2, tags=["Economy"])
    japanese = at(3, language="ja-JP")
    twin = at(4)
    PossibleDuplicate.objects.create(article=twin, other=plain, likeness=0.9)
    old = at(200)
    Article.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(hours=200)
    )
    SourceChange.objects.create(
        article=old, state="pending", digest="v1:a", at=timezone.now()
    )
    workflow.claim(japanese.pk, by=editor)
    workflow.claim(tagged.pk, by=colleague)
    workflow.move(twin, "select", by=editor)

    def find(query: str) -> set[int]:
        return set(shown(editor, query))

    assert find("only=untagged") == {plain.pk, japanese.pk, twin.pk, old.pk}
    assert find("only=duplicates") == {plain.pk, twin.pk}
    assert find("only=shortlisted") == {twin.pk}
    assert find("only=changed") == {old.pk}
    assert find("only=mine") == {japanese.pk}
    assert find("language=ja") == {japanese.pk}
    assert find("age=week") == {plain.pk, tagged.pk, japanese.pk, twin.pk}
    assert find(f"source={plain.source.slug}") == {plain.pk}
    assert find(f"category={plain.category.slug}&only=shortlisted") == {twin.pk}
    assert find(f"q={plain.source_headline}") == {plain.pk}


@pytest.mark.parametrize(
    "query",
    [
        "source=nobody",
        "category=none",
        "only=everything",
        "age=century",
        "after=x",
        "after=-1",
        "after=999999999",
        "after=99999999999999999999",
        "order=random",
    ],
)
def test_what_makes_no_sense_is_answered_with_a_page_that_says_so(
    client: Client, editor, query
):
    response = client.get(f"/admin/desk/?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in response.text
    assert client.get(f"/admin/desk/more/?{query}").status_code == 400


def test_a_page_costs_as_much_for_one_piece_as_for_thirty(client: Client, editor):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/admin/desk/").status_code == 200
        return len(captured)

    first = at(1, tags=["Economy"])
    workflow.claim(first.pk, by=editor)
    client.get("/admin/desk/")
    one = cost()
    for hours in range(2, 32):
        piece = at(hours, tags=["Economy", "Trade"])
        PossibleDuplicate.objects.create(article=piece, other=first, likeness=0.9)
        workflow.claim(piece.pk, by=editor)
    assert cost() == one


def test_a_count_goes_no_further_than_a_glance_needs(editor, monkeypatch):
    monkeypatch.setattr(queue, "MOST_COUNTED", 2)
    ArticleFactory.create_batch(5)
    assert queue.count(QueryDict(""), editor) == 3


def test_what_arrives_is_counted_and_moves_nothing(client: Client, editor):
    ArticleFactory()
    newest = queue.newest_id()
    ArticleFactory.create_batch(2, language="en")
    ArticleFactory(language="ja")
    news = client.get(f"/admin/desk/news/?newest={newest}&language=en").json()
    assert news["new"] == 2
    assert news["waiting"] == 4
    assert client.get("/admin/desk/news/?newest=x").status_code == 400


def test_a_row_shows_all_that_a_decision_needs(client: Client, editor, colleague):
    source = SourceFactory(name="Harbour Times", reuse=Reuse.FULL_TEXT)
    piece = at(1, source=source, language="ja", tags=["Harbour"], headline="Ours")
    other = at(2, source_headline="The same told twice")
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    workflow.claim(piece.pk, by=colleague)
    Article.objects.filter(pk=piece.pk).update(
        created_at=timezone.now() - timedelta(minutes=42)
    )
    page = client.get("/admin/desk/").text
    row = page[page.index(f'id="row-{piece.pk}"') :]
    row = row[: row.index("</li>")]
    for text in (
        "Harbour Times",
        "full text",
        "ja",
        "waiting 42",
        "Ours",
        piece.source_headline,
        "#Harbour",
        "1 similar",
        "sato is at work",
    ):
        assert text in row, text


def test_a_killed_piece_is_no_duplicate_to_fold_into(editor):
    piece, other = at(1), at(2)
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    workflow.move(other, "kill", by=make_user("chief"), reason="court order")
    [row] = queue.pieces([piece])
    assert row.twins == []

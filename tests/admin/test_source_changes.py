import datetime
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import workflow
from articles.models import (
    Article,
    FormerAddress,
    PossibleDuplicate,
    Sighting,
    SourceChange,
    SourceChangeState,
)
from tests.factories import EDITOR, ArticleFactory, SourceFactory, make_user

from .conftest import LIST

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def propose(article: Article, digest: str = "v1:a", **after: object) -> SourceChange:
    """A change at the source of an article that waits for an editor."""
    before = {name: getattr(article, name) for name in after if name != "category"}
    return SourceChange.objects.create(
        article=article,
        state=SourceChangeState.PENDING,
        before=before,
        after=after,
        digest=digest,
        at=timezone.now(),
    )


def page_of(article: Article) -> str:
    return f"{LIST}{article.pk}/change/"


def decision(article: Article, verb: str) -> str:
    return f"{LIST}{article.pk}/source-change/{verb}/"


def test_the_form_shows_what_the_source_changed_word_by_word(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(source_headline="Bank raises rate to 5 percent")
    propose(article, source_headline="Bank lowers rate to 5 percent")

    page = client.get(page_of(article)).text

    assert "Changed at the source" in page
    assert "Bank <del>raises</del> rate to 5 percent" in page
    assert "Bank <ins>lowers</ins> rate to 5 percent" in page


def test_every_kind_of_column_is_shown_as_people_read_it(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(
        source_body="<p>One</p><p>Two</p>", source_tags=["Economy"], headline="Ours"
    )
    propose(
        article,
        source_headline="Another",
        source_body="<p>One</p><p>Three &amp; four</p>",
        source_tags=["Economy", "Japan"],
        source_published_at="2026-05-06T07:08:09Z",
        date_is_estimated=True,
        category="Business",
    )

    page = client.get(page_of(article)).text

    assert "One <ins>Three &amp; four</ins>" in page
    assert "Economy<ins>, Japan</ins>" in page
    assert "<del>Politics</del>" in page
    assert "2026-05-06 07:08:09 UTC" in page.replace("<ins>", "").replace("</ins>", "")
    assert "<ins>yes</ins>" in page
    assert "Readers see your own, which stays." in page


def test_a_change_of_the_markup_alone_shows_the_markup(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(source_body="<p>One</p>")
    propose(article, source_body="<h2>One</h2>")

    page = client.get(page_of(article)).text

    assert "the markup differs" in page
    assert "&lt;<ins>h2</ins>&gt;One" in page


def test_hostile_text_on_either_side_stays_text(client: Client, editor: object) -> None:
    article = ArticleFactory(source_headline=f"Old {HOSTILE}")
    propose(article, source_headline=f"New {HOSTILE}", source_tags=[HOSTILE])

    client.post(decision(article, "accept"), {"digest": "v1:a"})
    propose(article, source_excerpt=HOSTILE)

    for path in (page_of(article), f"{LIST}{article.pk}/history/", LIST):
        page = client.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_take_over_writes_the_sources_columns_and_leaves_ours(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(published=True, headline="Ours")
    propose(article, source_headline="Another", source_excerpt="Newer")

    page = client.post(decision(article, "accept"), {"digest": "v1:a"}, follow=True)

    article.refresh_from_db()
    assert (article.headline, article.source_headline) == ("Ours", "Another")
    assert article.source_excerpt == "Newer"
    change = article.source_changes.get()
    assert (change.state, change.decided_by) == (SourceChangeState.ACCEPTED, editor)
    expected = (
        "Taken over from the source: Source&#x27;s headline, source&#x27;s excerpt."
    )
    assert expected in page.text
    assert "Changed at the source" not in page.text


def test_turn_down_changes_nothing_but_the_state(
    client: Client, editor: object
) -> None:
    article = ArticleFactory()
    propose(article, source_headline="Another")

    page = client.post(decision(article, "dismiss"), {"digest": "v1:a"}, follow=True)

    article.refresh_from_db()
    assert article.source_headline != "Another"
    assert article.source_changes.get().state == SourceChangeState.DISMISSED
    assert "Turned down, and not shown again" in page.text


@pytest.mark.parametrize("verb", ["accept", "dismiss"])
def test_of_two_who_decide_the_second_is_told(
    client: Client, editor: object, verb: str
) -> None:
    article = ArticleFactory()
    workflow.dismiss_change(
        propose(article, source_headline="Another"), by=make_user("colleague")
    )

    page = client.post(decision(article, verb), {"digest": "v1:a"}, follow=True)

    assert "Someone else has decided on this change" in page.text
    assert article.source_changes.get().decided_by_name == "colleague"


@pytest.mark.parametrize("data", [{"digest": "v1:seen"}, {}])
def test_a_change_the_person_has_not_seen_is_not_taken_over(
    client: Client, editor: object, data: dict[str, str]
) -> None:
    article = ArticleFactory()
    propose(article, "v1:newer", source_headline="Another")

    page = client.post(decision(article, "accept"), data, follow=True)

    assert "the source changed again" in page.text
    assert article.source_changes.pending().count() == 1


@pytest.mark.parametrize("verb", ["accept", "dismiss"])
@pytest.mark.parametrize(
    "may", [("view_article",), tuple(x for x in EDITOR if x != "change_article")]
)
def test_who_may_not_change_articles_decides_on_nothing(
    client: Client, verb: str, may: tuple[str, ...]
) -> None:
    client.force_login(make_user("reader", may))
    article = ArticleFactory()
    propose(article, source_headline="Another")

    assert client.post(decision(article, verb), {"digest": "v1:a"}).status_code == 403
    assert article.source_changes.pending().exists()
    page = client.get(page_of(article)).text
    assert "Changed at the source" in page
    assert "Take over" not in page


@pytest.mark.parametrize("verb", ["accept", "dismiss"])
def test_a_decision_is_posted_with_its_token(editor: object, verb: str) -> None:
    article = ArticleFactory()
    propose(article, source_headline="Another")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)

    assert strict.get(decision(article, verb)).status_code == 405
    assert strict.post(decision(article, verb), {"digest": "v1:a"}).status_code == 403
    assert article.source_changes.pending().exists()
    nothing = f"{LIST}999/source-change/{verb}/"
    strict = Client()
    strict.force_login(editor)
    assert strict.post(nothing).status_code == 404


def test_the_list_marks_and_finds_pieces_changed_at_the_source(
    client: Client, editor: object
) -> None:
    changed, _other = ArticleFactory.create_batch(2)
    propose(changed, source_headline="Another")

    assert client.get(LIST).text.count("badge-changed") == 1
    found = client.get(f"{LIST}?changed=yes").context["cl"].result_list
    assert [article.pk for article in found] == [changed.pk]


def test_the_mark_costs_no_query_for_each_row(client: Client, editor: object) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    propose(ArticleFactory(tags=["Economy"]), source_headline="Another")
    client.get(LIST)
    one = queries()
    for _number in range(10):
        propose(ArticleFactory(tags=["Economy"]), source_headline="Another")
    assert queries() == one


def test_the_history_tells_the_changes_of_the_source(
    client: Client, editor: object
) -> None:
    article = ArticleFactory()
    propose(article, source_headline="Another")
    client.post(decision(article, "dismiss"), {"digest": "v1:a"})
    propose(article, "v1:b", source_excerpt="Newer", category="Business")

    page = client.get(f"{LIST}{article.pk}/history/").text

    assert "turned down by an editor: mori, " in page
    assert "<ins>Another</ins>" in page
    assert "<ins>Business</ins>" in page
    assert page.index("waits for an editor") < page.index("turned down")


def test_the_form_says_where_else_the_piece_is_and_was(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(silent_updates=24, image_problem="it is no picture")
    other = SourceFactory(name="The Other Post")
    seen = datetime.datetime(2026, 3, 4, 23, 30, tzinfo=datetime.UTC)
    Sighting.objects.create(
        article=article,
        source=other,
        url="https://other.example/piece",
        headline=HOSTILE,
        seen_at=seen,
    )
    FormerAddress.objects.create(
        article=article, canonical_url="https://publisher.example/old", until=seen
    )

    page = client.get(page_of(article)).text

    assert "Also carried by" in page
    assert 'The Other Post, 2026-03-04: <a href="https://other.example/piece"' in page
    assert "<script>alert" not in page
    assert "https://publisher.example/old (until 2026-03-04" in page
    assert "no longer follows its source: it changed 24 times without a date" in page
    assert "it is no picture" in page


def test_the_form_says_what_the_piece_may_be_the_same_as(
    client: Client, editor: object
) -> None:
    older = ArticleFactory(source_headline=HOSTILE, source__name="The Other Post")
    newer, apart = ArticleFactory(), ArticleFactory(source_headline="Kept apart")
    PossibleDuplicate.objects.create(article=newer, other=older, likeness=0.834)
    PossibleDuplicate.objects.create(
        article=apart, other=newer, likeness=0.7, state="apart"
    )

    page = client.get(page_of(newer)).text

    assert "Possibly the same as" in page
    assert f'<a href="{page_of(older)}">&lt;script&gt;' in page
    assert "(The Other Post, ingested, 83 %)" in page
    assert "Kept apart" not in page
    assert page_of(newer) in client.get(page_of(older)).text


def test_a_piece_that_is_nowhere_else_has_no_empty_lines_about_it(
    client: Client, editor: object
) -> None:
    page = client.get(page_of(ArticleFactory())).text

    for words in ("Also carried by", "Possibly the same", "Former addr", "no longer"):
        assert words not in page


def test_a_change_kept_as_json_of_another_version_is_no_error_page(
    client: Client, editor: object
) -> None:
    article = ArticleFactory()
    change = propose(article, source_excerpt="", source_published_at="no date")
    change.after = json.loads('{"column_of_old": 1, "source_excerpt": null}')
    change.save()

    assert client.get(page_of(article)).status_code == 200

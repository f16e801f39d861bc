"""Who else carries a piece, on its card and its page; and why a piece is here."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import workflow
from articles.models import Article, ImportRun, Reuse, Tag
from articles.roles import Role
from articles.tagging import tags
from tests.factories import ArticleFactory, SourceFactory, make_member, make_user
from tests.site.test_listing_page import parsed

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def editor():
    return make_user(is_superuser=True)


@pytest.fixture
def lead():
    return ArticleFactory(
        published=True,
        source=SourceFactory(name="Pacific Ledger"),
        source_headline="Ministers meet",
        tags=["Trade"],
    )


def fold(lead: Article, name: str, by: User, **kwargs) -> Article:
    source = kwargs.pop("source", None) or SourceFactory(name=name)
    folded = ArticleFactory(
        source=source, source_headline=f"The same by {name}", tags=["Trade"], **kwargs
    )
    assert workflow.fold(folded.pk, lead.pk, by=by).moved
    return folded


def elsewhere(page) -> dict[str, str]:
    links = page.cssselect("article .elsewhere a")
    return {a.text_content(): a.get("href") for a in links}


PATHS = ["/", "/tags/trade/", "/search/?q=ministers", "{piece}"]


@pytest.mark.parametrize("path", PATHS)
def test_a_piece_of_several_sources_is_one_card_that_names_them(
    client, lead, editor, path
):
    courier, times = (fold(lead, name, editor) for name in ("Courier", "Times"))
    page = parsed(client, path.format(piece=lead.get_absolute_url()))
    assert len(page.cssselect("article")) == 1
    assert elsewhere(page) == {"Courier": courier.url, "Times": times.url}
    for link in page.cssselect(".elsewhere a"):
        assert link.get("rel") == "noopener"
    text = page.cssselect("article")[0].text_content()
    assert "Also in" in text
    assert "The same by" not in text


def test_many_sources_stand_behind_one_line(client, lead, editor):
    for n in range(4):
        fold(lead, f"Paper {n}", editor)
    (details,) = parsed(client, "/tags/trade/").cssselect("details.elsewhere")
    assert details.cssselect("summary")[0].text_content() == "Also in 4 other sources"
    assert len(details.cssselect("li a")) == 4


def test_a_source_is_named_once_and_the_piece_s_own_not_again(client, lead, editor):
    courier = SourceFactory(name="Courier")
    first = fold(lead, "Courier", editor, source=courier)
    later = timezone.now() - datetime.timedelta(minutes=1)
    fold(lead, "Courier", editor, source=courier, source_published_at=later)
    fold(lead, "Pacific Ledger", editor, source=lead.source)
    assert elsewhere(parsed(client, "/tags/trade/")) == {"Courier": first.url}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", ["blocked", "embargoed", "killed", "taken apart"])
def test_what_may_not_be_shown_is_not_named_as_a_carrier(
    client, lead, editor, path, how
):
    folded = fold(lead, "Courier", editor)
    if how == "blocked":
        folded.source.reuse = Reuse.BLOCKED
        folded.source.save()
        workflow.withhold(folded.source)
    elif how == "embargoed":
        later = timezone.now() + HOUR
        Article.objects.filter(pk=folded.pk).update(embargoed_until=later)
    elif how == "killed":
        assert workflow.move_many([folded.pk], "kill", by=editor, reason="so").moved
    else:
        workflow.move_many([folded.pk], "unspike", by=editor)
    page = parsed(client, path.format(piece=lead.get_absolute_url()))
    assert not page.cssselect(".elsewhere")
    assert folded.url not in client.get("/").content.decode()


def test_an_embargo_that_has_passed_hides_no_carrier(client, lead, editor):
    fold(lead, "Courier", editor, embargoed_until=timezone.now() - HOUR)
    assert elsewhere(parsed(client, "/")).keys() == {"Courier"}


@pytest.mark.parametrize("path", ["/", "/tags/trade/", "/feed.json"])
def test_carriers_cost_the_same_with_1_piece_and_with_30(client, lead, editor, path):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    fold(lead, "Courier", editor)
    with_one = cost()
    for n in range(15):
        fold(lead, f"Paper {n}", editor)
        other = ArticleFactory(published=True, tags=["Trade"])
        fold(other, f"Gazette {n}", editor)
    assert cost() == with_one


def test_the_link_to_the_publisher_says_where_it_leads(client, lead):
    (card,) = parsed(client, "/tags/trade/").cssselect("article")
    (headline,), (publisher,) = card.cssselect("h3 a"), card.cssselect("a.source")
    assert headline.get("href") == lead.get_absolute_url()
    assert publisher.get("href") == lead.url
    assert publisher.text_content() == "Read it at Pacific Ledger"
    assert publisher.get("rel") == "noopener"


# Why it is here.


def why(client, article) -> str:
    (told,) = parsed(client, article.get_absolute_url()).cssselect("details.why")
    return " ".join(told.text_content().split())


def test_a_piece_says_what_put_its_tags_on_and_whose_it_is(client):
    by = make_member(Role.EDITORS, "kim.example")
    source = SourceFactory(name="Ledger", description="A paper of the harbours.")
    article = ArticleFactory(source=source)
    names = ("Came", "Put", "Ours")
    chosen = [Tag.objects.get_or_make([name]).popitem()[1] for name in names]
    for tag, origin in zip(chosen, ("import", "hand", "suggestion"), strict=True):
        tags.tag_articles([article.pk], [tag], by=by, origin=origin)
    Tag.objects.filter(name="Ours").update(is_internal=True)
    workflow.move_many([article.pk], "publish", by=by)
    told = why(client, article)
    assert "Chosen by an editor" in told
    assert "#Came: came with the piece from its publisher" in told
    assert "#Put: put on by the desk" in told
    assert "Ours" not in told
    assert "Ledger: A paper of the harbours." in told
    assert "We show short excerpts" in told
    assert "kim.example" not in client.get(article.get_absolute_url()).content.decode()
    page = parsed(client, article.get_absolute_url())
    assert page.cssselect("details.why a[href='/corrections/']")


def test_who_published_is_told_by_role_an_import_or_the_desk(client, editor):
    pieces = [ArticleFactory() for _ in range(3)]
    workflow.move_many([pieces[0].pk], "publish", by=editor)
    assert "Chosen by an administrator" in why(client, pieces[0])
    by = make_user("left", may=("publish_article",))
    workflow.move_many([pieces[1].pk], "publish", by=by)
    by.delete()
    assert "Chosen by the desk" in why(client, pieces[1])
    run = ImportRun.objects.create()
    Article.objects.filter(pk=pieces[2].pk).update(made_by_run=run)
    workflow.move_many([pieces[2].pk], "publish", by=None, actor=str(run))
    assert "Chosen by an import that the desk has set up" in why(client, pieces[2])


def test_the_piece_costs_the_same_with_1_tag_and_with_20(client, editor):
    article = ArticleFactory(tags=["Trade"])
    workflow.move_many([article.pk], "publish", by=editor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(article.get_absolute_url()).status_code == 200
        return len(queries)

    with_one = cost()
    article.tags.add(*(f"Tag {n}" for n in range(19)))
    assert cost() == with_one

"""What is killed goes whole, for good, and comes back only by its undo."""

import datetime
import io
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.core.files.storage.memory import InMemoryStorage
from django.utils import timezone
from PIL import Image as Pillow

from articles import workflow
from articles.acts import WINDOW
from articles.images import library
from articles.ingest import pictures
from articles.models import (
    Act,
    Article,
    Change,
    Feed,
    FormerAddress,
    Image,
    SourceChange,
    TagSuggestion,
    Tombstone,
)
from articles.tagging import suggestions
from tests.commands.invocation import import_articles, invoke, ndjson, record
from tests.factories import ArticleFactory, SourceFactory, TagFactory, make_user
from tests.ingest.test_following import counts, entry, fetched

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make_user("chief", is_superuser=True)


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Do something, and what follows its commit."""

    def done(verb: Callable[[], object]) -> object:
        with django_capture_on_commit_callbacks(execute=True):
            return verb()

    return done


@pytest.fixture
def feed():
    source = SourceFactory(name="Pacific Ledger", slug="pacific-ledger")
    return Feed.objects.create(source=source, url="https://ledger.example/feed")


def picture(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((64 + shade, 48)).save(out, "PNG")
    return out.getvalue()


def kill(*pieces: Article, by, **options) -> Act:
    ids = [each.pk for each in pieces]
    return workflow.move_many(ids, "kill", by=by, reason="a letter", **options).act


def test_no_re_import_and_no_fetch_brings_a_killed_piece_back(feed, chief, client):
    fetched(feed, entry(1))
    fetched(feed, entry(1, url="https://ledger.example/moved"))
    article = Article.objects.get()
    workflow.move(article, "publish", by=chief)
    kill(article, by=chief, notice="Withdrawn.")
    before = Article.objects.values().get()
    other = Feed.objects.create(
        source=SourceFactory(), url="https://other.example/feed"
    )
    again = [
        (feed, entry(1, url="https://ledger.example/moved")),
        (feed, entry(1)),
        (feed, entry(1, title="Quite another", summary="New", body="<p>New</p>")),
        (feed, entry(1, external_id="", url="https://ledger.example/moved")),
        (feed, entry(9, external_id="https://ledger.example/?p=1")),
        (feed, entry(8, url="https://ledger.example/9", external_id="")),
        (feed, entry(1, updated=timezone.now(), title="Corrected")),
        (other, entry(1)),
        (other, entry(1, url="https://ledger.example/moved", title="Ours now")),
        (other, entry(7, url="https://ledger.example/9", external_id="x")),
    ]
    for where, each in again:
        assert counts(fetched(where, each)) == (0, 0, 1, 0), each
    assert Article.objects.values().get() == before
    assert not SourceChange.objects.filter(state="pending").exists()
    answer = client.get(article.get_absolute_url())
    assert answer.status_code == 410
    assert "Withdrawn." in answer.content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "https://ledger.example/1",
        "http://ledger.example/1",
        "http://www.ledger.example:80/1/?utm_source=x&fbclid=y#top",
        "HTTPS://LEDGER.example/%31",
    ],
)
def test_no_spelling_of_its_address_brings_it_back(url, chief):
    import_articles("-", "--status=published", stdin=ndjson([record(1)]))
    kill(Article.objects.get(), by=chief)
    for source in ("Pacific Ledger", "Another House"):
        again = record(1, url=url, source=source, body="<p>New</p>", tags=["New"])
        done = import_articles("-", "--status=published", stdin=ndjson([again]))
        assert done.counts == {"read": 1, "unchanged": 1}
    article = Article.objects.get()
    assert (article.status, article.source_body) == ("killed", "")
    assert not article.tags.exists()


def test_an_address_that_a_killed_piece_tried_is_known_from_then_on(feed, chief):
    fetched(feed, entry(1))
    kill(Article.objects.get(), by=chief)
    disguised = entry(5, external_id="https://ledger.example/?p=1")
    fetched(feed, disguised)
    assert FormerAddress.objects.get().canonical_url == disguised.canonical_url
    assert counts(fetched(feed, entry(5, external_id=""))) == (0, 0, 1, 0)
    assert Article.objects.count() == 1


def test_an_import_that_brought_a_killed_piece_cannot_take_it_along(chief):
    run = import_articles("-", stdin=ndjson([record(1), record(2)])).json["run"]
    url = "https://ledger.example/1"
    assert invoke("takedown", url, "--reason=a letter").code == 0
    assert invoke("undo_import", run, "--format=json").json["kept"] == 1
    done = import_articles("-", stdin=ndjson([record(1)]))
    assert done.counts == {"read": 1, "unchanged": 1}


def test_a_fetch_that_a_kill_overtakes_is_taken_back(feed):
    fetched(feed, entry(1))
    before = Article.objects.get()
    workflow.take_down([before.pk], reason="a letter", actor="takedown")
    # The batch of a fetch compares this before it writes.
    assert Article.objects.get().edited_at != before.edited_at


def test_the_picture_of_a_killed_piece_is_served_no_more(chief, commits, client):
    article = ArticleFactory(published=True, image_url="https://p.example/a.jpg")
    image = library.attach(article, picture())
    act = commits(lambda: kill(article, by=chief))
    assert not default_storage.exists(image.file.name)
    assert not Image.objects.exists()
    workflow.undo(act, by=chief)
    article.refresh_from_db()
    assert (article.status, article.image) == ("unpublished", None)
    assert list(pictures.wanting()) == [article]


def test_a_picture_that_a_living_piece_has_too_stays(chief, commits):
    first, second, third = ArticleFactory.create_batch(3, published=True)
    for article in (first, second):
        image = library.attach(article, picture())
    other = library.attach(third, picture(1))
    act = commits(lambda: kill(first, third, by=chief))
    assert default_storage.exists(image.file.name)
    assert not default_storage.exists(other.file.name)
    workflow.undo(act, by=chief)
    first.refresh_from_db()
    assert first.image == image
    assert not first.image_wanted
    commits(lambda: kill(first, second, by=chief))
    assert not default_storage.exists(image.file.name)
    assert not Image.objects.exists()


def test_a_kill_that_is_rolled_back_loses_no_picture(commits):
    article = ArticleFactory(published=True, url="https://ledger.example/1")
    image = library.attach(article, picture())
    url = "https://ledger.example/1"
    commits(lambda: invoke("takedown", url, "--reason=a letter", "--dry-run"))
    article.refresh_from_db()
    assert (article.status, article.image) == ("published", image)
    assert default_storage.exists(image.file.name)


def test_a_version_with_a_picture_that_is_gone_is_restored_without_it(chief, commits):
    article = ArticleFactory(published=True)
    old = library.store(io.BytesIO(picture()))
    article.image, article.headline = old, "First"
    workflow.edit(article, ["image", "headline"], by=chief)
    article.image, article.headline = library.store(io.BytesIO(picture(1))), "Second"
    workflow.edit(article, ["image", "headline"], by=chief)
    library.discard([old.pk])
    article.refresh_from_db()
    workflow.restore(article, 1, by=chief)
    # The one that is there stays.
    assert article.headline == "First"
    assert article.image not in (None, old)


def test_a_picture_comes_again_after_it_was_taken_away(chief, commits):
    article, other = ArticleFactory.create_batch(2)
    library.attach(article, picture())
    commits(lambda: kill(article, by=chief))
    image = library.attach(other, picture())
    assert default_storage.exists(image.file.name)


class FullDisk(InMemoryStorage):
    """A storage that deletes nothing while it is ``broken``."""

    broken = True

    def delete(self, name: str) -> None:
        if self.exists(name) and FullDisk.broken:
            raise OSError("read-only")
        super().delete(name)


def test_a_storage_that_fails_is_tried_again(chief, commits, settings, monkeypatch):
    monkeypatch.setattr(FullDisk, "broken", True)
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": f"{__name__}.FullDisk"}
    }
    article = ArticleFactory(published=True)
    library.attach(article, picture())
    commits(lambda: kill(article, by=chief))
    article.refresh_from_db()
    assert article.status == "killed"
    assert article.image is not None
    assert invoke("erase_killed").code == 4
    monkeypatch.setattr(FullDisk, "broken", False)
    assert invoke("erase_killed", "--format=json").json["pictures"] == 1
    assert not Image.objects.exists()


def test_the_picture_of_a_deleted_piece_goes_too(chief, commits):
    article = ArticleFactory()
    image = library.attach(article, picture())
    commits(lambda: workflow.delete([article.pk], by=chief))
    assert not default_storage.exists(image.file.name)


def killed_long_ago(article: Article, by) -> None:
    kill(article, by=by)
    late = timezone.now() - WINDOW - datetime.timedelta(seconds=1)
    Act.objects.filter(kind="kill").update(at=late)


def test_what_a_source_said_is_erased_when_the_kill_is_final(feed, chief):
    TagFactory(name="Harbour", slug="harbour")
    secret = {"summary": "Zyzzyva", "body": "<p>Zyzzyva</p>", "author": "Zyzzyva"}
    fetched(feed, entry(1, title="In the harbour", image_caption="Zyzzyva", **secret))
    article = Article.objects.get()
    suggestions.refresh_one(article)
    article.headline, article.note = "Ours", "Our words"
    workflow.edit(article, ["headline", "note"], by=chief)
    fetched(feed, entry(1, title="In the harbour", summary="Zyzzyva two", body="New"))
    workflow.accept_change(SourceChange.objects.get(), by=chief)
    assert "Zyzzyva" in str(Change.objects.values_list("before", "after"))
    killed_long_ago(article, chief)
    assert workflow.erase_killed(dry_run=True) == (1, 0)
    assert workflow.erase_killed() == (1, 0)
    article.refresh_from_db()
    everything = [
        str(list(model.objects.values()))
        for model in (Article, Change, Act, SourceChange, TagSuggestion)
    ]
    assert "Zyzzyva" not in "".join(everything)
    assert (article.headline, article.note) == ("Ours", "Our words")
    assert article.source_headline == "In the harbour"
    assert counts(fetched(feed, entry(1, **secret))) == (0, 0, 1, 0)
    assert workflow.erase_killed() == (0, 0)


def test_what_a_source_said_goes_with_a_deleted_piece_at_once(feed, chief):
    fetched(feed, entry(1))
    article = Article.objects.get()
    workflow.move(article, "publish", by=chief)
    fetched(feed, entry(1, body="<p>Zyzzyva</p>"))
    workflow.accept_change(SourceChange.objects.get(), by=chief)
    workflow.delete([article.pk], by=chief)
    assert "Zyzzyva" not in str(list(Change.objects.values()))


def test_nothing_is_erased_while_the_kill_can_be_taken_back(chief):
    article = ArticleFactory(published=True, source_body="<p>Words</p>")
    act = kill(article, by=chief)
    assert workflow.erase_killed() == (0, 0)
    workflow.undo(act, by=chief)
    article.refresh_from_db()
    assert (article.status, article.source_body) == ("unpublished", "<p>Words</p>")
    assert workflow.erase_killed() == (0, 0)


@pytest.mark.parametrize("options", [[], ["--enqueue"]])
def test_a_pass_over_the_feeds_erases_too(chief, options):
    article = ArticleFactory(source_body="<p>Words</p>")
    killed_long_ago(article, chief)
    assert invoke("fetch_feeds", *options).code == 0
    article.refresh_from_db()
    assert article.source_body == ""


def test_a_kill_carries_its_notice_and_its_undo_takes_it_back(chief):
    article = ArticleFactory(published=True)
    act = kill(article, by=chief, notice="  Withdrawn by its publisher. ")
    article.refresh_from_db()
    assert article.notice == "Withdrawn by its publisher."
    assert act.reason == "a letter"
    workflow.undo(act, by=chief)
    article.refresh_from_db()
    assert article.notice == ""
    with pytest.raises(workflow.NotAllowed, match="1000 characters"):
        kill(article, by=chief, notice="x" * 1001)


def test_a_killed_page_shows_the_notice_and_nothing_of_the_piece(chief, client):
    article = ArticleFactory(published=True, source_headline="Quagmire")
    address = article.get_absolute_url()
    kill(article, by=chief, notice="<script>alert(1)</script>\n\nBy court order.")
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == 410
    assert "&lt;script&gt;" in text
    assert "By court order." in text
    assert "noindex" in text
    for word in ("Quagmire", "quagmire", "a letter", "canonical", "ld+json"):
        assert word not in text, word
    Article.objects.update(notice="")
    assert "will not come back" in client.get(address).content.decode()


def test_a_deleted_killed_piece_still_does_not_come_back(feed, chief):
    fetched(feed, entry(1))
    article = Article.objects.get()
    kill(article, by=chief)
    assert not Tombstone.objects.exists()
    workflow.delete([article.pk], by=chief)
    assert counts(fetched(feed, entry(1))) == (0, 0, 0, 1)

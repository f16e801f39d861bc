"""How pieces follow their source, and where that ends: at what people decided."""

import datetime
import itertools
import random

import pytest
from django.utils import timezone

from articles import workflow
from articles.ingest import changes
from articles.ingest.entries import Entry
from articles.ingest.named import MOST_NEW_NAMES
from articles.ingest.store import Overtaken, store
from articles.models import (
    MOST_SILENT_UPDATES,
    Article,
    Category,
    Feed,
    FormerAddress,
    FormerId,
    Sighting,
    SourceChange,
    Tag,
    Tombstone,
)
from articles.tagging import index, tags
from tests.factories import SourceFactory, make_user

pytestmark = pytest.mark.django_db

MOMENT = datetime.datetime(2026, 3, 1, 0, 30, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
BLANK = dict.fromkeys(Entry.__slots__, "") | {"updated": None}


def entry(number=1, **fields):
    url = fields.get("url", f"https://ledger.example/{number}")
    good = {
        "line": number,
        "url": url,
        "canonical_url": url,
        "title": f"Piece {number}",
        "published": MOMENT + number * datetime.timedelta(minutes=1),
        "external_id": f"https://ledger.example/?p={number}",
        "tags": (),
    }
    return Entry(**(BLANK | good | fields))


@pytest.fixture
def feed():
    source = SourceFactory(name="Pacific Ledger", slug="pacific-ledger")
    return Feed.objects.create(source=source, url="https://ledger.example/feed")


def fetched(feed, *entries):
    return store(list(entries), feed=feed)


def counts(stored):
    return (
        len(stored.created),
        len(stored.updated),
        stored.unchanged,
        len(stored.duplicates),
    )


def test_every_piece_of_a_feed_is_its_sources_whatever_the_item_names(feed):
    fetched(feed, entry(1, source="The Gazette of Record"))
    article = Article.objects.get()
    assert (article.source, article.feed) == (feed.source, feed)


def test_ids_that_all_pieces_share_tell_nothing(feed):
    """Fault 48."""
    entries = [entry(n, external_id="same") for n in range(1, 21)]
    assert counts(fetched(feed, *entries)) == (20, 0, 0, 0)
    assert counts(fetched(feed, *entries)) == (0, 0, 20, 0)
    assert counts(fetched(feed, *reversed(entries))) == (0, 0, 20, 0)
    on_top = entry(21, external_id="same")
    assert counts(fetched(feed, on_top, *entries[:-1])) == (1, 0, 19, 0)
    assert not fetched(feed, on_top).created


def test_a_few_repeated_ids_leave_the_others_their_meaning(feed):
    entries = [entry(n) for n in range(1, 100)]
    entries += [entry(100, external_id="x"), entry(101, external_id="x")]
    fetched(feed, *entries)
    blank = Article.objects.filter(external_id="").count()
    assert blank == 2
    moved = entry(1, url="https://ledger.example/first-piece")
    assert counts(fetched(feed, moved, *entries[1:])) == (0, 1, 100, 0)


def test_an_id_that_changes_while_the_address_stays_makes_no_second_piece(feed):
    """Fault 49."""
    fetched(feed, entry(1, external_id="http://ledger.example/?p=1"))
    assert counts(fetched(feed, entry(1, external_id="tag:ledger,2026:1")))[0] == 0
    article = Article.objects.get()
    assert article.external_id == "tag:ledger,2026:1"
    assert FormerId.objects.get().external_id == "http://ledger.example/?p=1"
    # The former id still finds it, at yet another address.
    back = entry(
        1,
        external_id="http://ledger.example/?p=1",
        url="https://ledger.example/archive/1",
    )
    assert counts(fetched(feed, back))[0] == 0
    assert Article.objects.count() == 1


def test_a_site_that_moves_to_https_and_another_host_brings_nothing_twice(feed):
    """Fault 49."""
    before = [
        entry(n, url=f"http://old.example/{n}", external_id=f"http://old.example/{n}")
        for n in range(1, 30)
    ]
    after = [
        entry(n, url=f"https://new.example/{n}", external_id=f"https://new.example/{n}")
        for n in range(1, 30)
    ]
    fetched(feed, *before)
    assert counts(fetched(feed, *after)) == (0, 29, 0, 0)
    assert Article.objects.count() == 29
    assert FormerAddress.objects.count() == 29
    assert counts(fetched(feed, *after)) == (0, 0, 29, 0)


def test_two_sites_of_one_publisher_that_number_alike_stay_apart(feed):
    other = Feed.objects.create(source=feed.source, url="https://sport.example/feed")
    fetched(feed, entry(1, external_id="https://ledger.example/?p=1"))
    twin = entry(
        1, url="https://sport.example/1", external_id="https://sport.example/?p=1"
    )
    assert counts(fetched(other, twin)) == (1, 0, 0, 0)


def test_an_address_that_changes_takes_its_piece_along(feed):
    """Fault 50."""
    fetched(feed, entry(1))
    moved = entry(1, url="https://ledger.example/a-better-slug", title="Piece 1, again")
    assert counts(fetched(feed, moved)) == (0, 1, 0, 0)
    article = Article.objects.get()
    assert article.url == article.canonical_url == moved.url
    assert article.source_headline == "Piece 1, again"
    former = FormerAddress.objects.get()
    assert former.canonical_url == "https://ledger.example/1"
    change = SourceChange.objects.get()
    assert change.before["source_headline"] == "Piece 1"
    # A file with the old address finds the piece, and does not move it back.
    assert counts(store([entry(1, source="Pacific Ledger", external_id="")]))[0] == 0
    article.refresh_from_db()
    assert article.canonical_url == moved.url


def test_a_link_that_is_another_one_at_every_fetch_leaves_few_of_them_behind(feed):
    for number in range(changes.KEPT + 10):
        fetched(feed, entry(1, url=f"https://ledger.example/1?session={number}"))
    article = Article.objects.get()
    assert article.canonical_url.endswith(f"session={changes.KEPT + 9}")
    left = set(article.former_addresses.values_list("canonical_url", flat=True))
    assert left == {
        f"https://ledger.example/1?session={number}"
        for number in range(9, changes.KEPT + 9)
    }
    for number in range(changes.KEPT + 10):
        fetched(feed, entry(1, url=article.canonical_url, external_id=f"id {number}"))
    assert Article.objects.get().former_ids.count() == changes.KEPT


def test_a_feed_cannot_fill_our_vocabulary(feed):
    Tag.objects.create(name="Known", slug="known")
    entries = [
        entry(
            number,
            category=f"Category {number}",
            tags=("Known", *(f"Tag {number} {each}" for each in range(5))),
        )
        for number in range(1, 201)
    ]
    assert len(fetched(feed, *entries).created) == 200
    assert Tag.objects.count() == MOST_NEW_NAMES + 1
    assert Category.objects.count() == MOST_NEW_NAMES
    assert Tag.objects.get(name="Known").tagged_articles.count() == 200
    last = Article.objects.get(source_headline="Piece 200")
    assert (last.category.name, list(last.tags.names())) == ("General", ["Known"])


def test_names_that_one_fetch_leaves_out_come_with_the_next_ones(feed):
    names = [f"Tag {number}" for number in range(5)]
    entries = [
        entry(
            number,
            category=f"Category {number}",
            tags=tuple(f"{name} of {number}" for name in names),
        )
        for number in range(1, 51)
    ]
    first = fetched(feed, *entries)
    assert (len(first.created), first.names_put_off) == (50, 150)
    piece = Article.objects.get(source_headline="Piece 1")
    tags.set_tags(piece, ["Tag 1 of 1"], by=make_user())
    second = fetched(feed, *entries)
    assert (second.created, second.names_put_off) == ([], 50)
    assert fetched(feed, *entries).names_put_off == 0
    assert counts(fetched(feed, *entries)) == (0, 0, 50, 0)
    last = Article.objects.get(source_headline="Piece 50")
    assert last.category.name == "Category 50"
    assert set(last.tags.names()) == {f"{name} of 50" for name in names}
    # What an editor took off is not among what was left for later.
    assert list(piece.tags.names()) == ["Tag 1 of 1"]


def test_an_id_used_again_for_another_piece_makes_a_second_one(feed):
    fetched(feed, entry(1, external_id="latest"))
    other = entry(2, external_id="latest")
    assert counts(fetched(feed, other)) == (1, 0, 0, 0)


def test_what_several_sources_carry_is_one_piece_that_knows_them_all(feed):
    """Fault 51."""
    others = [
        Feed.objects.create(
            source=SourceFactory(name=name), url=f"https://{name}.example/feed"
        )
        for name in ("gazette", "mirror")
    ]
    fetched(feed, entry(1))
    for other in others * 2:
        done = fetched(other, entry(1, title="Copied", external_id="theirs"))
        assert counts(done) == (0, 0, 0, 1)
        assert "already here from “Pacific Ledger”" in str(done.duplicates)
    article = Article.objects.get()
    assert article.source_headline == "Piece 1"
    names = article.sightings.values_list("source__name", flat=True)
    assert set(names) == {"gazette", "mirror"}
    assert Sighting.objects.count() == 2


def test_a_text_that_differs_at_every_look_is_followed_24_times(feed):
    """Fault 52."""
    fetched(feed, entry(1, body="<p>It is 0 o'clock.</p>"))
    for hour in range(1, 40):
        fetched(feed, entry(1, body=f"<p>It is {hour} o'clock.</p>"))
    article = Article.objects.get()
    assert article.is_frozen
    assert article.silent_updates == MOST_SILENT_UPDATES
    assert article.source_body == "<p>It is 24 o'clock.</p>"
    assert counts(fetched(feed, entry(1, body="<p>And 40.</p>"))) == (0, 0, 1, 0)
    assert SourceChange.objects.count() <= 20
    # A change that the source gives a date for is one that it means.
    meant = entry(1, body="<p>Corrected.</p>", updated=MOMENT + DAY)
    assert counts(fetched(feed, meant)) == (0, 1, 0, 0)
    article.refresh_from_db()
    assert (article.is_frozen, article.source_body) == (False, "<p>Corrected.</p>")


def test_a_date_that_differs_at_every_look_is_followed_24_times(feed):
    """Fault 52."""
    hour = datetime.timedelta(hours=1)
    for number in range(40):
        now = MOMENT + number * hour
        fetched(feed, entry(1, published=now, updated=now))
    article = Article.objects.get()
    assert article.is_frozen
    assert article.source_published_at == MOMENT + MOST_SILENT_UPDATES * hour
    # A text that comes with a newer date is one that the source means.
    meant = entry(1, title="Corrected", updated=MOMENT + 2 * DAY)
    assert counts(fetched(feed, meant)) == (0, 1, 0, 0)
    assert Article.objects.get().source_headline == "Corrected"


def test_an_edit_that_is_taken_back_leaves_two_changes_and_one_piece(feed):
    """Fault 53."""
    for title in ("A", "B", "A"):
        fetched(feed, entry(1, title=title))
    article = Article.objects.get()
    assert article.source_headline == "A"
    states = article.source_changes.order_by("pk").values_list(
        "state", "before__source_headline", "after__source_headline"
    )
    assert list(states) == [("applied", "A", "B"), ("applied", "B", "A")]


def test_a_change_of_an_edited_piece_waits_for_an_editor(feed):
    """Fault 54."""
    editor = make_user()
    fetched(feed, entry(1, category="World"))
    article = Article.objects.get()
    article.headline = "Ours"
    workflow.edit(article, ["headline"], by=editor)
    changed = entry(1, title="Theirs", category="Sports", tags=("Tokyo",))
    assert counts(fetched(feed, changed)) == (0, 1, 0, 0)
    assert counts(fetched(feed, changed)) == (0, 0, 1, 0)
    article.refresh_from_db()
    assert (article.headline, article.source_headline) == ("Ours", "Piece 1")
    assert (article.category.name, list(article.tags.names())) == ("World", [])
    waiting = article.source_changes.get()
    assert (waiting.state, waiting.after["category"]) == ("pending", "Sports")
    workflow.accept_change(waiting, by=editor)
    article = Article.objects.get()
    assert (article.headline, article.source_headline) == ("Ours", "Theirs")
    assert (article.category.name, list(article.tags.names())) == ("Sports", ["Tokyo"])
    assert counts(fetched(feed, changed)) == (0, 0, 1, 0)
    with pytest.raises(workflow.NotAllowed):
        workflow.dismiss_change(waiting, by=editor)
    assert not any(index.differences().values())


def test_a_change_that_was_turned_down_is_not_shown_again(feed):
    editor = make_user()
    fetched(feed, entry(1))
    workflow.move(Article.objects.get(), "publish", by=editor)
    fetched(feed, entry(1, title="Theirs"))
    workflow.dismiss_change(SourceChange.objects.get(), by=editor)
    assert counts(fetched(feed, entry(1, title="Theirs"))) == (0, 0, 1, 0)
    assert not SourceChange.objects.pending().exists()
    fetched(feed, entry(1, title="Theirs, the third"))
    assert SourceChange.objects.pending().count() == 1


def test_a_newer_change_takes_the_place_of_one_that_waits(feed):
    fetched(feed, entry(1))
    Article.objects.update(edited_at=timezone.now())
    fetched(feed, entry(1, title="Second"))
    second = SourceChange.objects.get()
    fetched(feed, entry(1, title="Third"))
    waiting = SourceChange.objects.get()
    assert waiting.after["source_headline"] == "Third"
    # Who still has the second before the eyes does not accept the third unseen.
    with pytest.raises(workflow.NotAllowed):
        workflow.accept_change(second, by=make_user())
    fetched(feed, entry(1))
    assert not SourceChange.objects.exists()


def test_a_new_address_of_an_edited_piece_waits_but_is_known(feed):
    fetched(feed, entry(1))
    workflow.move(Article.objects.get(), "publish", by=make_user())
    moved = entry(1, url="https://ledger.example/casino")
    fetched(feed, moved)
    article = Article.objects.get()
    assert article.url == "https://ledger.example/1"
    assert article.canonical_url == moved.url
    assert article.source_changes.get().after == {"url": moved.url}
    assert counts(fetched(feed, moved)) == (0, 0, 1, 0)


def test_a_deleted_piece_does_not_come_back_under_any_name(feed):
    """Fault 55."""
    fetched(feed, entry(1), entry(2))
    fetched(feed, entry(1, url="https://ledger.example/moved"), entry(2))
    doomed = Article.objects.get(source_headline="Piece 1")
    assert workflow.delete([doomed.pk], by=make_user()).moved == [doomed.pk]
    for again in (
        entry(1),
        entry(1, url="https://ledger.example/moved", external_id=""),
        entry(1, url="https://ledger.example/third-address"),
    ):
        done = fetched(feed, again, entry(2))
        assert counts(done) == (0, 0, 1, 1)
        assert "deleted by an editor" in str(done.duplicates)
    Tombstone.objects.all().delete()
    assert counts(fetched(feed, entry(1), entry(2))) == (1, 0, 1, 0)


def test_a_feeds_impossible_dates_do_not_put_a_piece_on_top(feed):
    """Fault 56."""
    now = timezone.now()
    dates = [
        now + 30 * DAY,
        datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
    ]
    entries = [entry(n, published=date) for n, date in enumerate(dates, start=1)]
    fetched(feed, *entries)
    for article in Article.objects.all():
        assert article.date_is_estimated
        assert abs(article.source_published_at - now) < DAY
    assert counts(fetched(feed, *entries)) == (0, 0, 4, 0)


def test_a_batch_that_an_editor_overtakes_is_taken_back(feed, monkeypatch):
    fetched(feed, entry(1))
    difference = changes.difference

    def slowly(*args, **kwargs):
        Article.objects.update(edited_at=timezone.now())
        return difference(*args, **kwargs)

    monkeypatch.setattr(changes, "difference", slowly)
    with pytest.raises(Overtaken):
        fetched(feed, entry(1, title="Theirs"))
    assert Article.objects.get().source_headline == "Piece 1"


def hostile(number, turn):
    """A piece as a feed sends it that wants our readers to see something else."""
    kinds = itertools.cycle(
        [
            {"title": f"<script>alert({turn})</script>"},
            {"url": f"https://ledger.example/casino-{turn}-{number}"},
            {"title": "", "summary": "x" * turn},
            {"tags": ("Casino", "Pills"), "category": f"Casino {turn}"},
            {"external_id": f"id-{turn}", "body": "<p>Buy.</p>"},
            {"published": MOMENT + turn * DAY, "updated": MOMENT + turn * DAY},
            {"author": "Somebody", "language": "xx", "image_url": "https://x.example/"},
        ]
    )
    fields = next(itertools.islice(kinds, turn % 7, None))
    return entry(number, **({"body": f"<p>Turn {turn}.</p>"} | fields))


def test_editors_words_survive_ten_hostile_fetches(feed):
    editor = make_user(is_superuser=True)
    fetched(feed, *(entry(n, category="World") for n in range(1, 7)))
    edited, tagged, spiked, killed, deleted, published = Article.objects.order_by("pk")
    edited.headline, edited.excerpt, edited.note = "Ours", "Our words", "Our note"
    workflow.edit(edited, ["headline", "excerpt", "note"], by=editor)
    tags.set_tags(tagged, ["Japan", "Diplomacy"], by=editor)
    workflow.move(spiked, "spike", by=editor)
    workflow.move(published, "publish", by=editor)
    workflow.move(killed, "kill", by=editor, reason="a court says so")
    workflow.delete([deleted.pk], by=editor)

    def words():
        """All that readers may see, or that an editor has decided."""
        return [
            (
                *(getattr(article, name) for name in SHOWN),
                sorted(article.tags.names()),
                article.category.name,
            )
            for article in Article.objects.exclude(edited_at=None).order_by("pk")
        ]

    before = words()
    assert len(before) == 5
    shuffled = random.Random(7)
    for turn in range(1, 11):
        attack = [hostile(number, turn) for number in range(1, 7)]
        shuffled.shuffle(attack)
        fetched(feed, *attack)
        assert words() == before
        assert not Article.objects.filter(pk=deleted.pk).exists()
    assert not any(index.differences().values())


SHOWN = (
    "status",
    "headline",
    "excerpt",
    "note",
    "source_headline",
    "source_excerpt",
    "source_body",
    "source_published_at",
    "url",
    "author",
    "language",
    "image_url",
    "image",
    "published_at",
)


def read_otherwise(monkeypatch):
    """From now on we read sources in another way, as after an upgrade."""
    monkeypatch.setattr(changes, "CONTENT_VERSION", "v2")


def test_a_new_reading_of_ours_is_no_change_at_the_source(feed, monkeypatch):
    pieces = [entry(1, body="<p>One.</p>"), entry(2, summary="Two.")]
    fetched(feed, *pieces)
    read_otherwise(monkeypatch)
    assert counts(fetched(feed, *pieces)) == (0, 0, 2, 0)
    assert not SourceChange.objects.exists()
    for article, piece in zip(Article.objects.order_by("pk"), pieces, strict=True):
        assert article.source_digest == changes.digest_of(piece)
        assert article.silent_updates == 0


def test_what_changes_at_the_same_time_as_our_reading_is_seen(feed, monkeypatch):
    fetched(feed, entry(1), entry(2))
    read_otherwise(monkeypatch)
    changed = entry(1, title="Piece 1, corrected")
    assert counts(fetched(feed, changed, entry(2))) == (0, 1, 1, 0)
    article = Article.objects.get(source_headline="Piece 1, corrected")
    assert article.source_digest == changes.digest_of(changed)
    assert counts(fetched(feed, changed, entry(2))) == (0, 0, 2, 0)


def test_a_new_reading_of_ours_does_not_take_the_place_of_a_pages_text(
    feed, monkeypatch
):
    feed.source.reuse, feed.source.fetches_full_text = "full_text", True
    feed.source.save()
    short = entry(1, body="<p>The beginning.</p>")
    fetched(feed, short)
    Article.objects.update(source_body="<p>All of it.</p>", page_due_at=None)
    read_otherwise(monkeypatch)
    assert counts(fetched(feed, short)) == (0, 0, 1, 0)
    article = Article.objects.get()
    assert (article.source_body, article.page_due_at) == ("<p>All of it.</p>", None)
    # What the feed says anew is seen as ever.
    assert counts(fetched(feed, entry(1, body="<p>Another.</p>"))) == (0, 1, 0, 0)


@pytest.mark.parametrize("decision", ["waits", "turned down"])
def test_what_an_editor_has_seen_is_not_proposed_again_after_a_new_reading(
    feed, decision, monkeypatch
):
    fetched(feed, entry(1))
    article = Article.objects.get()
    workflow.move(article, "publish", by=make_user())
    changed = entry(1, title="Piece 1, corrected", published=MOMENT + DAY)
    fetched(feed, changed)
    change = SourceChange.objects.get()
    if decision == "turned down":
        workflow.dismiss_change(change, by=make_user("sato"))
        change.refresh_from_db()
    read_otherwise(monkeypatch)
    assert counts(fetched(feed, changed)) == (0, 0, 1, 0)
    again = SourceChange.objects.get()
    assert (again.pk, again.state) == (change.pk, change.state)

"""Every public output × every state a piece can be in: all that is public is there,
and nothing else."""

import datetime
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from articles import export, workflow
from articles.images import library
from articles.models import Article, Indexing, Reuse, Source, relisting
from articles.tagging import index
from tests.factories import (
    ArticleFactory,
    CategoryFactory,
    SourceFactory,
    TagFactory,
    make_user,
)

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
#: Words that stand nowhere but in the piece.
WORDS = {
    "headline": "Quagmire",
    "excerpt": "Zyzzyva",
    "note": "Xylograph",
    "body": "Wapentake",
    "caption": "Umlaut",
    "correction": "Thylacine",
    "tag": "Syzygy",
}


@dataclass
class Piece:
    article: Article
    picture: str
    by: object


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Do something, and what follows its commit."""

    def done(verb: Callable[[], object]) -> object:
        with django_capture_on_commit_callbacks(execute=True):
            return verb()

    return done


@pytest.fixture
def piece() -> Piece:
    """A published piece with all that a piece can have, in a house with others."""
    source = SourceFactory(
        name="Ledger",
        slug="ledger",
        reuse=Reuse.FULL_TEXT,
        shows_images=True,
        # So that it is in every sitemap, and its picture in feeds and link previews.
        indexing=Indexing.OWN,
    )
    category = CategoryFactory(name="Asia", slug="asia")
    for tag in ("Syzygy", "Trade"):
        TagFactory(name=tag, slug=tag.lower(), description="Worth a page.")
    article = ArticleFactory(
        published=True,
        source=source,
        category=category,
        source_headline="Quagmire",
        source_excerpt="Zyzzyva",
        source_body="<p>Wapentake</p>",
        note="Xylograph",
        image_caption="Umlaut",
        tags=["Syzygy"],
    )
    ArticleFactory(published=True, source=source, category=category, tags=["Trade"])
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((64, 48)).save(out, "PNG")
    picture = library.attach(article, out.getvalue())
    by = make_user("chief", is_superuser=True)
    workflow.correct(article.pk, "Thylacine", by=by)
    article.refresh_from_db()
    return Piece(article, picture.file.url, by)


def _set(piece: Piece, **columns: object) -> None:
    article = piece.article
    for name, value in columns.items():
        setattr(article, name, value)
    workflow.edit(article, columns, by=piece.by)


def _move(*actions: str, at: datetime.timedelta | None = None) -> Callable:
    def make(piece: Piece) -> None:
        for action in actions:
            moment = timezone.now() + at if at and action == "publish" else None
            workflow.move(piece.article, action, by=piece.by, reason="so", at=moment)

    return make


def _block(piece: Piece) -> None:
    Source.objects.filter(slug="ledger").update(reuse=Reuse.BLOCKED)
    workflow.withhold(Source.objects.get(slug="ledger"))


def _never(piece: Piece) -> None:
    """As if it had never been published: it waits."""
    waits = {"status": "ingested", "published_at": None}
    with relisting([piece.article.pk]):
        Article.objects.filter(pk=piece.article.pk).update(**waits)
    piece.article.refresh_from_db()


def _fold(piece: Piece) -> None:
    _never(piece)
    workflow.fold(piece.article.pk, ArticleFactory(published=True).pk, by=piece.by)


def _undone_kill(piece: Piece) -> None:
    _move("kill")(piece)
    # As it would be after the commit, which a test has none of in between.
    workflow.take_pictures_away([piece.article.pk])
    act = piece.article.changes.order_by("-version")[0].act
    workflow.undo(act, by=piece.by)


HIDDEN: dict[str, Callable[[Piece], None]] = {
    "ingested": _never,
    "selected": lambda piece: (_never(piece), _move("select")(piece)),
    "spiked": lambda piece: (_never(piece), _move("spike")(piece)),
    "folded": _fold,
    "scheduled": _move("unpublish", "publish", at=HOUR),
    "embargoed": lambda piece: _set(piece, embargoed_until=timezone.now() + HOUR),
    "unpublished": _move("unpublish"),
    "withheld": _block,
    "killed": _move("kill"),
    "kill taken back": _undone_kill,
}

#: What each output shows of a public piece.
CARD = {"headline", "excerpt", "note", "tag"}
FEED = CARD | {"correction"}
OUTPUTS: dict[str, set[str]] = {
    "/": CARD,
    "/?source=ledger&category=asia&language=en": CARD,
    "/tags/": {"tag"},
    "/tags/syzygy/": CARD,
    "/sources/ledger/": CARD,
    "/categories/asia/": CARD,
    "/search/?q=Quagmire": CARD,
    "/search/?q=Zyzzyva": CARD,
    "/search/?q=Xylograph": CARD,
    "article": CARD - {"excerpt"} | {"body", "caption", "correction"},
    "/corrections/": {"headline", "correction"},
    **{
        f"{path}feed.{ending}": FEED
        for path in ("/", "/tags/syzygy/", "/sources/ledger/", "/categories/asia/")
        for ending in ("rss", "atom", "json")
    },
    "/search/feed.atom?q=Quagmire": FEED,
    "/sources/ledger/feed.json?category=asia&language=en": FEED,
    "/sitemap-tags.xml": {"tag"},
    # A piece's address says its headline.
    "month": {"headline"},
    "/news-sitemap.xml": {"headline"},
    "/opml.xml": {"tag"},
}
#: What the reader has typed or the page is named after says nothing of a piece.
ECHOED = {
    "/tags/syzygy/": {"tag"},
    "/search/?q=Quagmire": {"headline"},
    "/search/?q=Zyzzyva": {"excerpt"},
    "/search/?q=Xylograph": {"note"},
    "/search/feed.atom?q=Quagmire": {"headline"},
    **{f"/tags/syzygy/feed.{ending}": {"tag"} for ending in ("rss", "atom", "json")},
}


def shown(client: Client, piece: Piece, output: str) -> tuple[str, set[str]]:
    """An output's text, and which of the piece's words stand in it."""
    month = f"{piece.article.source_published_at.astimezone(UTC):%Y-%m}"
    address = {
        "article": piece.article.get_absolute_url(),
        "month": f"/sitemap-{month}.xml",
    }.get(output, output)
    text = client.get(address).content.decode()
    if text.startswith("{"):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    # The way to the other language repeats the address that was asked for, no more.
    low = (text.replace(address, "") if output == "article" else text).lower()
    return text, {name for name, word in WORDS.items() if word.lower() in low}


def status_of(client: Client, address: str) -> int:
    answer = client.get(address)
    answer.close()  # a file that is sent stays open otherwise
    return answer.status_code


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_is_public_is_there(client, piece, output):
    text, words = shown(client, piece, output)
    assert words >= OUTPUTS[output]
    is_page = output.endswith("/") or "/?" in output or output == "article"
    if is_page and output not in {"/tags/", "/corrections/"}:
        assert piece.picture in text
    assert status_of(client, piece.picture) == 200


@pytest.mark.parametrize("state", HIDDEN)
def test_what_is_not_public_is_nowhere(client, piece, state, commits):
    commits(lambda: HIDDEN[state](piece))
    for output in OUTPUTS:
        text, words = shown(client, piece, output)
        assert words <= ECHOED.get(output, set()), output
        assert piece.picture not in text, output
        if output != "article":
            assert f"/articles/{piece.article.pk}/" not in text, output
    assert index.differences() == {"rows": 0, "counts": 0}


@pytest.mark.parametrize("state", HIDDEN)
def test_the_address_of_what_is_not_public_answers(client, piece, state):
    address = piece.article.get_absolute_url()
    HIDDEN[state](piece)
    assert client.get(address).status_code == (410 if state == "killed" else 404)


@pytest.mark.parametrize("state", HIDDEN)
def test_a_picture_is_gone_with_a_kill_and_with_nothing_else(
    client, piece, state, commits
):
    commits(lambda: HIDDEN[state](piece))
    is_killed = state in {"killed", "kill taken back"}
    assert status_of(client, piece.picture) == (404 if is_killed else 200)


@pytest.mark.parametrize("state", HIDDEN)
def test_an_export_is_our_own_copy_of_all_but_killed_pieces(piece, state):
    HIDDEN[state](piece)
    out = io.StringIO()
    export.write_ndjson(export.records(), out)
    assert ("Quagmire" in out.getvalue()) == (state != "killed")


def test_what_waits_shows_everywhere_when_its_hour_comes(client, piece):
    past = timezone.now() - HOUR
    _move("unpublish", "publish", at=-HOUR)(piece)
    _set(piece, embargoed_until=past)
    for output, words in OUTPUTS.items():
        assert shown(client, piece, output)[1] >= words, output


def test_a_publication_that_is_taken_back_within_the_window_shows_nowhere(
    client, piece
):
    _never(piece)
    window = datetime.timedelta(seconds=configured.NEWSROOM_UNDO_SECONDS)
    at = timezone.now() + window
    act = workflow.publish([piece.article.pk], by=piece.by, at=at).act
    before = {output: shown(client, piece, output)[1] for output in OUTPUTS}
    assert timezone.now() < at, "too slow to say anything"
    workflow.undo(act, by=piece.by)
    piece.article.refresh_from_db()
    # Nothing is left that an hour could bring about.
    assert (piece.article.published_at, piece.article.visible_from) == (None, None)
    after = {output: shown(client, piece, output)[1] for output in OUTPUTS}
    for output in OUTPUTS:
        assert before[output] | after[output] <= ECHOED.get(output, set()), output


def test_a_publication_shows_when_the_window_has_closed(client, piece):
    _never(piece)
    soon = timezone.now() + datetime.timedelta(milliseconds=5)
    workflow.publish([piece.article.pk], by=piece.by, at=soon)
    while timezone.now() <= soon:
        pass
    for output, words in OUTPUTS.items():
        assert shown(client, piece, output)[1] >= words, output

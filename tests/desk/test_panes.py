"""One piece beside the queue: what it shows, compares and previews."""

import pytest
from django.test import Client
from django.utils import timezone

from articles import workflow
from articles.models import Article, PossibleDuplicate, Reuse
from tests.factories import ArticleFactory, SourceFactory

pytestmark = pytest.mark.django_db


def test_a_pane_shows_the_source_s_text_escaped_and_what_readers_see(
    client: Client, editor
):
    piece = ArticleFactory(
        source=SourceFactory(reuse=Reuse.HEADLINE),
        source_excerpt="Only for the desk",
        source_body="<p>Full <b>text</b> &lt;script&gt;</p>",
    )
    script = {"headers": {"x-requested-with": "desk"}}
    part = client.get(f"/admin/desk/pieces/{piece.pk}/", **script).text
    assert "<html" not in part
    assert "Only for the desk" in part
    assert "The headline and the link, and nothing else." in part
    assert "Full text" in part
    assert "<script>" not in part
    whole = client.get(f"/admin/desk/pieces/{piece.pk}/").text
    assert "<html" in whole
    assert whole.count("<h1") == 1


def test_two_pieces_are_compared_word_by_word(client: Client, editor):
    piece = ArticleFactory(source_headline="Ferry returns to the harbour")
    other = ArticleFactory(source_headline="Ferry returns to the old harbour")
    PossibleDuplicate.objects.create(article=other, other=piece, likeness=0.9)
    page = client.get(f"/admin/desk/pieces/{piece.pk}/compare/").text
    assert "<ins>old </ins>" in page or "<ins>old</ins>" in page
    named = client.get(f"/admin/desk/pieces/{piece.pk}/compare/?other={other.pk}")
    assert named.status_code == 200
    missing = client.get(f"/admin/desk/pieces/{piece.pk}/compare/?other=987654")
    assert missing.status_code == 404


def test_japanese_is_compared_by_character(client: Client, editor):
    piece = ArticleFactory(
        source_headline="日米首脳が会談", headline="日米外相が会談", language="ja"
    )
    page = client.get(f"/admin/desk/pieces/{piece.pk}/compare/").text
    assert "<del>外相</del>" in page
    assert "<ins>首脳</ins>" in page


def test_a_preview_is_the_public_page_before_it_is_public(client: Client, editor):
    piece = ArticleFactory(
        tags=["Economy"],
        note="Why it matters",
        source=SourceFactory(reuse=Reuse.FULL_TEXT),
        source_body="<p>The whole text.</p>",
    )
    before = client.get(f"/admin/desk/pieces/{piece.pk}/preview/")
    assert before.headers["X-Robots-Tag"].startswith("noindex")
    workflow.publish([piece.pk], by=editor, at=timezone.now())
    piece.refresh_from_db()
    public = client.get(piece.get_absolute_url())

    def body(text: str) -> str:
        return text[text.index("<article") : text.index("</article>")]

    assert body(before.text) == body(public.text)


def test_a_preview_shows_no_more_than_the_source_allows(client: Client, editor):
    piece = ArticleFactory(
        source=SourceFactory(reuse=Reuse.BLOCKED), source_body="<p>Secret text</p>"
    )
    assert "Secret" not in client.get(f"/admin/desk/pieces/{piece.pk}/preview/").text


def test_a_piece_that_is_gone_is_a_404(client: Client, editor):
    for part in ("", "compare/", "preview/"):
        assert client.get(f"/admin/desk/pieces/4711/{part}").status_code == 404
    assert not Article.objects.exists()

import datetime
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from articles.models import Article, ArticleStatus, SuggestionState, TagPhrase
from articles.tagging import suggestions
from articles.tagging import tags as tagging
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, TagFactory

from .conftest import LIST, Act

pytestmark = pytest.mark.django_db


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    stream = io.BytesIO()
    Pillow.new("RGB", size, "red").save(stream, kind)
    return stream.getvalue()


def local(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def test_no_form_writes_the_status(save: Act, editor: object) -> None:
    article = ArticleFactory()

    save(article, status="published", published_at="2026-01-01T00:00", headline="Ours")

    article.refresh_from_db()
    assert article.headline == "Ours"
    assert article.status == ArticleStatus.INGESTED
    assert article.published_at is None
    assert not article.changes.filter(after__has_key="status").exists()


def test_only_what_was_changed_is_saved(
    client: Client, save: Act, editor: object
) -> None:
    article = ArticleFactory()
    url = f"{LIST}{article.pk}/change/"
    data = {"initial-headline": "", "headline": "Ours", "initial-note": "", "note": ""}
    data |= {"initial-category": article.category_id, "category": article.category_id}
    data |= {"version": "0"}
    Article.objects.update(note="A colleague's", source_headline="Newer at the source")

    client.post(url, data)

    article.refresh_from_db()
    assert (article.headline, article.note) == ("Ours", "A colleague's")
    assert article.source_headline == "Newer at the source"


def test_saving_without_a_change_leaves_the_tags_as_they_were_put_on(
    client: Client, save: Act, editor: object
) -> None:
    article = ArticleFactory(tags=["Economy"])
    before = article.tagged_articles.values().get()

    save(article)

    assert article.tagged_articles.values().get() == before
    assert not article.changes.exists()


def test_tags_are_written_in_any_spelling(save: Act, editor: object) -> None:
    fed = TagFactory(name="Federal Reserve", slug="federal-reserve")
    tagging.add_alias(fed, "The Fed")
    article = ArticleFactory(tags=["Old"])

    save(article, tags="#economy,federal-RESERVE, the fed,日本")

    names = {tag.name for tag in article.tags.all()}
    assert names == {"Federal Reserve", "economy", "日本"}


def test_a_tag_without_an_address_is_refused_next_to_the_field(
    save: Act, editor: object
) -> None:
    article = ArticleFactory(tags=["Economy"])

    page = save(article, tags="Economy, !!!", headline="Ours")

    errors = page.context["adminform"].form.errors
    assert list(errors) == ["tags"]
    assert "“!!!” has no letter, digit or symbol" in page.text
    article.refresh_from_db()
    assert article.headline == ""
    assert [tag.name for tag in article.tags.all()] == ["Economy"]


def test_suggestions_are_shown_with_their_text_and_accepted_or_dismissed(
    client: Client, save: Act, editor: object
) -> None:
    good, bad = TagFactory(name="Central banks"), TagFactory(name="Fed cup")
    for tag in (good, bad):
        TagPhrase.objects.create(tag=tag, text="Fed")
    article = ArticleFactory(source_headline="The Fed moves")

    page = client.get(f"{LIST}{article.pk}/change/").text
    assert "#Central banks — “Fed”" in page
    assert "#Fed cup — “Fed”" in page
    save(article, accepted=[str(good.pk)], dismissed=[str(bad.pk)])

    assert [tag.name for tag in article.tags.all()] == ["Central banks"]
    states = dict(article.suggestions.values_list("tag__name", "state"))
    assert states["Fed cup"] == SuggestionState.REJECTED
    suggestions.recompute()
    assert "Fed cup" not in client.get(f"{LIST}{article.pk}/change/").text


def test_a_button_saves_the_form_first_and_then_moves(
    client: Client, save: Act, editor: object
) -> None:
    article = ArticleFactory()

    save(article, _move="publish", headline="Ours", tags="Economy", reason="Big news")

    page = client.get("/tags/economy/").text
    assert "Ours" in page
    act = article.changes.get(after__has_key="status").act
    assert (act.by, act.reason) == (editor, "Big news")


def test_a_button_saves_a_new_picture_too(save: Act, editor: object) -> None:
    article = ArticleFactory()

    save(article, _move="publish", picture=SimpleUploadedFile("p.jpg", picture()))

    article.refresh_from_db()
    assert article.image.width == 64
    assert article.status == ArticleStatus.PUBLISHED


def test_a_move_that_is_not_possible_says_why(save: Act, editor: object) -> None:
    article = ArticleFactory(status=ArticleStatus.SPIKED)

    page = save(article, _move="publish")

    assert "the article stays where it is" in page.text
    assert "the article is spiked" in page.text


def test_a_move_without_its_permission_is_refused(save: Act, editor: object) -> None:
    article = ArticleFactory()

    page = save(article, _move="kill", reason="Because")

    assert page.status_code == 403
    assert "Rights managers and administrators can kill pieces" in page.text
    article.refresh_from_db()
    assert article.status == ArticleStatus.INGESTED


def test_the_buttons_are_those_the_person_may_press(
    client: Client, editor: object
) -> None:
    page = client.get(f"{LIST}{ArticleFactory().pk}/change/").text

    assert 'value="publish"' in page
    assert 'value="kill"' not in page
    assert 'value="unpublish"' not in page


def test_the_enter_key_saves_and_moves_nothing(client: Client, editor: object) -> None:
    page = client.get(f"{LIST}{ArticleFactory().pk}/change/").text

    assert page.index('name="_save"') < page.index('name="_move"')


def test_publish_at_schedules_the_piece(
    client: Client, save: Act, editor: object
) -> None:
    article = ArticleFactory()
    tomorrow = timezone.now() + datetime.timedelta(days=1)

    save(article, _move="publish", publish_at=local(tomorrow))

    article.refresh_from_db()
    assert article.status == ArticleStatus.PUBLISHED
    assert article.published_at == tomorrow.replace(second=0, microsecond=0)
    assert client.get(article.get_absolute_url()).status_code == 404
    assert "scheduled" in client.get(LIST).text


def test_an_embargo_hides_a_published_piece(
    client: Client, save: Act, editor: object
) -> None:
    article = ArticleFactory(published=True)
    tomorrow = timezone.now() + datetime.timedelta(days=1)

    save(article, embargoed_until=local(tomorrow))

    assert client.get(article.get_absolute_url()).status_code == 404
    assert "published, embargoed" in client.get(LIST).text
    save(article, embargoed_until="")
    assert client.get(article.get_absolute_url()).status_code == 200


def test_a_picture_is_stored(client: Client, save: Act, editor: object) -> None:
    article = ArticleFactory(published=True)

    save(article, picture=SimpleUploadedFile("a.jpg", picture(), "image/jpeg"))

    article.refresh_from_db()
    assert (article.image.width, article.image.height) == (64, 48)
    assert article.image.file.url in client.get(article.get_absolute_url()).text


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a JPEG"),
        ("a.jpg", b"only text", "not a JPEG"),
        ("a.png", picture("PNG", (1, 1)), "a dot, not a picture"),
        ("a.jpg", picture()[:300], "the file is broken"),
    ],
)
def test_what_is_no_picture_is_refused_next_to_the_field(
    save: Act, editor: object, name: str, content: bytes, why: str
) -> None:
    article = ArticleFactory()

    page = save(article, picture=SimpleUploadedFile(name, content), headline="Ours")

    errors = page.context["adminform"].form.errors
    assert list(errors) == ["picture"]
    assert why in errors["picture"][0]
    article.refresh_from_db()
    assert (article.image, article.headline) == (None, "")


def test_a_real_photograph_is_turned_upright(
    save: Act, editor: object, shared: Path
) -> None:
    article = ArticleFactory()
    sideways = (shared / "images/exif/Landscape_6.jpg").read_bytes()

    save(article, picture=SimpleUploadedFile("a.jpg", sideways))

    article.refresh_from_db()
    assert article.image.width > article.image.height


def new_article(**changes: object) -> dict[str, object]:
    fields = {
        "url": "https://publisher.example/piece?utm_source=mail",
        "source_headline": "A piece",
        "source_excerpt": "About the Economy.",
        "language": "en",
        "source_published_at": "2026-02-03T04:05",
    }
    return fields | changes


def test_a_piece_is_added_by_its_address(client: Client, editor: object) -> None:
    TagFactory(name="Economy")
    source, category = SourceFactory(), CategoryFactory()

    client.post(f"{LIST}add/", new_article(source=source.pk, category=category.pk))

    article = Article.objects.get()
    assert article.status == ArticleStatus.INGESTED
    assert article.canonical_url == "https://publisher.example/piece"
    assert article.source_published_at.isoformat() == "2026-02-03T04:05:00+00:00"
    assert article.suggestions.get().tag.name == "Economy"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://publisher.example/piece?utm_medium=x", "here already, as article"),
        ("javascript:alert(1)", "http"),
        ("publisher.example/a", "http"),
    ],
)
def test_an_address_that_cannot_be_added_is_refused_with_the_reason(
    client: Client, editor: object, url: str, why: str
) -> None:
    there = ArticleFactory(url="https://publisher.example/piece")
    ids = {"source": there.source_id, "category": there.category_id}

    page = client.post(f"{LIST}add/", new_article(url=url, **ids))

    assert why in page.context["adminform"].form.errors["url"][0]
    assert Article.objects.count() == 1


def test_a_piece_of_a_blocked_source_is_withheld_from_the_start(
    client: Client, editor: object
) -> None:
    source, category = SourceFactory(reuse="blocked"), CategoryFactory()

    client.post(f"{LIST}add/", new_article(source=source.pk, category=category.pk))

    assert Article.objects.get().is_withheld


@pytest.mark.parametrize("button", [{}, {"_move": "spike"}])
def test_publish_at_without_the_button_publish_is_refused_and_nothing_saved(
    save: Act, editor: object, button: dict[str, str]
) -> None:
    article = ArticleFactory()

    page = save(article, publish_at="2030-01-02T03:04", headline="Ours", **button)

    errors = page.context["adminform"].form.errors
    assert list(errors) == ["publish_at"]
    assert "Only the button Publish uses this" in errors["publish_at"][0]
    article.refresh_from_db()
    assert (article.headline, article.status) == ("", ArticleStatus.INGESTED)


def test_a_reason_without_a_move_is_refused_next_to_the_field(
    save: Act, editor: object
) -> None:
    page = save(ArticleFactory(), reason="An advertisement")

    assert list(page.context["adminform"].form.errors) == ["reason"]


def test_the_message_says_when_a_scheduled_piece_will_show(
    save: Act, editor: object
) -> None:
    article = ArticleFactory()

    later = save(article, _move="publish", publish_at="2040-01-02T03:04")
    again = save(ArticleFactory(), _move="publish")

    assert "It shows from 2040-01-02 03:04 UTC on." in later.text
    assert "It shows" not in again.text


def test_the_message_says_what_else_keeps_a_published_piece_from_readers(
    save: Act, editor: object
) -> None:
    held = ArticleFactory()
    blocked = ArticleFactory(source__reuse="blocked", is_withheld=True)

    embargoed = save(held, _move="publish", embargoed_until="2041-01-02T03:04")
    unseen = save(blocked, _move="publish")

    assert "It shows from 2041-01-02 03:04 UTC on." in embargoed.text
    assert "Readers do not see it: its source is blocked." in unseen.text


def test_saving_a_form_in_which_nothing_was_changed_touches_nothing(
    save: Act, editor: object
) -> None:
    article = ArticleFactory()

    save(article)

    article.refresh_from_db()
    assert article.edited_at is None
    save(article, tags="Economy")
    article.refresh_from_db()
    assert article.edited_at is not None

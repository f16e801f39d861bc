"""Saving a piece that a colleague has saved meanwhile: nobody's words are lost."""

import datetime
import io
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from articles import workflow
from articles.models import Act as Deed
from articles.models import Article, ArticleStatus, Change, Tag, TagPhrase
from articles.roles import Role
from articles.tagging import suggestions
from tests.factories import (
    EDITOR,
    ArticleFactory,
    CategoryFactory,
    SourceFactory,
    TagFactory,
    make_member,
    make_user,
)

from .conftest import LIST, Act, fields_of, post, shown

pytestmark = pytest.mark.django_db


def sato() -> Any:
    return make_user("sato", is_superuser=True)


def edited(article: Article, by: Any, **values: str) -> None:
    """What a colleague saves meanwhile."""
    there = Article.objects.get(pk=article.pk)
    for name, value in values.items():
        setattr(there, name, value)
    workflow.edit(there, values, by=by)


def overtaken(client: Client, **theirs: str) -> tuple[Article, dict[str, Any]]:
    """A piece, and its form as it was before a colleague saved other words."""
    article = ArticleFactory(headline="First")
    data = shown(client, article)
    edited(article, sato(), **({"headline": "Theirs"} | theirs))
    return article, data


def harbour() -> Tag:
    """A tag that is suggested for what speaks of a quay."""
    tag = TagFactory(name="Harbour", slug="harbour")
    TagPhrase.objects.create(tag=tag, text="quay")
    return tag


def button(page: HttpResponse, words: str) -> dict[str, str]:
    """What a button of the page sends, found by its words."""
    found = re.search(
        r'<button[^>]*name="(\w+)" value="([^"]*)"[^>]*>' + re.escape(words), page.text
    )
    assert found, words
    return {found[1]: found[2]}


def without_marks(page: HttpResponse) -> str:
    return re.sub(r"</?mark>", "", page.text)


def test_the_second_save_is_refused_with_both_texts_side_by_side(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(headline="Ferry sails")
    data = shown(client, article)
    edited(article, sato(), headline="Ferry sails at dawn")

    page = post(client, article, data | {"headline": "Ferry sails again"})

    assert page.status_code == 409
    assert "<mark>again</mark>" in page.text
    assert "<mark>at dawn</mark>" in page.text
    assert "Stands there now: by sato, " in page.text
    assert page.context["adminform"].form["headline"].value() == "Ferry sails again"
    article.refresh_from_db()
    assert (article.headline, article.version) == ("Ferry sails at dawn", 1)


def test_mine_is_saved_over_it_when_i_say_so(client: Client, editor: object) -> None:
    article, data = overtaken(client, note="Their note")

    page = post(client, article, data | {"headline": "Mine"})
    again = fields_of(page)
    assert again["note"] == "Their note"
    post(client, article, again | button(page, "Save mine over it"))

    article.refresh_from_db()
    assert (article.headline, article.note) == ("Mine", "Their note")
    latest = article.changes.order_by("-version")[0]
    assert latest.before == {"headline": "Theirs"}


def test_the_others_is_taken_and_the_rest_of_mine_saved(
    client: Client, editor: object
) -> None:
    article, data = overtaken(client)

    page = post(client, article, data | {"headline": "Mine", "note": "My note"})
    post(client, article, fields_of(page) | button(page, "Take the other"))

    article.refresh_from_db()
    assert (article.headline, article.note) == ("Theirs", "My note")


def test_going_on_editing_saves_once_nothing_stands_against_it(
    client: Client, editor: object
) -> None:
    article, data = overtaken(client)

    page = post(client, article, data | {"headline": "Mine", "note": "My note"})
    still = fields_of(page) | button(page, "Compare again")
    assert post(client, article, still).status_code == 409
    done = post(client, article, still | {"headline": "Theirs"})

    assert done.status_code == 200
    article.refresh_from_db()
    assert (article.headline, article.note) == ("Theirs", "My note")


def test_a_third_save_between_the_page_and_the_decision_is_shown_too(
    client: Client, editor: object
) -> None:
    article, other = ArticleFactory(headline="First"), sato()
    data = shown(client, article)
    edited(article, other, headline="Second")
    page = post(client, article, data | {"headline": "Mine"})
    edited(article, other, headline="Third")

    answers = [
        post(client, article, fields_of(page) | button(page, words))
        for words in ("Save mine over it",)
    ]

    assert [answer.status_code for answer in answers] == [409]
    assert "Third" in without_marks(answers[0])
    article.refresh_from_db()
    assert article.headline == "Third"


def test_a_colleagues_change_of_another_field_is_no_conflict(
    client: Client, editor: object
) -> None:
    article, other = ArticleFactory(), sato()
    data = shown(client, article)
    edited(article, other, note="Their note")
    workflow.tag([article.pk], on=["Theirs"], by=other)

    assert post(client, article, data | {"headline": "Mine"}).status_code == 200

    article.refresh_from_db()
    assert (article.headline, article.note) == ("Mine", "Their note")
    assert list(article.tags.names()) == ["Theirs"]


def test_both_writing_the_same_is_no_conflict(client: Client, editor: object) -> None:
    article = ArticleFactory()
    data = shown(client, article)
    edited(article, sato(), headline="The same")

    assert post(client, article, data | {"headline": "The same"}).status_code == 200

    assert article.changes.count() == 1


def test_tags_clash_as_a_whole_and_are_named(client: Client, editor: object) -> None:
    article = ArticleFactory(tags=["Economy"])
    data = shown(client, article)
    workflow.tag([article.pk], on=["Japan"], by=sato())

    page = post(client, article, data | {"tags": "Economy, Trade"})
    assert page.status_code == 409
    assert "#Economy, #Japan" in without_marks(page)
    assert "#Economy, #Trade" in without_marks(page)
    post(client, article, fields_of(page) | button(page, "Save mine over it"))

    assert set(article.tags.names()) == {"Economy", "Trade"}


def test_nobody_publishes_what_they_have_not_read(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(headline="Harmless")
    data = shown(client, article)
    edited(article, sato(), headline="Libellous")

    page = post(client, article, data | {"_move": "publish", "reason": "Big news"})

    assert page.status_code == 409
    assert "<mark>Harmless</mark>" in page.text
    assert "<mark>Libellous</mark>" in page.text
    article.refresh_from_db()
    assert article.status == ArticleStatus.INGESTED
    again = fields_of(page)
    assert again["reason"] == "Big news"
    post(client, article, again | button(page, "Publish, as it stands now"))
    article.refresh_from_db()
    assert article.status == ArticleStatus.PUBLISHED
    assert Deed.objects.newest_first()[0].reason == "Big news"


def test_mine_is_saved_over_it_and_published_in_one_act(
    client: Client, editor: object
) -> None:
    article, data = overtaken(client)

    page = post(client, article, data | {"headline": "Mine", "_move": "publish"})
    post(client, article, fields_of(page) | button(page, "Save mine over it: Publish"))

    article.refresh_from_db()
    assert (article.headline, article.status) == ("Mine", ArticleStatus.PUBLISHED)
    act = Deed.objects.newest_first()[0]
    assert set(act.changes.get().after) == {"status", "published_at", "headline"}


def test_a_form_and_its_move_are_one_act_and_one_way_back(
    client: Client, save: Act, editor: Any
) -> None:
    tag = harbour()
    article = ArticleFactory(source_headline="At the quay")
    suggestions.recompute()
    before = Article.objects.values("status", "headline", "published_at").get()

    save(
        article,
        _move="publish",
        headline="Ours",
        tags="Economy",
        accepted=[str(tag.pk)],
        dismissed=[],
    )

    act = Deed.objects.get()
    assert (act.kind, act.pieces) == ("publish", 1)
    assert set(article.tags.names()) == {"Economy", "Harbour"}
    workflow.undo(act, by=editor)
    assert Article.objects.values(*before).get() == before
    assert not article.tags.exists()


def test_a_move_that_is_refused_leaves_everything_as_it_was(
    save: Act, editor: object
) -> None:
    article = ArticleFactory(status=ArticleStatus.SPIKED)

    page = save(article, _move="publish", headline="Typed", tags="Economy")

    assert page.status_code == 409
    assert "the article is spiked" in page.text
    form = page.context["adminform"].form
    assert (form["headline"].value(), form["tags"].value()) == ("Typed", "Economy")
    article.refresh_from_db()
    assert (article.headline, article.status) == ("", ArticleStatus.SPIKED)
    assert not article.tags.exists()
    assert not Deed.objects.exists()


def test_a_form_without_its_version_is_refused_and_says_so(
    client: Client, editor: object
) -> None:
    article = ArticleFactory()
    data = shown(client, article) | {"headline": "Mine"}

    page = post(client, article, {k: v for k, v in data.items() if k != "version"})

    assert "without the version that it showed" in page.text
    article.refresh_from_db()
    assert article.headline == ""


@pytest.mark.parametrize(
    "decision", ["mine:0:publish", "mine:x:", "theirs", "yours:1:", "mine:99999999999:"]
)
def test_a_decision_that_nobody_was_offered_overwrites_nothing(
    client: Client, editor: object, decision: str
) -> None:
    article, data = overtaken(client)

    page = post(client, article, data | {"headline": "Mine", "_decision": decision})

    assert page.status_code == 409
    article.refresh_from_db()
    assert (article.headline, article.status) == ("Theirs", ArticleStatus.INGESTED)


def test_a_picture_that_was_chosen_is_kept_through_a_conflict(
    client: Client, editor: object
) -> None:
    article, data = overtaken(client)
    stream = io.BytesIO()
    Pillow.new("RGB", (64, 48), "red").save(stream, "JPEG")
    upload = SimpleUploadedFile("a.jpg", stream.getvalue(), "image/jpeg")

    page = post(client, article, data | {"headline": "Mine", "picture": upload})
    post(client, article, fields_of(page) | button(page, "Save mine over it"))

    article.refresh_from_db()
    assert article.headline == "Mine"
    assert article.image is not None
    assert article.image.width == 64


def test_the_same_moment_in_another_zone_is_no_change(
    client: Client, editor: object
) -> None:
    at = timezone.now().replace(second=0, microsecond=0) + datetime.timedelta(days=1)
    article = ArticleFactory()
    data = shown(client, article)
    there = Article.objects.get()
    there.embargoed_until = at
    workflow.edit(there, ["embargoed_until"], by=sato())

    page = post(client, article, data | {"embargoed_until": f"{at:%Y-%m-%dT%H:%M}"})

    assert page.status_code == 200
    assert article.changes.count() == 1


def test_a_piece_that_is_added_by_hand_is_an_act(client: Client, editor: Any) -> None:
    source, category = SourceFactory(), CategoryFactory()
    data = {
        "url": "https://publisher.example/piece",
        "source": source.pk,
        "source_headline": "A piece",
        "category": category.pk,
        "source_published_at": "2026-02-03T04:05",
    }

    client.post(f"{LIST}add/", data)

    change = Change.objects.select_related("act").get()
    assert (change.act.kind, change.act.by, change.version) == ("add", editor, 1)
    assert change.after == {"category_id": category.pk}
    assert Article.objects.get().version == 1
    with pytest.raises(workflow.NotAllowed, match="not taken back"):
        workflow.undo(change.act, by=make_user("chief", is_superuser=True))


def test_the_admins_own_log_does_not_repeat_the_history(
    client: Client, save: Act, act: Act, editor: Any
) -> None:
    article, other = ArticleFactory.create_batch(2)

    save(article, headline="Ours", tags="Economy")
    act("tag_selected", article, tags="Trade")
    editor.user_permissions.add(
        *make_user("d", ("delete_article",)).user_permissions.all()
    )
    client.post(f"{LIST}{other.pk}/delete/", {"post": "yes"})
    act("delete_selected", article, post="yes")

    assert not Article.objects.exists()
    assert not LogEntry.objects.exists()
    kinds = Deed.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["edit", "tag", "delete", "delete"]


def test_the_list_moves_only_what_it_has_shown(
    client: Client, act: Act, editor: object
) -> None:
    seen, changed = ArticleFactory.create_batch(2)
    rows = re.findall(r'name="seen" value="([\d:]+)"', client.get(LIST).text)
    assert set(rows) == {f"{seen.pk}:0", f"{changed.pk}:0"}
    edited(changed, sato(), headline="Libellous")

    page = act("publish_selected", seen, changed, seen=rows)

    assert "Publish: 1 article." in page.text
    said = f"Article {changed.pk}: Someone else has changed it meanwhile."
    assert said in page.text
    published = Article.objects.filter(status="published")
    assert [article.pk for article in published] == [seen.pk]


def test_the_list_deletes_only_what_has_not_changed_since_it_asked(
    client: Client, act: Act
) -> None:
    client.force_login(make_user("d", (*EDITOR, "delete_article")))
    seen, changed = ArticleFactory.create_batch(2)
    asked = act("delete_selected", seen, changed).text
    rows = re.findall(r'name="seen" value="([\d:]+)"', asked)
    assert set(rows) == {f"{seen.pk}:0", f"{changed.pk}:0"}
    edited(changed, sato(), headline="Worth keeping")

    page = act("delete_selected", seen, changed, post="yes", seen=rows)

    assert "Deleted: 1 article." in page.text
    assert f"Article {changed.pk}: Someone else has changed it meanwhile." in page.text
    assert list(Article.objects.all()) == [changed]


@pytest.mark.parametrize("action", ["publish_with_suggestions", "tag_selected"])
def test_actions_that_tag_are_one_act_and_leave_alone_what_was_not_seen(
    client: Client, act: Act, editor: Any, action: str
) -> None:
    harbour()
    pieces = ArticleFactory.create_batch(3, source_headline="At the quay")
    suggestions.recompute()
    edited(pieces[2], sato(), headline="New")
    rows = [f"{piece.pk}:0" for piece in pieces]

    act(action, *pieces, tags="Harbour", seen=rows)

    deed = Deed.objects.exclude(kind="edit").get()
    assert set(deed.changes.values_list("article", flat=True)) == {
        pieces[0].pk,
        pieces[1].pk,
    }
    assert all("tags" in change.after for change in deed.changes.all())
    assert not pieces[2].tags.exists()
    workflow.undo(deed, by=editor)
    assert not Article.objects.filter(tags__isnull=False).exists()


@pytest.mark.parametrize("seen", ["x", "1", "1:2:3", ":", "٣:1"])
def test_a_version_that_is_none_is_no_error_page(
    client: Client, act: Act, editor: object, seen: str
) -> None:
    assert act("publish_selected", ArticleFactory(), seen=seen).status_code == 200


def test_an_editor_without_the_right_of_the_move_is_told_before_anything_is_saved(
    client: Client, save: Act
) -> None:
    rights = tuple(right for right in EDITOR if right != "publish_article")
    client.force_login(make_user("junior", rights))
    article = ArticleFactory()

    page = save(article, _move="publish", headline="Typed")

    assert page.status_code == 403
    assert "Editors and administrators can publish" in page.text
    assert not Deed.objects.exists()


def test_a_suggestion_that_a_colleague_has_taken_meanwhile_is_no_error(
    client: Client, editor: object
) -> None:
    tag = harbour()
    article = ArticleFactory(source_headline="At the quay")
    suggestions.recompute()
    data = shown(client, article) | {"accepted": [tag.pk], "dismissed": []}
    workflow.tag([article.pk], on=["Harbour"], by=sato())

    page = post(client, article, data | {"headline": "Mine"})

    assert page.status_code == 200
    article.refresh_from_db()
    assert article.headline == "Mine"
    assert list(article.tags.names()) == ["Harbour"]


def test_what_was_typed_on_a_piece_that_is_deleted_meanwhile_is_shown(
    client: Client, editor: object
) -> None:
    article = ArticleFactory(headline="As it was")
    data = shown(client, article) | {"note": "Typed for an hour", "tags": "Trade"}
    workflow.delete([article.pk], by=sato())

    page = post(client, article, data)

    assert page.status_code == 410
    assert "Typed for an hour" in page.text
    assert "Trade" in page.text
    assert "As it was" not in page.text


def test_who_may_not_make_tags_is_told_so_and_loses_nothing(
    client: Client, save: Act
) -> None:
    client.force_login(make_member(Role.CONTRIBUTORS))
    article = ArticleFactory(tags=["Harbour"])
    page = save(article, tags="Harbour, Brand new", note="It matters.")
    assert "Nothing is called #Brand new yet" in page.text
    assert "It matters." in page.text
    article.refresh_from_db()
    assert (article.note, list(article.tags.names())) == ("", ["Harbour"])

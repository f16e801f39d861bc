"""Filters under a name, and keys of one's own."""

import pytest
from django.test import Client

from articles.desk import keys
from articles.models import DeskPreferences, SavedFilter
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


def test_every_key_has_one_meaning_and_p_never_publishes():
    default = {name: command.key for name, command in keys.COMMANDS.items()}
    assert keys.conflicts(default) == {}
    assert "p" not in default.values()
    assert not keys.RESERVED & set(default.values())


def test_a_filter_is_kept_counted_shared_and_forgotten(
    client: Client, editor, colleague
):
    ArticleFactory.create_batch(2, language="ja")
    ArticleFactory(language="en")
    data = {"name": "日本語", "query": "language=ja&after=3&evil=1", "is_shared": "on"}
    response = client.post("/admin/desk/filters/", data)
    assert response.url == "/admin/desk/?language=ja"
    kept = SavedFilter.objects.get()
    assert (kept.query, kept.user) == ("language=ja", editor)
    client.force_login(colleague)
    page = client.get("/admin/desk/")
    assert "日本語" in page.text
    assert [number for _filter, number in page.context["saved"]] == [2]
    assert client.post(f"/admin/desk/filters/{kept.pk}/drop/").status_code == 404
    client.force_login(editor)
    client.post(f"/admin/desk/filters/{kept.pk}/drop/")
    assert not SavedFilter.objects.exists()


def test_one_filter_opens_the_desk_and_all_is_a_link_away(client: Client, editor):
    for name, query in (("One", "language=ja"), ("Two", "only=untagged")):
        data = {"name": name, "query": query, "is_default": "on"}
        client.post("/admin/desk/filters/", data)
    assert SavedFilter.objects.get(is_default=True).name == "Two"
    assert client.get("/admin/desk/").url == "/admin/desk/?only=untagged"
    assert client.get("/admin/desk/?all=1").status_code == 200


def test_a_filter_whose_source_is_gone_finds_nothing_and_breaks_nothing(
    client: Client, editor
):
    SavedFilter.objects.create(user=editor, name="Old", query="source=gone")
    page = client.get("/admin/desk/")
    assert page.status_code == 200
    assert [number for _filter, number in page.context["saved"]] == [0]


def test_a_filter_that_opens_the_desk_and_no_longer_holds_opens_all_of_it(
    client: Client, editor
):
    piece = ArticleFactory()
    SavedFilter.objects.create(
        user=editor, name="Old", query="source=gone", is_default=True
    )
    page = client.get("/admin/desk/")
    assert page.status_code == 200
    assert "“Old” no longer holds" in page.text
    assert f'id="row-{piece.pk}"' in page.text


def test_a_filter_that_makes_no_sense_is_not_kept(client: Client, editor):
    data = {"name": "Odd", "query": "source=zzz", "is_default": "on"}
    page = client.post("/admin/desk/filters/", data, follow=True)
    assert "this filter makes no sense" in page.text
    assert not SavedFilter.objects.exists()


def test_the_name_of_a_filter_is_cleaned(client: Client, editor):
    data = {"name": "Port\u202e\x07 talks", "query": "language=ja"}
    client.post("/admin/desk/filters/", data)
    assert SavedFilter.objects.get().name == "Port talks"


def test_a_filter_needs_a_name(client: Client, editor):
    client.post("/admin/desk/filters/", {"name": "", "query": "language=ja"})
    client.post("/admin/desk/filters/", {"name": "x" * 51, "query": "language=ja"})
    assert not SavedFilter.objects.exists()


def fields(**changes: str) -> dict[str, str]:
    of = {f"key-{name}": command.key for name, command in keys.COMMANDS.items()}
    return {"on": "on"} | of | {f"key-{name}": key for name, key in changes.items()}


def test_keys_are_changed_and_turned_off_by_each_for_themselves(
    client: Client, editor, colleague
):
    client.post("/admin/desk/keys/", fields(publish="y"))
    assert keys.keys_of(editor).of["publish"] == "y"
    assert DeskPreferences.objects.get().keymap == {"publish": "y"}
    assert keys.keys_of(colleague).of["publish"] == "a"
    off = fields()
    del off["on"]
    client.post("/admin/desk/keys/", off)
    assert not keys.keys_of(editor).on
    assert keys.keys_of(editor).of["publish"] == "a"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"publish": "e"}, "is the key of"),
        ({"publish": "1"}, "tick the suggested tags"),
        ({"publish": ""}, "This field is required"),
        ({"publish": "ab"}, "at most 1"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(
    client: Client, editor, changes, said
):
    page = client.post("/admin/desk/keys/", fields(**changes))
    assert page.status_code == 200
    assert said in page.text
    assert not DeskPreferences.objects.exists()

"""What is offered while an editor types a tag's name."""

import pytest
from django.test import Client

from articles.tagging.lookup import complete, is_known
from articles.tagging.tags import add_alias
from tests.factories import EDITOR, TagFactory, make_user

pytestmark = pytest.mark.django_db


def names(typed: str) -> list[object]:
    return [each["name"] for each in complete(typed)]


def test_a_slip_of_the_fingers_finds_the_tag_that_was_meant():
    TagFactory(name="Semiconductors", slug="semiconductors")
    TagFactory(name="Iran", slug="iran")
    assert names("semiconducters") == ["Semiconductors"]
    assert names("Iraq") == []


def test_what_begins_so_comes_before_what_is_only_alike():
    TagFactory(name="Harbours", slug="harbours")
    TagFactory(name="Harbour bridge", slug="harbour-bridge")
    TagFactory(name="Harbor", slug="harbor")
    assert names("harbour")[:2] == ["Harbour bridge", "Harbours"]
    assert names("harbour")[2] == "Harbor"


def test_a_name_that_nothing_has_is_said_to_be_new(client: Client):
    tag = TagFactory(name="Monetary policy", slug="monetary-policy")
    add_alias(tag, "Interest")
    assert is_known("#monetary POLICY")
    assert is_known("interest")
    assert not is_known("Monetary")
    client.force_login(make_user("editor", EDITOR))
    ask = "/admin/articles/tag/names/"
    assert client.get(ask, {"q": "interest"}).json()["new"] == ""
    said = client.get(ask, {"q": "#Harbour"}).json()["new"]
    assert "#Harbour" in said
    assert "new tag" in said

import io
import json

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.utils import timezone

from articles.demo import material
from articles.models import Article, Image, Source, Tag, TagSuggestion
from articles.tagging import index

pytestmark = pytest.mark.django_db


def seed(**options):
    out = io.StringIO()
    call_command(
        "seed_demo", format="json", stdout=out, stderr=io.StringIO(), **options
    )
    return json.loads(out.getvalue())


def test_a_newcomer_sees_a_living_site(client):
    facts = seed(without_pictures=True, port=9000)
    assert facts["tag_page"] == "http://127.0.0.1:9000/tags/japanusalliance/"
    page = client.get("/tags/japanusalliance/").content.decode()
    assert "Latest news with #JapanUSAlliance" in page
    assert page.count("<article") == 20
    assert Article.objects.published().count() >= 250
    assert Article.objects.waiting().count() >= 50
    assert Source.objects.count() >= 12
    assert index.differences() == {"rows": 0, "counts": 0}


def test_the_desk_finds_suggestions_in_both_languages():
    seed(without_pictures=True)
    alliance = Tag.objects.get(name="JapanUSAlliance")
    found = TagSuggestion.objects.filter(tag=alliance).values_list("found", flat=True)
    assert {"Japan-U.S. alliance", "Japan-US alliance", "日米同盟"} <= set(found)


def test_a_second_run_keeps_what_is_there():
    first = seed(without_pictures=True)
    before = list(Article.objects.order_by("pk").values("pk", "source_published_at"))
    second = seed(without_pictures=True)
    after = list(Article.objects.order_by("pk").values("pk", "source_published_at"))
    assert before == after
    assert authenticate(username="editor", password=first["password"])
    assert "changepassword" in second["password"]


def test_the_account_is_an_editor_by_its_role_alone():
    seed(without_pictures=True)

    editor = get_user_model().objects.get(username="editor")

    assert [group.name for group in editor.groups.all()] == ["Editors"]
    assert not editor.user_permissions.exists() and not editor.is_superuser
    assert editor.has_perm("articles.publish_article")
    assert not editor.has_perm("articles.set_reuse")


def test_the_password_is_another_each_time():
    first = seed(without_pictures=True)["password"]
    get_user_model().objects.all().delete()
    assert seed(without_pictures=True)["password"] != first


def test_a_dry_run_keeps_nothing():
    seed(without_pictures=True, dry_run=True)
    assert not Article.objects.exists()
    assert not get_user_model().objects.exists()


def test_pictures_are_stored_once_each(monkeypatch):
    few = [piece for piece in material.pieces(timezone.now()) if piece.scene][:3]
    monkeypatch.setattr(material, "pieces", lambda now: iter(few))
    seed()
    assert Image.objects.count() == 3
    assert Article.objects.filter(image__isnull=False).count() == 3
    assert all(image.width == 1200 for image in Image.objects.all())

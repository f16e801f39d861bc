import time
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Tag, TagPhrase
from articles.tagging import index
from articles.tagging import tags as tagging
from tests.factories import ArticleFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db
TAGS = "/admin/articles/tag/"
NAMES = "/admin/articles/tag/names/"


def post(client: Client, tag: Tag | None, **changes: Any) -> HttpResponse:
    """Save the form of a tag, as it was shown, with these changes."""
    data: dict[str, Any] = {
        "name": tag.name if tag else "",
        "slug": tag.slug if tag else "",
        "description": "",
        "guidance": "",
    }
    for prefix in ("aliases", "phrases"):
        rows = getattr(tag, prefix).all() if tag else []
        data |= {f"{prefix}-TOTAL_FORMS": 9, f"{prefix}-INITIAL_FORMS": len(rows)}
        for number, row in enumerate(rows):
            text = row.name if prefix == "aliases" else row.text
            data[f"{prefix}-{number}-id"] = row.pk
            data[f"{prefix}-{number}-tag"] = tag.pk
            data[f"{prefix}-{number}-{'name' if prefix == 'aliases' else 'text'}"] = (
                text
            )
    url = f"{TAGS}{tag.pk}/change/" if tag else f"{TAGS}add/"
    return client.post(url, data | changes, follow=True)


def offered(client: Client, typed: str) -> list[str]:
    return [tag["name"] for tag in client.get(NAMES, {"q": typed}).json()["tags"]]


def test_a_rename_keeps_the_old_name_and_address_alive(
    client: Client, editor: object
) -> None:
    tag = TagFactory(name="Peking", slug="peking")
    ArticleFactory(published=True, tags=["Peking"])

    post(client, tag, name="Beijing", slug="beijing")

    tag.refresh_from_db()
    assert (tag.name, tag.slug, tag.listed_count) == ("Beijing", "beijing", 1)
    assert Tag.objects.named("peking") == tag
    old = client.get("/tags/peking/")
    assert (old.status_code, old["Location"]) == (301, "/tags/beijing/")


def test_a_rename_does_not_put_back_an_old_count(
    client: Client, editor: object
) -> None:
    tag = TagFactory(name="Economy", slug="economy")
    stale = Tag.objects.get(pk=tag.pk)
    ArticleFactory(published=True, tags=["Economy"])

    tagging.change(stale, name="The economy", slug="the-economy")

    assert index.differences() == {"rows": 0, "counts": 0}


@pytest.mark.parametrize("name", ["Federal Reserve", "federal-reserve", "The Fed"])
def test_a_name_that_another_tag_has_is_refused_next_to_the_field(
    client: Client, editor: object, name: str
) -> None:
    tagging.add_alias(TagFactory(name="FederalReserve"), "The Fed")
    tag = TagFactory(name="Economy")

    changed = post(client, tag, name=name)
    added = post(client, None, name=name)

    for page in (changed, added):
        assert list(page.context["adminform"].form.errors) == ["name"]
    assert Tag.objects.count() == 2


def test_a_name_without_an_address_is_refused(client: Client, editor: object) -> None:
    page = post(client, None, name="!!!")

    assert "no letter, digit or symbol" in page.text
    assert not Tag.objects.exists()


def test_a_new_tag_gets_its_address_from_its_name(
    client: Client, editor: object
) -> None:
    post(client, None, name="日米同盟")
    post(client, None, name="C++")

    assert set(Tag.objects.values_list("slug", flat=True)) == {
        "日米同盟",
        "c-plus-plus",
    }


def test_an_editor_gives_other_names_and_phrases(
    client: Client, editor: object
) -> None:
    tag = TagFactory(name="China", slug="china")

    fields = {"aliases-0-name": "PRC", "phrases-0-text": "Beijing says"}
    post(client, tag, **fields)

    assert client.get("/hashtag/prc")["Location"] == "/tags/china/"
    assert TagPhrase.objects.get().text == "Beijing says"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["Japan"], "exists: #Japan"),
        (["Nippon"], "here already"),
        (["CHINA"], "own name"),
        (["PRC", "prc"], "stands here twice"),
        (["???"], "no letter"),
    ],
)
def test_another_name_that_leads_elsewhere_is_refused(
    client: Client, editor: object, names: list[str], why: str
) -> None:
    tagging.add_alias(TagFactory(name="Japan"), "Nippon")
    tag = TagFactory(name="China")

    fields = {f"aliases-{number}-name": name for number, name in enumerate(names)}
    page = post(client, tag, **fields)

    errors = [form.errors for form in page.context["inline_admin_formsets"][0].formset]
    assert why in " ".join(str(error) for error in errors)
    assert not tag.aliases.exists()


def test_whoever_may_not_change_a_tag_may_not_change_its_names(client: Client) -> None:
    client.force_login(make_user("reader", ("view_tag",)))
    tag = TagFactory(name="China")

    assert client.get(f"{TAGS}{tag.pk}/change/").status_code == 200
    assert post(client, tag, **{"aliases-0-name": "PRC"}).status_code == 403
    assert not tag.aliases.exists()


def test_deleting_a_tag_leaves_the_index_true(client: Client) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    ArticleFactory(published=True, tags=["Economy", "Japan"])

    client.post(f"{TAGS}{Tag.objects.get(name='Economy').pk}/delete/", {"post": "yes"})

    assert Tag.objects.get().listed_count == 1
    assert index.differences() == {"rows": 0, "counts": 0}


def test_names_are_found_by_beginning_by_alias_and_inside(
    client: Client, editor: object
) -> None:
    TagFactory(name="Banking union", listed_count=1)
    TagFactory(name="Central banks", listed_count=9)
    TagFactory(name="Bank", listed_count=0)
    tagging.add_alias(TagFactory(name="Federal Reserve"), "Bank of banks")
    TagFactory(name="Weather", listed_count=99)

    assert offered(client, "#bank") == [
        "Bank",
        "Banking union",
        "Federal Reserve",
        "Central banks",
    ]


def test_an_alias_is_offered_with_the_name_it_leads_to(
    client: Client, editor: object
) -> None:
    tagging.add_alias(TagFactory(name="China", listed_count=3), "PRC")

    found = client.get(NAMES, {"q": "prc"}).json()

    assert found == {
        "tags": [{"name": "China", "alias": "PRC", "pieces": 3}],
        "new": "",
    }


@pytest.mark.parametrize("typed", ["", " ", "!!!", "%", "_", "\x00", "x" * 5000])
def test_what_names_nothing_finds_nothing(
    client: Client, editor: object, typed: str
) -> None:
    TagFactory(name="Economy")

    assert offered(client, typed) == []


def test_names_are_not_for_everyone(client: Client) -> None:
    assert client.get(NAMES).status_code == 302
    client.force_login(make_user("writer", ("view_article",)))
    assert client.get(NAMES).status_code == 403


def test_among_fifty_thousand_tags_only_a_few_rows_are_read(
    client: Client, editor: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tag.objects.bulk_create(
        [
            Tag(name=f"Subject {n}", slug=f"subject-{n}", listed_count=n)
            for n in range(50_000)
        ],
        batch_size=5_000,
    )
    rows = 0
    from_db = Tag.from_db.__func__

    def counting(cls: type[Tag], *args: Any) -> Tag:
        nonlocal rows
        rows += 1
        return from_db(cls, *args)

    monkeypatch.setattr(Tag, "from_db", classmethod(counting))
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as captured:
        assert offered(client, "subject")[0] == "Subject 49999"
        assert offered(client, "subject 77")[0] == "Subject 77"
        assert len(offered(client, "ject")) == 10

    assert time.perf_counter() - began < 3
    assert rows <= 3 * 21
    # Two for the session and the person, two for rights, five at most for names, and
    # two to say whether the name is new.
    assert len(captured) <= 3 * 11

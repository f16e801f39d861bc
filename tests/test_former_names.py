"""What a source or a section was called before goes on leading to it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from articles import workflow
from articles.models import (
    Article,
    ArticleStatus,
    Category,
    CategoryAlias,
    Feed,
    ImportRun,
    Reuse,
    SavedFilter,
    Source,
    SourceAlias,
)
from tests.admin.test_sources_and_runs import SOURCES, form_of
from tests.commands.invocation import import_articles, invoke, ndjson, record
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def needle() -> Source:
    return SourceFactory(name="Needle B", slug="needle-b", reuse=Reuse.BLOCKED)


def rename(source: Source, name: str, slug: str = "") -> None:
    source.name, source.slug = name, slug or source.slug
    workflow.save_source(source, ["name", "slug"])


def imported(path: Path, *options: str, **fields: object) -> Any:
    file = path / "pieces.ndjson"
    file.write_bytes(ndjson([record(1, **fields)]))
    return import_articles(file, *options)


@pytest.mark.parametrize("name", ["Needle B", "NEEDLE-b", "Bee Gazette"])
def test_a_blocked_source_stays_blocked_under_the_name_it_had(
    client: Client, needle: Source, tmp_path: Path, name: str
) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    form = form_of(needle, name="Bee Gazette", slug="bee-gazette")
    answer = client.post(f"{SOURCES}{needle.pk}/change/", form)
    assert answer.status_code == 302

    done = imported(tmp_path, "--status=published", source=name)

    assert done.counts == {"read": 1, "created": 1}
    assert list(Source.objects.values_list("name", "reuse")) == [
        ("Bee Gazette", "blocked")
    ]
    piece = Article.objects.get()
    assert (piece.source, piece.status) == (needle, ArticleStatus.PUBLISHED)
    assert client.get(piece.get_absolute_url()).status_code == 404
    assert piece.source_headline not in client.get("/").text


def test_two_names_of_one_source_in_one_file_are_one_source(
    needle: Source, tmp_path: Path
) -> None:
    rename(needle, "Bee Gazette")
    file = tmp_path / "pieces.ndjson"
    names = ["Needle B", "Bee Gazette", "Other"]
    file.write_bytes(ndjson([record(n, source=name) for n, name in enumerate(names)]))
    assert import_articles(file).counts == {"read": 3, "created": 3}
    found = Article.objects.order_by("pk").values_list("source__name", flat=True)
    assert list(found) == ["Bee Gazette", "Bee Gazette", "Other"]


@pytest.mark.parametrize("given", ["needle-b", "Needle B"])
def test_source_on_the_command_line_may_be_a_former_one(
    needle: Source, tmp_path: Path, given: str
) -> None:
    rename(needle, "Bee Gazette", "bee-gazette")
    imported(tmp_path, f"--source={given}", source=None)
    assert Article.objects.get().source == needle
    assert Source.objects.count() == 1


def test_commands_take_a_former_slug_and_refuse_one_that_never_was(
    needle: Source,
) -> None:
    ArticleFactory(source=needle, source_headline="Bees")
    ArticleFactory(source_headline="Others")
    rename(needle, "Bee Gazette", "bee-gazette")
    exported = invoke("export_articles", "--source=needle-b")
    assert [json.loads(line)["title"] for line in exported.out.splitlines()] == ["Bees"]
    for command in ("fetch_feeds", "fetch_images", "fetch_texts"):
        assert invoke(command, "--source", "needle-b").code == 0, command
        unknown = invoke(command, "--source", "needle-b", "needle-c")
        assert (unknown.code, "there is no needle-c" in unknown.err) == (2, True)


def test_a_list_of_sources_adds_a_feed_to_the_one_that_was_renamed(
    needle: Source, tmp_path: Path
) -> None:
    rename(needle, "Bee Gazette")
    file = tmp_path / "sources.csv"
    file.write_text("name,feed_url\nNeedle B,https://bees.example/feed\n")
    assert invoke("import_sources", file).code == 0
    assert Feed.objects.get().source == Source.objects.get() == needle


def test_a_section_that_was_renamed_takes_what_names_it_as_before(
    tmp_path: Path,
) -> None:
    section = CategoryFactory(name="General", slug="general")
    section.name, section.slug = "Mixed", "mixed"
    workflow.save_category(section)
    imported(tmp_path, category=None)
    assert Article.objects.get().category == Category.objects.get() == section
    former = map(str, CategoryAlias.objects.order_by("pk"))
    assert list(former) == ["General", "/general/"]


def test_a_filter_by_a_former_slug_finds_what_has_another_now(client: Client) -> None:
    source, section = SourceFactory(slug="old"), CategoryFactory(slug="before")
    ArticleFactory(published=True, source=source, category=section)
    ArticleFactory(published=True, source=SourceFactory(), category=section)
    workflow.save_category(section)
    rename(source, "Bee Gazette", "bee-gazette")
    section.slug = "after"
    workflow.save_category(section)

    by_source = client.get("/?source=old")
    (chip,) = by_source.context["chips"]
    assert chip.value == "Bee Gazette"
    assert len(by_source.context["cards"]) == 1
    assert 'value="bee-gazette" selected' in by_source.text
    assert len(client.get("/?category=before").context["cards"]) == 2
    assert client.get("/?source=older").status_code == 400


def test_a_filter_of_the_desk_outlives_the_slug_that_it_names(client: Client) -> None:
    source = SourceFactory(slug="old")
    section = CategoryFactory(name="Markets", slug="before")
    piece = ArticleFactory(source=source, category=section)
    ArticleFactory()
    editor = make_user("chief", is_superuser=True)
    for query in ("source=old", "category=before"):
        SavedFilter.objects.create(user=editor, name=query, query=query)
    rename(source, "Bee Gazette", "bee-gazette")
    section.slug = "after"
    workflow.save_category(section)

    client.force_login(editor)
    by_source = client.get("/admin/desk/?source=old")
    assert [each.article for each in by_source.context["page"].pieces] == [piece]
    assert 'value="bee-gazette" selected' in by_source.text
    assert [number for _filter, number in by_source.context["saved"]] == [1, 1]


def test_a_name_that_comes_back_is_no_former_one(needle: Source) -> None:
    rename(needle, "Bee Gazette", "bee-gazette")
    rename(needle, "Needle B", "needle-b")
    former = SourceAlias.objects.order_by("pk")
    assert list(map(str, former)) == ["Bee Gazette", "/bee-gazette/"]
    rename(needle, "Bee Gazette")
    assert list(map(str, former.all())) == ["/bee-gazette/", "Needle B"]
    rename(needle, "Bee Gazette", "bee-gazette")
    assert list(map(str, former.all())) == ["Needle B", "/needle-b/"]
    assert set(Source.objects.by_slug(["needle-b", "bee-gazette", ""])) == {
        "needle-b",
        "bee-gazette",
    }
    assert set(Source.objects.by_key(["needleb", "beegazette", ""])) == {
        "needleb",
        "beegazette",
    }


def test_another_spelling_and_other_fields_leave_no_former_name(needle: Source) -> None:
    rename(needle, "needle b")
    needle.reuse = Reuse.EXCERPT
    workflow.save_source(needle, ["reuse"])
    workflow.save_source(Source(name="New", slug="new"))
    assert not SourceAlias.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "NEEDLE b"}, "“Bee Gazette” was called so before"),
        ({"slug": "needle-b"}, "“Bee Gazette” stood at that address"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_the_former_name_or_slug_of_another_is_refused(
    client: Client, needle: Source, changes: dict[str, str], said: str, is_new: bool
) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    rename(needle, "Bee Gazette", "bee-gazette")
    other = Source(name="Other", slug="other")
    if not is_new:
        other.save()
    url = f"{SOURCES}add/" if is_new else f"{SOURCES}{other.pk}/change/"

    page = client.post(url, form_of(other, **changes))

    assert (page.status_code, said in page.text) == (200, True)
    for field, value in changes.items():
        setattr(other, field, value)
    with pytest.raises(ValidationError, match="Bee Gazette"):
        workflow.save_source(other)
    assert not Source.objects.filter(**changes).exists()


def test_a_section_refuses_them_too_and_its_form_shows_its_own(client: Client) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    section = CategoryFactory(name="World", slug="world")
    url = f"/admin/articles/category/{section.pk}/change/"
    form = {"name": "Abroad", "slug": "abroad", "description": ""}
    assert client.post(url, form).status_code == 302
    assert "World, /world/" in client.get(url).text
    form = {"name": "World", "slug": "world", "description": ""}
    page = client.post("/admin/articles/category/add/", form)
    assert "was called so before" in page.text
    assert "stood at that address" in page.text
    assert client.post(url, form).status_code == 302


def test_a_former_slug_is_not_given_out_again(needle: Source) -> None:
    rename(needle, "Bee Gazette", "bee-gazette")
    # Another name, of which the same address would be made.
    made = Source.objects.get_or_make(["Néedle Bé", "Needle & B"])
    assert Source.objects.free_slug("needle b") == "needle-b-2"
    assert "needle-b" not in {source.slug for source in made.values()}


def test_the_database_keeps_two_rows_from_one_former_name_or_slug(
    needle: Source,
) -> None:
    rename(needle, "Bee Gazette", "bee-gazette")
    other = SourceFactory()
    both = {"name": "Older", "slug": "older"}
    for fields in ({"name": "needle B"}, {"slug": "needle-b"}, {}, both):
        with pytest.raises(IntegrityError), transaction.atomic():
            other.aliases.create(**fields)
    other.aliases.create(name="Older")
    other.aliases.create(slug="older")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "?q=x&page_size=5",
        "feed.rss",
        "feed.atom?q=x",
        "feed.json",
        "2026/03/",
        "2026/03/09/",
        "2026/03/09/?q=x",
    ],
)
@pytest.mark.parametrize("language", ["", "/ja"])
@pytest.mark.parametrize("kind", ["sources", "categories"])
def test_all_addresses_with_a_former_slug_lead_to_the_present_one(
    client: Client, rest: str, language: str, kind: str
) -> None:
    piece = ArticleFactory(published=True)
    if kind == "sources":
        old, row = piece.source.slug, piece.source
        rename(row, row.name, "後の名")
    else:
        old, row = piece.category.slug, piece.category
        row.slug = "後の名"
        workflow.save_category(row)

    answer = client.get(f"{language}/{kind}/{old}/{rest}")

    there = f"{language}/{kind}/%E5%BE%8C%E3%81%AE%E5%90%8D/{rest}"
    assert (answer.status_code, answer["Location"]) == (301, there)
    if "2026" not in rest and "q=x" not in rest:
        assert client.get(answer["Location"]).status_code == 200


def test_a_slug_that_comes_back_leads_the_other_way(client: Client) -> None:
    source = ArticleFactory(published=True).source
    old = source.slug
    page = client.get(f"/sources/{old}/")
    rename(source, source.name, "later")
    # Whoever has the page of before is led on as well.
    answer = client.get(f"/sources/{old}/", headers={"If-None-Match": page["ETag"]})
    assert (answer.status_code, answer["Location"]) == (301, "/sources/later/")
    assert answer["Cache-Control"] == "no-cache"
    rename(source, source.name, old)
    assert client.get(f"/sources/{old}/").status_code == 200
    assert client.get("/sources/later/")["Location"] == f"/sources/{old}/"


def test_a_blocked_source_is_found_at_none_of_its_addresses(
    client: Client, needle: Source
) -> None:
    rename(needle, "Bee Gazette", "bee-gazette")
    for slug in ("needle-b", "bee-gazette", "never-was"):
        for rest in ("", "2026/03/", "feed.rss"):
            assert client.get(f"/sources/{slug}/{rest}").status_code == 404


def test_what_a_person_renamed_outlives_the_run_that_made_it(tmp_path: Path) -> None:
    imported(tmp_path, source="Pacific", category="Sea")
    rename(Source.objects.get(), "Pacific Ledger")
    assert invoke("undo_import", ImportRun.objects.get().pk).code == 0
    assert not Article.objects.exists()
    assert Source.objects.get().name == "Pacific Ledger"
    assert not Category.objects.filter(name="Sea").exists()


def test_former_names_go_with_their_row(client: Client, needle: Source) -> None:
    client.force_login(make_user("chief", is_superuser=True))
    rename(needle, "Bee Gazette")
    answer = client.post(f"{SOURCES}{needle.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not SourceAlias.objects.exists()
    assert Source.objects.get_or_make(["Needle B"])["needleb"].name == "Needle B"

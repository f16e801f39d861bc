"""The demo material: what a first visitor sees is complete, sound and varied."""

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from PIL import Image

from articles.demo.material import Piece, pieces, sources_path, tags
from articles.demo.pictures import SCENES, picture
from articles.names import name_key

NOW = datetime(2031, 5, 14, 9, 30, tzinfo=UTC)
CATEGORIES = {
    "Politics",
    "Business",
    "Technology",
    "Security",
    "Energy",
    "Health",
    "Culture",
    "Environment",
}
ALLIANCE = re.compile(r"Japan-U\.S\. alliance|Japan-US alliance|日米同盟")


@pytest.fixture(scope="module")
def material() -> list[Piece]:
    return list(pieces(NOW))


@pytest.fixture(scope="module")
def sources() -> dict[str, dict[str, str]]:
    with sources_path().open(encoding="utf-8", newline="") as rows:
        return {row["name"]: row for row in csv.DictReader(rows)}


def length(text: str, language: str) -> int:
    """Words; characters in Japanese, which sets no blanks."""
    return len(text.replace("\n", "")) if language == "ja" else len(text.split())


def test_there_are_fourteen_sources_or_more_of_several_policies(
    sources: dict[str, dict[str, str]],
) -> None:
    policies = Counter(row["reuse"] for row in sources.values())
    assert len(sources) >= 14
    assert set(policies) == {"excerpt", "headline", "full_text"}
    assert policies["excerpt"] > len(sources) / 2
    assert sum(row["language"] == "ja" for row in sources.values()) >= 4


def test_every_address_of_a_source_lies_under_the_example_domain(
    sources: dict[str, dict[str, str]],
) -> None:
    for row in sources.values():
        hosts = {urlsplit(row[key]).hostname or "" for key in ("site_url", "feed_url")}
        assert len(hosts) == 1
        assert hosts.pop().endswith(".example")
        assert row["description"]


def test_there_are_enough_pieces_in_both_languages(material: list[Piece]) -> None:
    languages = Counter(piece.record["language"] for piece in material)
    assert set(languages) == {"en", "ja"}
    assert languages["en"] >= 230
    assert languages["ja"] >= 90


def test_every_piece_is_at_its_publisher_in_its_language(
    material: list[Piece], sources: dict[str, dict[str, str]]
) -> None:
    for record in (piece.record for piece in material):
        source = sources[record["source"]]
        assert record["url"].startswith(source["site_url"])
        assert record["language"] == source["language"]
    assert {piece.record["source"] for piece in material} == set(sources)


def test_no_two_pieces_share_an_address_or_a_title_or_a_summary(
    material: list[Piece],
) -> None:
    for field in ("url", "title", "summary"):
        values = [name_key(piece.record[field]) for piece in material]
        assert len(set(values)) == len(values), field


def test_no_address_carries_tracking_or_a_query(material: list[Piece]) -> None:
    for piece in material:
        parts = urlsplit(piece.record["url"])
        assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")


def test_all_eight_categories_are_used_and_no_other(material: list[Piece]) -> None:
    assert {piece.record["category"] for piece in material} == CATEGORIES


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_every_piece_falls_in_the_last_ninety_days(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=1)
    for piece in pieces(now):
        published = datetime.fromisoformat(piece.record["published"])
        assert published.utcoffset() == timedelta(0)
        assert now - timedelta(days=90) <= published <= now


def test_now_may_be_told_in_any_zone(material: list[Piece]) -> None:
    offset = datetime.fromisoformat("2031-05-14T18:30:00+09:00")
    assert list(pieces(offset)) == material


def test_recent_days_have_more_pieces_than_earlier_ones(material: list[Piece]) -> None:
    ages = Counter(
        (NOW - datetime.fromisoformat(piece.record["published"])).days
        for piece in material
    )
    week = sum(ages[day] for day in range(7))
    assert week > 2 * sum(ages[day] for day in range(7, 14))
    assert max(ages[day] for day in range(7, 90)) >= 4
    assert any(ages[day] == 0 for day in range(7, 90))


def test_summaries_and_bodies_are_as_long_as_newsrooms_write_them(
    material: list[Piece],
) -> None:
    for record in (piece.record for piece in material):
        japanese = record["language"] == "ja"
        low, high = (50, 110) if japanese else (20, 45)
        assert low <= length(record["summary"], record["language"]) <= high, record
        if body := record.get("body"):
            low, high = (200, 450) if japanese else (80, 200)
            assert low <= length(body, record["language"]) <= high, record["title"]
            assert 2 <= len(body.split("\n\n")) <= 4, record["title"]


def test_sources_that_allow_it_give_their_full_text(
    material: list[Piece], sources: dict[str, dict[str, str]]
) -> None:
    others = []
    for record in (piece.record for piece in material):
        if sources[record["source"]]["reuse"] == "full_text":
            assert record.get("body"), record["title"]
        else:
            others.append("body" in record)
    assert 0.3 < sum(others) / len(others) < 0.5


def test_about_sixty_pieces_of_the_last_week_wait_at_the_desk(
    material: list[Piece],
) -> None:
    waiting = [piece.record for piece in material if piece.waiting]
    assert 55 <= len(waiting) <= 65
    for record in waiting:
        age = NOW - datetime.fromisoformat(record["published"])
        assert age < timedelta(days=7)
    assert {len(record["tags"]) for record in waiting} == {0, 1}


def test_published_pieces_have_one_to_four_tags(material: list[Piece]) -> None:
    for record in (piece.record for piece in material if not piece.waiting):
        assert 1 <= len(set(record["tags"])) <= 4
        assert len(set(record["tags"])) == len(record["tags"])


def test_tags_include_the_difficult_names_and_never_an_alias(
    material: list[Piece],
) -> None:
    used = {tag for piece in material for tag in piece.record["tags"]}
    assert 45 <= len(used) <= 55
    assert {"C++", "C#", "Économie", "半導体", "防災"} <= used
    assert len({name_key(tag) for tag in used}) == len(used)
    aliases = {name_key(alias) for tag in tags() for alias in tag["aliases"]}
    assert not aliases & {name_key(tag) for tag in used}


def test_the_alliance_tag_fills_two_pages_in_both_languages_over_the_whole_time(
    material: list[Piece],
) -> None:
    tagged = [p.record for p in material if "JapanUSAlliance" in p.record["tags"]]
    languages = Counter(record["language"] for record in tagged)
    assert len(tagged) >= 41
    assert min(languages.values()) >= 12
    days = sorted(
        (NOW - datetime.fromisoformat(record["published"])).days for record in tagged
    )
    assert days[-1] >= 80
    assert max(b - a for a, b in zip(days, days[1:], strict=False)) <= 7


def test_waiting_pieces_name_the_alliance_without_its_tag(
    material: list[Piece],
) -> None:
    naming = [
        piece.record
        for piece in material
        if piece.waiting
        and "JapanUSAlliance" not in piece.record["tags"]
        and ALLIANCE.search(piece.record["summary"] + piece.record.get("body", ""))
    ]
    assert len(naming) >= 8
    assert {record["language"] for record in naming} == {"en", "ja"}


def test_every_described_tag_is_used_and_says_what_suggests_it(
    material: list[Piece],
) -> None:
    described = tags()
    used = Counter(tag for piece in material for tag in piece.record["tags"])
    assert len(described) >= 15
    for tag in described:
        assert set(tag) == {"name", "description", "phrases", "aliases"}
        assert used[tag["name"]] >= 3
        assert tag["description"].endswith((".", "。"))
        assert tag["phrases"]


def test_no_two_described_tags_claim_one_name_or_phrase() -> None:
    keys = [name_key(name) for tag in tags() for name in (tag["name"], *tag["aliases"])]
    assert len(set(keys)) == len(keys)
    phrases = [phrase.casefold() for tag in tags() for phrase in tag["phrases"]]
    assert len(set(phrases)) == len(phrases)


def test_a_piece_with_a_picture_has_a_caption_and_its_publishers_credit(
    material: list[Piece],
) -> None:
    pictured = [piece for piece in material if piece.scene]
    assert 0.5 < len(pictured) / len(material) < 0.7
    for piece in pictured:
        assert piece.record["image_caption"]
        assert piece.record["image_credit"] == piece.record["source"]
    for piece in material:
        assert ("image_caption" in piece.record) == bool(piece.scene)


def test_every_scene_is_used_and_known(material: list[Piece]) -> None:
    assert {piece.scene for piece in material if piece.scene} == set(SCENES)


def test_records_hold_nothing_but_fields_of_the_record_format(
    material: list[Piece],
) -> None:
    fields = {field for piece in material for field in piece.record}
    assert fields == {
        "url",
        "title",
        "source",
        "published",
        "category",
        "summary",
        "body",
        "author",
        "language",
        "tags",
        "image_caption",
        "image_credit",
    }


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_a_scene_makes_a_jpeg_of_the_stated_size(scene: str) -> None:
    for seed in ("a", "b"):
        data = picture(scene, seed)
        assert len(data) < 120_000
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (1200, 800))


def test_a_picture_depends_on_scene_and_seed_alone() -> None:
    assert picture("harbour", "a") == picture("harbour", "a")
    assert picture("harbour", "a") != picture("harbour", "b")


def test_an_unknown_scene_is_refused() -> None:
    with pytest.raises(KeyError, match="volcano"):
        picture("volcano", "a")

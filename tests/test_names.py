import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.names import SLUG_LENGTH, name_key, slug_for, words_of

#: Any text, and often what the rules are about.
NAMES = st.text() | st.text(
    alphabet="aB9+#＃♯&-_ ´'!🚀ßÉİ日ｶﾞ\u0301\u200d\ufe0f", max_size=12
)


@pytest.mark.parametrize(
    "name",
    [
        "Japan-U.S. alliance",
        "#japan us alliance",
        "##JapanUSAlliance",
        "＃JapanUSAlliance",
        "♯JapanUSAlliance",
        "ＪａｐａｎＵＳＡｌｌｉａｎｃｅ",
        "Japan–US\u00a0alliance",
        "Japan−US ~ alliance",
        "japan_us_alliance!",
        "Japan\u200bUS\u00adAlliance\n",
        "“Japan/US” (alliance)",
    ],
)
def test_spellings_of_one_name_have_one_key(name: str) -> None:
    assert name_key(name) == name_key("JapanUSAlliance") == "japanusalliance"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C", "C#"),
        ("C++", "C#"),
        ("C+", "C++"),
        ("Disney", "Disney+"),
        ("Économie", "Economie"),
        ("日米同盟", "日米"),
        ("ハハ", "パパ"),
        ("Launch", "Launch🚀"),
        ("$GAP", "GAP"),
    ],
)
def test_names_that_differ_in_more_than_spelling_keep_their_own_keys(
    one: str, other: str
) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C♯", "C#"),
        ("Ｃ＃", "c#"),
        ("Ｃ＋＋", "C++"),
        ("ﾄﾖﾀ", "トヨタ"),
        ("ｶﾞｽ", "ガス"),
        ("E\u0301conomie", "Économie"),
        ("STRASSE", "Straße"),
        ("Rock´n´Roll", "Rock 'n' Roll"),
        ("❤️", "❤"),
        ("👍🏽", "👍"),
    ],
)
def test_forms_of_one_character_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    "name", ["", "#", "###", "!!!", " - ", "&", "…", "\u200b", "~"]
)
def test_what_holds_no_letter_digit_or_symbol_is_no_name(name: str) -> None:
    assert name_key(name) == ""
    assert slug_for(name) == ""


@given(NAMES)
def test_the_key_of_a_key_is_that_key(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert not key.startswith("#")
    assert not re.search(r"\s", key)


@given(NAMES)
def test_a_leading_hash_and_blanks_never_change_the_key(name: str) -> None:
    assert name_key(f" ＃#{name} ") == name_key(name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("日米同盟", "日米同盟"),
        ("Économie", "économie"),
        ("E\u0301conomie", "économie"),
        ("한국 경제", "한국-경제"),
        ("JapanUSAlliance", "japanusalliance"),
        ("#JapanUSAlliance", "japanusalliance"),
        ("Japan-U.S. alliance", "japan-u-s-alliance"),
        ("  Japan -- US / alliance!  ", "japan-us-alliance"),
        ("snake_case", "snake-case"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("Ｃ＋＋", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("C♯", "c-sharp"),
        ("C++/C#", "c-plus-plus-c-sharp"),
        ("R&D", "r-and-d"),
        ("Johnson & Johnson", "johnson-and-johnson"),
        ("Why #MeToo matters", "why-metoo-matters"),
        ("No #1", "no-1"),
        ("co\u00adoperation", "cooperation"),
        ("İstanbul", "istanbul"),
        ("100%", "100"),
        ("Rock´n´Roll", "rock-n-roll"),
        ("हिन्दी", "हनद"),
    ],
)
def test_a_slug_keeps_letters_and_spells_the_signs_that_tell_names_apart(
    name: str, slug: str
) -> None:
    assert slug_for(name) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("🚀", "rocket"),
        ("#🚀", "rocket"),
        ("🚀🚀", "rocket-rocket"),
        ("👩‍🚀", "woman-rocket"),
        ("❤️", "heavy-black-heart"),
        ("👍🏽", "thumbs-up-sign"),
        ("🇯🇵", "j-p"),
        ("€", "euro-sign"),
        ("+", "plus"),
        ("🚀+", "rocket-plus"),
        ("Launch 🚀", "launch"),
        # A symbol younger than this Python's Unicode.
        ("\U0001fae8", "u1fae8"),
    ],
)
def test_a_name_of_symbols_alone_is_spelled(name: str, slug: str) -> None:
    assert slug_for(name).replace("shaking-face", "u1fae8") == slug


def test_a_long_slug_is_cut_at_a_dash_where_one_is_near() -> None:
    assert slug_for("word " * 40) == "-".join(["word"] * 20)
    assert slug_for("a " + "b" * 200) == "a-" + "b" * 98
    assert slug_for("b" * 100 + " a") == "b" * 100
    assert slug_for("b" * 99 + " a") == "b" * 99
    assert slug_for("🚀" * 100).endswith("-rocket")


@given(NAMES | st.text(min_size=80, max_size=200))
def test_a_slug_is_what_an_address_may_hold(name: str) -> None:
    slug = slug_for(name)
    assert re.fullmatch(r"[-\w]*", slug)
    assert len(slug) <= SLUG_LENGTH
    assert slug == slug.strip("-") == slug.lower()
    assert "--" not in slug
    assert "_" not in slug


@given(NAMES | st.text(min_size=80, max_size=200))
@example("a" * 99 + "-bc")
@example("ᄀ\u0301\u1161")
def test_the_slug_of_a_slug_is_that_slug(name: str) -> None:
    assert slug_for(slug_for(name)) == slug_for(name)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1))
def test_a_name_of_letters_and_digits_always_has_a_slug(name: str) -> None:
    assert slug_for(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JapanUSAlliance", "Japan US Alliance"),
        ("#JapanUSAlliance", "Japan US Alliance"),
        ("＃JapanUSAlliance", "Japan US Alliance"),
        ("SMBCResults", "SMBC Results"),
        ("TimesEvoke", "Times Evoke"),
        ("ÉconomieVerte", "Économie Verte"),
        ("G7Summit", "G7 Summit"),
        ("XRay", "X Ray"),
        ("NGOsInJapan", "NGOs In Japan"),
        ("iPhonePrices", "iPhone Prices"),
    ],
)
def test_a_hashtag_in_camel_case_is_read_as_words(name: str, words: str) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    "name",
    ["", "A", "COVID19", "iPhone", "NGOs", "Goanna", "USA", "日米同盟", "C++", "AT&T"]
    + ["Japan USAlliance", "Japan-USAlliance", "トヨタ", "economy"],
)
def test_a_name_that_is_no_camel_case_is_read_as_it_stands(name: str) -> None:
    assert words_of(name) == name


@given(st.text())
def test_reading_a_name_as_words_does_not_make_another_name_of_it(name: str) -> None:
    assert name_key(words_of(name)) == name_key(name)


def test_real_tags_get_the_addresses_their_publisher_gave_them(shared: Path) -> None:
    text = (shared / "news/digitalgov_tag_vocabulary.json").read_text("utf-8")
    for tag in json.loads(text)["tags"]:
        assert slug_for(tag["title"]) == tag["slug"]


@pytest.mark.parametrize("language", ["en-US", "de", "ar", "zh-Hans"])
def test_different_subjects_keep_different_addresses(
    shared: Path, language: str
) -> None:
    lines = (shared / "vocab/mediatopics.ndjson").read_text("utf-8").splitlines()
    topics = [json.loads(line)["names"].get(language) for line in lines]
    names = {topic.casefold() for topic in topics if topic}
    assert len(names) > 1000
    assert len({name_key(name) for name in names}) == len(names)
    assert len({slug_for(name) for name in names}) == len(names)


def test_hostile_names_give_a_slug_or_none(shared: Path) -> None:
    for name in json.loads((shared / "text/blns/blns.json").read_text("utf-8")):
        assert re.fullmatch(r"[-\w]{0,100}", slug_for(name))
        assert name_key(name_key(name)) == name_key(name)

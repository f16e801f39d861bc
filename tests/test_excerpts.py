"""Excerpts: cut by words or by graphemes, never inside what a reader sees as one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.excerpts import boundaries, words_or_graphemes

ENGLISH = "Ministers agreed on Friday, after long talks, to meet again in autumn."
JAPANESE = "日米首脳会談が十日に東京で開かれ、安全保障と経済の協力を確認した。"
THAI = "รัฐมนตรีเห็นพ้องกันเมื่อวันศุกร์ว่าจะประชุมอีกครั้งในฤดูใบไม้ร่วง"
KOREAN = "장관들은 금요일 오랜 회담 끝에 가을에 다시 만나기로 합의했다"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


def unicode_cases(shared: Path) -> list[tuple[str, list[int]]]:
    """The text and the ends of its clusters, for each line of Unicode's own test."""
    cases = []
    source = shared / "text/unicode/GraphemeBreakTest.txt"
    for line in source.read_text(encoding="utf-8").splitlines():
        text, ends = "", []
        for mark in line.partition("#")[0].split():
            if mark == "÷":
                ends.append(len(text))
            elif mark != "×":
                text += chr(int(mark, 16))
        if text:
            cases.append((text, ends[1:]))
    return cases


def test_clusters_end_where_unicode_says(shared: Path) -> None:
    cases = unicode_cases(shared)
    assert len(cases) > 500
    assert [text for text, ends in cases if boundaries(text) != ends] == []


def test_a_spaced_script_is_cut_after_so_many_words() -> None:
    assert words_or_graphemes(ENGLISH, 3, 5) == "Ministers agreed on…"
    assert words_or_graphemes(KOREAN, 2, 3) == "장관들은 금요일…"


@pytest.mark.parametrize("limit", [12, 13, 1000])
def test_a_text_within_the_limit_comes_back_as_it_is(limit: int) -> None:
    assert words_or_graphemes(ENGLISH, limit, 1) == ENGLISH


def test_a_comma_is_left_out_before_the_ellipsis() -> None:
    assert words_or_graphemes(ENGLISH, 4, 5) == "Ministers agreed on Friday…"


def test_a_script_without_blanks_is_cut_after_so_many_graphemes() -> None:
    assert words_or_graphemes(JAPANESE, 2, 6) == "日米首脳会談…"
    assert words_or_graphemes(JAPANESE, 2, len(JAPANESE)) == JAPANESE


def test_thai_marks_stay_with_their_letter() -> None:
    assert words_or_graphemes(THAI, 1, 2) == "รัฐ…"


@pytest.mark.parametrize(
    "text",
    ["မြန်မာနိုင်ငံ" * 9, "ປະເທດລາວແມ່ນ" * 9, "ព្រះរាជាណាចក្រកម្ពុជា" * 9, "中华人民共和国" * 9],
)
def test_burmese_lao_khmer_and_chinese_count_graphemes(text: str) -> None:
    cut = words_or_graphemes(text, 1, 10).removesuffix("…")
    assert text.startswith(cut)
    assert len(boundaries(cut)) == 10


def test_latin_names_do_not_make_a_japanese_text_spaced() -> None:
    text = f"OECD と NATO は {JAPANESE}{JAPANESE}"
    assert len(boundaries(words_or_graphemes(text, 5, 20))) == 21


def test_a_quoted_character_does_not_make_an_english_text_unspaced() -> None:
    assert words_or_graphemes(f"The word 平和 means peace. {ENGLISH}", 5, 3) == (
        "The word 平和 means peace.…"
    )


def test_chinese_before_an_english_translation_does_not_pass_as_one_word() -> None:
    text = "中华人民共和国" * 50 + " " + ENGLISH * 20
    assert len(words_or_graphemes(text, 30, 40)) == 41


def test_a_text_without_blanks_is_not_one_word_of_any_length() -> None:
    assert len(words_or_graphemes("news-" * 1000, 10, 50)) <= 201


@pytest.mark.parametrize(
    "cluster", [FAMILY, "🇯🇵", "e\u0301\u0323", "각", "\u1100\u1161\u11a8", "नि", "👍🏽"]
)
def test_no_cut_falls_inside_a_cluster(cluster: str) -> None:
    text = f"日本{cluster}{cluster}日本語日本語日本語日本語日本語"
    assert words_or_graphemes(text, 1, 3) == f"日本{cluster}…"


def test_a_letter_under_a_tower_of_marks_does_not_carry_all_of_them() -> None:
    tower = "日" + "\u0301" * 100_000
    assert len(words_or_graphemes(f"日本{tower}", 5, 10)) <= 3


@pytest.mark.parametrize("text", ["", " ", "word", "語"])
def test_nothing_is_shown_where_nothing_is_allowed(text: str) -> None:
    assert words_or_graphemes(text, 0, 0).strip() == ""


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(0, 20), st.integers(0, 20))
def test_what_is_shown_is_a_beginning_and_stays_when_cut_again(
    text: str, words: int, graphemes: int
) -> None:
    shown = words_or_graphemes(text, words, graphemes)
    assert shown == text or text.startswith(shown.removesuffix("…"))
    assert words_or_graphemes(shown, words, graphemes) == shown


@settings(deadline=None)
@given(st.text(alphabet="aé\u0301\u200d👨👩🇯🇵각ᄀ\r\n नि語", max_size=40))
def test_clusters_cover_the_text_without_a_gap(text: str) -> None:
    ends = boundaries(text)
    assert ends == sorted(set(ends))
    assert not text or ends[-1] == len(text)

"""Words as search compares them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.search import highlighted, parse
from articles.words import fold, indexed, words, words_in


def texts_of(text: str) -> list[str]:
    return [word.text for word in words(text)]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Japan’s U.S. alliance", ["japan", "us", "alliance"]),
        ("日米同盟", ["日米", "米同", "同盟", "盟"]),
        ("プーチン", ["ぷー", "ーち", "ちん", "ん"]),
        ("ﾆﾁﾍﾞｲ", ["にち", "ちべ", "べい", "い"]),
        ("か\u3099", ["が"]),
        ("ジョー・バイデン", ["じょ", "ょー", "ー", "ばい", "いで", "でん", "ん"]),
        ("C++, C# and #metoo", ["c++", "c#", "and", "metoo"]),
        ("soft\u00adhyphen", ["softhyphen"]),
        ("3.5% of x_y", ["3", "5", "of", "x", "y"]),
        ("葛\U000e0100城市 ❤\ufe0f 🏴\u200d☠\ufe0f 👍🏿", ["葛城", "城市", "市"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, cut: list[str]) -> None:
    assert texts_of(text) == cut


@given(st.text())
@example("ｶﾞ\u0301é\ud800\x00ﬁ")
def test_any_text_is_cut_and_its_words_stand_where_they_say(text: str) -> None:
    there = words_in(text)
    assert [word.text for word in there] == texts_of(text)
    for word in there:
        assert 0 <= word.start < word.first <= word.end <= len(text)
        part = fold(text[word.start : word.end])
        assert word.text[0] in part


@given(st.text())
def test_words_of_the_index_hold_nothing_that_a_database_reads_as_syntax(
    text: str,
) -> None:
    for word in indexed([text]):
        assert word
        assert not set(word) & set(" \"'\\:*()&|!<>\x00\t\n")
        word.encode()


@given(st.text())
@example('"' * 300)
@example("- -- -\" “ ' OR 1=1")
def test_any_text_is_a_query(text: str) -> None:
    assert len(parse(text).terms) <= 10


@given(st.text(), st.text())
@example("日米同盟", "米")
def test_the_stretches_of_a_highlighted_text_are_the_text(
    text: str, asked: str
) -> None:
    parts = highlighted(text, asked)
    assert "".join(part.text for part in parts) == text


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("The elections and electors", "election", ["elections"]),
        ("Running boats run", "run", ["Running", "run"]),
        ("New York, a new York", '"new york"', ["New York", "new York"]),
        ("A new duke of York", '"new york"', []),
        ("日米同盟の強化", "日米同", ["日米同"]),
        ("日米同盟と同盟国", "同盟", ["同盟", "同盟"]),
        ("平日の日", "日", ["日", "日"]),
        ("ｶﾞｿﾘﾝの値", "ガソリン", ["ｶﾞｿﾘﾝ"]),
        ("Un café", "CAFE", ["café"]),
        ("Un cafe\u0301 noir", "café", ["cafe\u0301"]),
        ("Die Straße", "strasse", ["Straße"]),
        ("the ﬁrst", "first", ["ﬁrst"]),
        ("U.S. troops", "us", ["U.S."]),
        ("ferry and boat", "ferry -boat", ["ferry"]),
        ("ferry boat", "ferry boat", ["ferry", "boat"]),
        ("iPhone発売", "iphone発", ["iPhone発"]),
    ],
)
def test_the_words_of_a_query_are_marked(
    text: str, asked: str, marked: list[str]
) -> None:
    parts = highlighted(text, asked)
    assert [part.text for part in parts if part.is_found] == marked


@given(st.lists(st.text(), max_size=3))
@example(["日米同盟 C++ U.S. don't covid-19 ﾃﾚﾋﾞ", "日", "a" * 100])
@example(["a " * 5000, "日" * 5000])
def test_the_index_holds_the_words_that_are_asked_for(texts: list[str]) -> None:
    held = indexed(texts, ["tag=7"])
    asked = [[word.text for word in words(text)] for text in texts]
    in_order = [each for text in asked for each in [*text, "="]]
    assert held[: len(in_order)] == in_order
    assert held[-1] == "tag=7"
    assert all(each.startswith("=") for each in held[len(in_order) : -1])

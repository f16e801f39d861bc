import time

import pytest

from articles.differences import MOST_SHOWN, Piece, compare


def marked(pieces: list[Piece]) -> str:
    """A text with what is changed in brackets."""
    return "".join(
        f"[{piece.text}]" if piece.kind == "changed" else piece.text for piece in pieces
    )


@pytest.mark.parametrize(
    ("before", "after", "marked_before", "marked_after"),
    [
        ("Rates rise", "Rates fall", "Rates [rise]", "Rates [fall]"),
        ("One two", "One, two", "One two", "One[,] two"),
        ("Up 4.5 percent", "Up 4.25 percent", "Up [4.5] percent", "Up [4.25] percent"),
        ("a big dog", "a small cat", "a [big dog]", "a [small cat]"),
        ("", "New", "", "[New]"),
        ("Old", "", "[Old]", ""),
        ("Same", "Same", "Same", "Same"),
        (
            "金利を引き上げた",
            "金利を引き下げた",
            "金利を引き[上]げた",
            "金利を引き[下]げた",
        ),
        ("ราคาน้ำมัน", "ราคาน้ำตาล", "ราคาน้ำ[มัน]", "ราคาน้ำ[ตาล]"),
        ("हिन्दी समाचार", "हिन्दू समाचार", "[हिन्दी] समाचार", "[हिन्दू] समाचार"),
    ],
)
def test_what_differs_is_marked_on_both_sides(
    before: str, after: str, marked_before: str, marked_after: str
) -> None:
    old, new = compare(before, after)

    assert marked(old) == marked_before
    assert marked(new) == marked_after


def test_of_what_is_the_same_only_the_neighbourhood_is_kept() -> None:
    filling = " ".join(f"word{number}" for number in range(500))

    old, new = compare(f"{filling} rise {filling}", f"{filling} fall {filling}")

    for pieces, word in ((old, "rise"), (new, "fall")):
        assert [piece.kind for piece in pieces] == [
            "gap",
            "same",
            "changed",
            "same",
            "gap",
        ]
        assert pieces[2].text == word
        assert pieces[1].text.endswith("word499 ")
        assert len(pieces[1].text) < 200


def test_texts_that_differ_in_very_many_words_are_compared_by_sentences() -> None:
    sentences = [f"Sentence {n} of {'very ' * 20}many." for n in range(300)]
    changed = [
        s.replace("Sentence", "Phrase") if n % 2 else s for n, s in enumerate(sentences)
    ]

    old, _new = compare(" ".join(sentences), " ".join(changed))

    texts = [piece.text for piece in old if piece.kind == "changed"]
    assert len(texts) == 150
    assert texts[0].startswith("Sentence 1 ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 100_000, "b. " * 100_000),
        ("字" * 100_000, "語" * 100_000),
        (
            " ".join(f"w{n % 101}" for n in range(1500)),
            " ".join(f"w{-n % 101}" for n in range(1500)),
        ),
        (
            " ".join(f"w{n % 60}.{n % 60}" for n in range(700)),
            " ".join(f"w{-n % 60}.{n % 60}" for n in range(700)),
        ),
    ],
)
def test_hostile_texts_are_compared_in_no_time_and_shown_in_part(
    before: str, after: str
) -> None:
    begin = time.monotonic()

    old, new = compare(before, after)

    assert time.monotonic() - begin < 2
    for piece in (*old, *new):
        assert len(piece.text) <= MOST_SHOWN + 1

"""No output shows more of a piece than its source permits: any policy, any script.

``NEWSROOM_EXAMPLES=200`` looks at so many made-up houses instead of a few.
"""

import html
import json
import os
import random
import re
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles.excerpts import UNSPACED, boundaries
from articles.models import Article, Image, Reuse, Source
from articles.rights import Channel, Permitted, permitted
from tests.factories import ArticleFactory, CategoryFactory, TagFactory
from tests.site.every_address import languages, linked, public

EXAMPLES = int(os.environ.get("NEWSROOM_EXAMPLES", "3"))
#: Of a text that is hidden, what must stand nowhere: so many words or characters in a
#: row. Far fewer than could be a chance, and than anybody would call a quotation.
WORDS, GRAPHEMES = 4, 10
#: What a letter, a word or a picture is in a script, and what joins them.
SCRIPTS = {
    "Latin": ("abcdefghijklmnopqrstuvwxyzéüß", " "),
    "Arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", " "),
    "Japanese": ("日本国会議員東京都知事選挙経済政策の、がをにはです。アメリカ", ""),
    "Thai": (["ก", "ข", "คำ", "งู", "จี", "ชื่", "ที่", "นี้", "มั", "ร้", "ส", "ห่"], ""),
    "emoji": (["👩‍👩‍👧", "🧑🏽‍🚒", "🏴‍☠️", "👍🏿", "🇯🇵", "❤️‍🔥", "🦊", "☂️"], ""),
}


def text_in(script: str, length: int, chance: random.Random) -> str:
    """So many words of a script with blanks, or letters of one without."""
    letters, gap = SCRIPTS[script]
    if not gap:
        return "".join(chance.choice(letters) for _ in range(length))
    words = ("".join(chance.choices(letters, k=7)) for _ in range(length))
    return gap.join(words)


LANGUAGES = {"Japanese": "ja", "Arabic": "ar", "Thai": "th"}


@dataclass(frozen=True)
class House:
    """What a made-up source permits, and in which script its piece is."""

    reuse: str
    shows_images: bool
    words: int
    characters: int
    script: str
    length: int
    has_own_words: bool


houses = st.builds(
    House,
    reuse=st.sampled_from(Reuse.values),
    shows_images=st.booleans(),
    words=st.integers(1, 40),
    characters=st.integers(1, 120),
    script=st.sampled_from(sorted(SCRIPTS)),
    length=st.integers(30, 200),
    has_own_words=st.booleans(),
)


def make(house: House, number: int, chance: random.Random) -> Article:
    """A published piece of that house, with all that a piece can have."""

    def text(length: int) -> str:
        return text_in(house.script, length, chance)

    digest = f"{chance.getrandbits(256):064x}"
    image = Image.objects.create(
        digest=digest,
        file=f"images/{digest[:2]}/{digest[:32]}.jpg",
        width=800,
        height=600,
        colour="#336699",
        renditions={"webp": [160, 320, 480, 640, 800], "jpg": [320, 640]},
    )
    own = {"headline": text(12), "note": text(20)} if house.has_own_words else {}
    return ArticleFactory(
        published=True,
        source__name=f"House {number}",
        source__slug=f"house-{number}",
        source__reuse=house.reuse,
        source__shows_images=house.shows_images,
        source__excerpt_words=house.words,
        source__excerpt_characters=house.characters,
        source__note=text(40),
        is_withheld=house.reuse == Reuse.BLOCKED,
        category=CategoryFactory(),
        language=LANGUAGES.get(house.script, "en"),
        source_headline=text(14),
        source_excerpt=text(house.length),
        source_body=f"<p>{text(house.length)}</p><p>{text(60)}</p>",
        source_tags=[text(8)],
        image=image,
        image_url=f"https://pictures.example/{chance.getrandbits(128):032x}.jpg",
        image_alt=text(14),
        image_caption=text(30),
        image_credit=text(14),
        tags=["Trade"],
        **own,
    )


def pieces_of(text: str) -> set[str]:
    """The shortest parts of a text that count as shown."""
    text = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(text)).split())
    words = text.split()
    if 2 * len(UNSPACED.findall(text)) < len(text) and len(words) >= WORDS:
        rows = range(len(words) - WORDS + 1)
        return {" ".join(words[at : at + WORDS]) for at in rows}
    ends = [0, *boundaries(text)]
    rows = range(len(ends) - GRAPHEMES)
    return {text[ends[at] : ends[at + GRAPHEMES]] for at in rows}


def hidden(article: Article, channels: set[Channel]) -> dict[str, set[str]]:
    """By column, the parts of a piece that these channels may not show."""
    shown = [permitted(article, channel) for channel in channels]
    assert all(_is_within_the_policy(each, article.source) for each in shown)
    allowed = {
        part
        for each in shown
        for text in (
            each.headline, each.excerpt, each.note, each.body,
            each.image_alt, each.image_caption, each.image_credit,
        )
        for part in pieces_of(str(text).removesuffix("…"))
    }  # fmt: skip
    stored = {
        field.name: str(getattr(article, field.name) or "")
        for field in Article._meta.concrete_fields
        if field.get_internal_type() in {"TextField", "CharField"}
        and (field.name.startswith(("source_", "image_", "headline", "note")))
    }
    del stored["image_url"]
    stored["source_tags"] = " ".join(article.source_tags)
    stored["note of the source"] = article.source.note
    parts = {name: pieces_of(text) - allowed for name, text in stored.items()}
    if not any(each.image for each in shown):
        parts["picture"] = {article.image.digest[:32]}
    parts["address of the picture"] = {article.image_url}
    return parts


def _is_within_the_policy(shown: Permitted, source: Source) -> bool:
    """Docs/editors.md's table, once more, and not as ``rights`` has it."""
    if source.reuse == Reuse.BLOCKED:
        return shown == Permitted()
    may_show_text = source.reuse == Reuse.FULL_TEXT
    may_show_images = source.shows_images and source.reuse != Reuse.HEADLINE
    may_quote = source.reuse != Reuse.HEADLINE
    image = (shown.image, shown.image_alt, shown.image_caption, shown.image_credit)
    is_short = len(shown.excerpt.split()) <= source.excerpt_words
    return (
        (may_show_text or not shown.body)
        and (may_show_images or not any(image))
        and (may_quote or not shown.excerpt)
        and (may_show_text or is_short)
    )


def readings(text: str) -> str:
    """All that a text says to whoever unwraps it: marks, entities, escapes."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    # Two halves of a character beyond the first 65,536, as JSON writes it.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    forms = [text, html.unescape(text), html.unescape(html.unescape(text))]
    forms += [re.sub(r"<[^>]+>", " ", form) for form in forms]
    forms.append(unquote(text))
    return "\n".join(" ".join(form.split()) for form in forms)


def is_page_of(article: Article, address: str) -> bool:
    return f"/articles/{article.pk}/" in address


def leaks(articles: list[Article], texts: dict[str, str]) -> list[str]:
    """What stands where it must not."""
    found = []
    everywhere = set(Channel) - {Channel.PAGE}
    secrets = [
        (article, hidden(article, everywhere), hidden(article, set(Channel)))
        for article in articles
    ]
    for address, text in texts.items():
        said = readings(text)
        for article, elsewhere, on_its_page in secrets:
            parts = on_its_page if is_page_of(article, address) else elsewhere
            for name, forbidden in parts.items():
                found += [
                    f"{address} shows {part!r} of {name}, {article.source.reuse}"
                    for part in forbidden
                    if part in said
                ][:1]
    return found


class NothingMoreIsShown(TestCase):
    @given(st.lists(houses, min_size=3, max_size=5), st.integers(0, 2**32))
    # Not made smaller: each house costs seconds, and a leak is told by its place.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        report_multiple_bugs=False,
    )
    def test_no_output_shows_more_than_is_permitted(self, several, seed):
        cache.clear()
        chance = random.Random(seed)
        TagFactory(name="Trade", slug="trade")
        articles = [make(house, at, chance) for at, house in enumerate(several)]

        texts = linked(Client(), addresses_of(articles))

        assert not leaks(articles, texts)
        # What may be shown is shown, or nothing would have been looked at.
        for article in articles:
            is_public = not article.source.is_blocked
            opened = [text for at, text in texts.items() if is_page_of(article, at)]
            page = readings("\n".join(opened))
            assert any(part in page for part in pieces_of(article.shown_headline)) == (
                is_public
            )
            pages = [text for at, text in texts.items() if "/feed." in at]
            assert len(pages) >= 3


def addresses_of(articles: list[Article]) -> list[str]:
    """All addresses that there are with these pieces in the house, and searches."""
    parts = {
        "slug": ["trade", "politics", *(each.source.slug for each in articles)],
        "pk": [each.pk for each in articles],
        "name": ["Trade"],
        "path": [articles[0].image.file.name],
        "year": [articles[0].source_published_at.year],
        "month": [articles[0].source_published_at.month],
        "day": [articles[0].source_published_at.day],
    }
    own = [article.get_absolute_url() for article in articles]
    first_words = [
        text.split()[0][:6]
        for article in articles
        for text in (article.source_excerpt, article.source_headline)
    ]
    last_words = [article.source_excerpt.split()[-1][-6:] for article in articles]
    searches = [f"/search/?q={word}" for word in (*first_words, *last_words)]
    others = [f"/{code}" for code in languages() if code != configured.LANGUAGE_CODE]
    asked = [f"{prefix}{at}" for prefix in ("", *others) for at in own + searches]
    return [*asked, *public(parts)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "policy"),
    [
        ("source_body", {"reuse": Reuse.EXCERPT}),
        ("source_excerpt", {"reuse": Reuse.HEADLINE}),
        ("image_caption", {"shows_images": False}),
    ],
)
def test_a_leak_would_be_found(column, policy):
    """The proof is one: of a page that shows what it must not, it says so."""
    house = House(
        **{"reuse": Reuse.EXCERPT, "shows_images": True} | policy,
        words=5, characters=10, script="Japanese", length=60, has_own_words=False,
    )  # fmt: skip
    article = make(house, 0, random.Random(1))
    text = getattr(article, column)
    for written in (
        text,
        html.escape(text),
        json.dumps(text),
        json.dumps({"a": text}).replace("<", "\\u003C"),
    ):
        assert leaks([article], {"/feed.json": f"before {written} after"})
    assert not leaks([article], {"/feed.json": article.shown_headline})
    assert not Source.objects.filter(reuse=Reuse.BLOCKED)

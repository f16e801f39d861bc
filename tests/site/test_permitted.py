"""No output shows more of a piece than its source permits: any policy, any script.

``NEWSROOM_EXAMPLES=200`` looks at so many made-up houses instead of a few.
"""

import datetime
import functools
import html
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from django.utils.safestring import mark_safe
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles import rights, search, workflow
from articles.excerpts import UNSPACED, boundaries, words_or_graphemes
from articles.markup import plain
from articles.models import Article, Image, Reuse, Source
from articles.rights import Channel, Permitted, permitted
from articles.site import feeds, head
from tests.caching import forget
from tests.factories import (
    EDITOR,
    ArticleFactory,
    CategoryFactory,
    TagFactory,
    make_user,
)
from tests.site.every_address import (
    answers_linked,
    languages,
    linked,
    public,
    text_of,
)

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
    shares_images: bool
    words: int
    characters: int
    script: str
    length: int
    has_own_words: bool


houses = st.builds(
    House,
    reuse=st.sampled_from(Reuse.values),
    shows_images=st.booleans(),
    shares_images=st.booleans(),
    words=st.integers(1, 40),
    characters=st.integers(1, 120),
    script=st.sampled_from(sorted(SCRIPTS)),
    length=st.integers(30, 200),
    has_own_words=st.booleans(),
)


def make(
    house: House, number: int, chance: random.Random, **changed: object
) -> Article:
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
    if house.has_own_words and chance.random() < 0.5:
        own["excerpt"] = text(50)
    values = {
        "published": True,
        "is_withheld": house.reuse == Reuse.BLOCKED,
        "category": CategoryFactory(),
        "language": LANGUAGES.get(house.script, "en"),
        "source_headline": text(14),
        "source_excerpt": text(house.length),
        "source_body": f"<p>{text(house.length)}</p><p>{text(60)}</p>",
        "source_tags": [text(8)],
        "image": image,
        "image_url": f"https://pictures.example/{chance.getrandbits(128):032x}.jpg",
        "image_alt": text(14),
        "image_caption": text(30),
        "image_credit": text(14),
        "tags": ["Trade"],
    }
    return ArticleFactory(
        source__name=f"House {number}",
        source__slug=f"house-{number}",
        source__reuse=house.reuse,
        source__shows_images=house.shows_images,
        source__excerpt_words=house.words,
        source__excerpt_characters=house.characters,
        source__note=text(40),
        source__shares_images=house.shares_images,
        **values | own | changed,
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


def hidden(article: Article, channels: Iterable[Channel]) -> dict[str, set[str]]:
    """By column, the parts of a piece that these channels may not show."""
    shown = [permitted(article, channel) for channel in channels]
    for channel, each in zip(channels, shown, strict=True):
        found = beyond_the_policy(each, article, channel)
        assert not found, f"{found} of {article.source.reuse} by {channel}"
    allowed = {
        part
        for each in shown
        for text in (
            each.headline, each.excerpt, each.note, each.body,
            each.image_alt, each.image_caption, each.image_credit,
        )
        for part in pieces_of(str(text).removesuffix("…"))
    }  # fmt: skip
    parts = {name: pieces_of(text) - allowed for name, text in stored(article).items()}
    if not any(each.image for each in shown):
        parts["picture"] = {article.image.digest[:32]}
    parts["address of the picture"] = {article.image_url}
    return parts


def stored(article: Article) -> dict[str, str]:
    """All texts that we hold of a piece, by column."""
    texts = {
        field.name: str(getattr(article, field.name) or "")
        for field in Article._meta.concrete_fields
        if field.get_internal_type() in {"TextField", "CharField"}
        and field.name.startswith(("source_", "image_", "headline", "excerpt", "note"))
    }
    del texts["image_url"]
    texts["source_tags"] = " ".join(article.source_tags)
    texts["note of the source"] = article.source.note
    return texts


def beyond_the_policy(
    shown: Permitted, article: Article, channel: Channel
) -> list[str]:
    """Docs/editors.md's table, once more, and not as ``rights`` has it."""
    source, reuse = article.source, article.source.reuse
    if reuse == Reuse.BLOCKED:
        return [] if shown == Permitted() else ["anything of a blocked source"]
    found = []
    if shown.body and (reuse, channel) != (Reuse.FULL_TEXT, Channel.PAGE):
        found.append("a text in full")
    may_show_image = source.shows_images and reuse != Reuse.HEADLINE
    if channel in {Channel.FEED, Channel.META}:
        may_show_image = may_show_image and (source.shares_images or source.is_own)
    image = (shown.image, shown.image_alt, shown.image_caption, shown.image_credit)
    if any(image) and not may_show_image:
        found.append("a picture")
    if shown.excerpt and not article.excerpt:
        if reuse == Reuse.HEADLINE:
            found.append("an excerpt")
        if reuse == Reuse.EXCERPT and _length(shown.excerpt) > (
            source.excerpt_characters
            if _is_unspaced(shown.excerpt)
            else source.excerpt_words
        ):
            found.append("a longer excerpt")
    return found


def _is_unspaced(text: str) -> bool:
    return 2 * len(UNSPACED.findall(text)) >= len(text)


def _length(text: str) -> int:
    """In words, or in what a reader takes for a character where words have no gaps."""
    text = text.removesuffix("…").strip()
    return len(boundaries(text)) if _is_unspaced(text) else len(text.split())


def readings(text: str) -> str:
    """All that a text says to whoever unwraps it: marks, entities, escapes."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    # Two halves of a character beyond the first 65,536, as JSON writes it.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    forms = [text, html.unescape(text), html.unescape(html.unescape(text))]
    forms += [re.sub(r"<[^>]+>", " ", form) for form in forms]
    forms.append(unquote(text))
    # Most pages say the same in several of them.
    return "\n".join(dict.fromkeys(" ".join(form.split()) for form in forms))


def is_page_of(article: Article, address: str) -> bool:
    """Whether it is a piece's page, or the desk's view of that page."""
    number = f"/{article.pk}/"
    return any(f"/{kind}{number}" in address for kind in ("articles", "pieces"))


#: What a page says to programs, which carry it elsewhere.
_SAID_TO_PROGRAMS = re.compile(
    r"<(?:meta|link)\b[^>]*>|<script type=.application/ld\+json.*?</script>", re.DOTALL
)


def by_channel(
    address: str, text: str, article: Article
) -> Iterator[tuple[str, frozenset[Channel]]]:
    """What is said in an answer, with the channels that may say it of an article."""
    if "/feed." in address:
        yield text, frozenset({Channel.FEED})
    elif ".xml" in address or ".json" in address:
        yield text, frozenset({Channel.META})
    else:
        yield "\n".join(_SAID_TO_PROGRAMS.findall(text)), frozenset({Channel.META})
        its_own = {Channel.PAGE} if is_page_of(article, address) else set()
        yield text, frozenset({Channel.LISTING, *its_own})


def leaks(articles: list[Article], texts: dict[str, str]) -> list[str]:
    """What stands where it must not."""
    found = []
    secrets = functools.cache(lambda at, channels: hidden(articles[at], channels))
    readings_of = functools.lru_cache(maxsize=4)(readings)
    for address, text in texts.items():
        for at, article in enumerate(articles):
            for said, channels in by_channel(address, text, article):
                for name, forbidden in secrets(at, channels).items():
                    found += [
                        f"{address} shows {part!r} of {name}, {article.source.reuse},"
                        f" by {', '.join(channels)}"
                        for part in forbidden
                        if part in _without_the_asked(address, readings_of(said))
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
        forget()
        chance = random.Random(seed)
        TagFactory(name="Trade", slug="trade")
        articles = [make(house, at, chance) for at, house in enumerate(several)]

        texts = linked(Client(), addresses_of(articles))
        desk = Client()
        desk.force_login(make_user(f"editor-{seed}", EDITOR))
        for each in articles:
            address = f"/admin/desk/pieces/{each.pk}/preview/"
            # It names the address that the piece will have.
            texts[address] = _without_its_address(each, text_of(desk.get(address)))

        assert not leaks(articles, texts)
        # What may be shown is shown, or nothing would have been looked at.
        for article in articles:
            is_public = not article.source.is_blocked
            opened = [text for at, text in texts.items() if is_page_of(article, at)]
            page = readings("\n".join(opened))
            if not is_public:
                # What is not found is named by the address that was asked for.
                page = _without_its_address(article, page)
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


def _shows_all(article: Article, channel: Channel) -> str:
    return mark_safe(article.source_body)


def _whole(source: Source, text: str) -> str:
    return text


def _by_words_alone(source: Source, text: str) -> str:
    return " ".join(text.split()[: source.excerpt_words])


def _any_but_a_headline(source: Source, text: str) -> str:
    if source.reuse == Reuse.FULL_TEXT:
        return text
    return words_or_graphemes(text, source.excerpt_words, source.excerpt_characters)


def _as_if(channel: Channel) -> Callable[[Article, Channel], Permitted]:
    return lambda article, asked: rights.permitted(article, channel)


def _with_caption(article: Article, channel: Channel) -> Permitted:
    return replace(
        rights.permitted(article, channel), image_caption=article.image_caption
    )


def _blocked_too(article: Article, channel: Channel) -> Permitted:
    return Permitted(headline=article.shown_headline)


module = sys.modules[__name__]


#: What is broken in the rules or in who asks them, and what is said of it.
BREAKAGES = {
    "a text in full, whatever its source lets us show": (
        rights, "_body", _shows_all, "a text in full",
    ),
    "an excerpt of any length": (
        Source, "allowed_excerpt", _whole, "excerpt",
    ),
    "an excerpt cut by words where words have no gaps": (
        Source, "allowed_excerpt", _by_words_alone, "a longer excerpt",
    ),
    "an excerpt of who lets us show headlines": (
        Source, "allowed_excerpt", _any_but_a_headline, "an excerpt",
    ),
    "a picture, whatever its source lets us show": (
        rights, "_image", lambda article, channel: article.image, "a picture",
    ),
    "a picture away from our pages": (
        rights, "AWAY", frozenset(), "a picture",
    ),
    "a caption without its picture": (
        module, "permitted", _with_caption, "a picture",
    ),
    "a blocked source": (
        module, "permitted", _blocked_too, "anything of a blocked source",
    ),
    "a feed that asks for a page": (
        feeds, "permitted", _as_if(Channel.PAGE), "by feed",
    ),
    "a head that asks for a listing": (
        head, "permitted", _as_if(Channel.LISTING), "by meta",
    ),
    "a page that shows the source's words past the rules": (
        Article, "shown_excerpt", property(lambda each: each.source_excerpt), "excerpt",
    ),
}  # fmt: skip


@pytest.mark.django_db
def test_what_breaks_the_rules_on_purpose_is_found(client, monkeypatch):
    forget()
    chance = random.Random(5)
    policies = {
        "Latin": (Reuse.EXCERPT, True, False),
        "Japanese": (Reuse.EXCERPT, False, False),
        "Thai": (Reuse.FULL_TEXT, True, False),
        "Arabic": (Reuse.HEADLINE, True, True),
        "emoji": (Reuse.BLOCKED, True, True),
    }
    articles = [
        make(House(*policy, 8, 20, script, 60, False), at, chance)
        for at, (script, policy) in enumerate(policies.items())
    ]
    readable = [each for each in articles if not each.source.is_blocked]
    addresses = ["/", "/tags/trade/", "/feed.rss", "/feed.atom", "/feed.json"]
    addresses += [each.get_absolute_url() for each in readable]

    def found() -> str:
        texts = {address: text_of(client.get(address)) for address in addresses}
        try:
            return "; ".join(leaks(articles, texts))
        except AssertionError as error:
            return str(error)

    assert not found()
    for name, (where, what, broken, told) in BREAKAGES.items():
        forget()
        with monkeypatch.context() as patch:
            patch.setattr(where, what, broken)
            assert told in found(), name
    forget()
    assert not found()


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
        **{"reuse": Reuse.EXCERPT, "shows_images": True, "shares_images": True}
        | policy,
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


#: What becomes of pieces that readers may not read.
FATES = (
    "waits",
    "spiked",
    "embargoed",
    "scheduled",
    "unpublished",
    "killed",
    "killed with a notice",
    "blocked",
    "of a blocked source",
)
#: Fates that meet a piece which everybody could read until then.
LATER = {"unpublished", "killed", "killed with a notice", "blocked"}


def hide(article: Article, fate: str, chief: object) -> None:
    """Let its fate meet a piece that was public."""
    if fate == "blocked":
        source = article.source
        source.reuse = Reuse.BLOCKED
        source.save()
        workflow.withhold(source)
    elif fate == "unpublished":
        workflow.move_many([article.pk], "unpublish", by=chief)
    else:
        notice = "It was withdrawn." if fate.endswith("notice") else ""
        workflow.move_many(
            [article.pk], "kill", by=chief, reason="wrong", notice=notice
        )


def columns_of(fate: str) -> dict[str, object]:
    """What makes a piece one that nobody could ever read."""
    soon = timezone.now() + datetime.timedelta(hours=5)
    return {
        "waits": {"status": "ingested", "published_at": None},
        "spiked": {"status": "spiked", "published_at": None},
        "embargoed": {"embargoed_until": soon},
        "scheduled": {"published_at": soon},
    }.get(fate, {})


@pytest.mark.django_db
@pytest.mark.parametrize("script", ["Latin", "Japanese"])
def test_a_piece_that_nobody_may_read_is_nowhere(script, settings):
    settings.NEWSROOM_KEEPS_PAGES = True
    chance, chief = random.Random(script), make_user("chief", is_superuser=True)
    articles = {}
    for at, fate in enumerate(("public", *FATES)):
        reuse = Reuse.BLOCKED if fate == "of a blocked source" else Reuse.FULL_TEXT
        house = House(reuse, True, True, 40, 120, script, 60, has_own_words=True)
        articles[fate] = make(house, at, chance, **columns_of(fate))
    told = {}
    for fate in ("public", *LATER):
        told[fate] = text_in(script, 20, chance)
        workflow.correct(articles[fate].pk, told[fate], by=chief)
    start, reader = addresses_of(list(articles.values())), Client()
    before = answers_linked(reader, start)

    for fate in LATER:
        articles[fate].refresh_from_db()
        hide(articles[fate], fate, chief)
    again = {at: asked_again(reader, at, answer) for at, (answer, _) in before.items()}
    after = {f"{at}, asked again": text for at, (text, _) in again.items()}
    after |= linked(reader, start)

    seen = {_without_the_asked(at, readings(text)): at for at, text in after.items()}
    public = articles.pop("public")
    assert any(part in "".join(seen) for part in pieces_of(public.shown_headline))
    assert any(part in "".join(seen) for part in pieces_of(told.pop("public")))
    assert any(is_304 for _, is_304 in again.values())
    for fate, article in articles.items():
        texts = stored(article) | {"correction": told.get(fate, "")}
        parts = {part for text in texts.values() for part in pieces_of(text)}
        parts |= {article.image.digest[:32], article.image_url}
        found = [
            (fate, address, part)
            for said, address in seen.items()
            for part in parts
            if part in said
        ]
        assert not found


def _without_its_address(article: Article, said: str) -> str:
    """What is said but for a piece's slug, which a mail's address escapes twice."""
    slug = article.slug
    for form in (quote(quote(slug)), quote(slug), slug):
        said = said.replace(form, "")
    return said


def _without_the_asked(address: str, read: str) -> str:
    """What an answer says; the words of the address itself may stand in it."""
    path = unquote(re.split("[?,]", address)[0])
    last = path.rstrip("/").rpartition("/")[2]
    return read.replace(last, "") if len(last) > GRAPHEMES else read


def asked_again(reader: Client, address: str, before: object) -> tuple[str, bool]:
    """What a browser shows that has an earlier answer, and whether it is that one."""
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    marks = {names[name]: before.headers[name] for name in names if name in before}
    answer = reader.get(address, headers=marks)
    is_304 = answer.status_code == 304
    return text_of(before if is_304 else answer), is_304


@pytest.mark.django_db
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("reuse", Reuse.values)
def test_no_search_tells_of_words_that_are_hidden(client, script, reuse):
    """Who asks for word after word would learn the text."""
    house = House(reuse, True, True, 5, 10, script, 60, has_own_words=False)
    article = make(house, 0, random.Random(f"{script} {reuse}"))
    shown = permitted(article, Channel.LISTING)
    # What its page shows is no secret.
    text = plain(permitted(article, Channel.PAGE).body)
    allowed = " ".join([shown.headline, shown.excerpt, shown.note, text])
    secret = f"{article.source_excerpt} {plain(article.source_body)}"
    asked = {word: search.parse(word).terms for word in secret.split()}
    if not SCRIPTS[script][1]:
        ends = [0, *boundaries(secret)]
        cuts = range(0, len(ends) - 5, 5)
        words = (secret[ends[at] : ends[at + 5]] for at in cuts)
        asked = {word: search.parse(word).terms for word in words}
    asked = {word: terms for word, terms in asked.items() if terms}
    told = [
        word
        for word in list(asked)[:12] + list(asked)[-12:]
        if word not in allowed
        and client.get("/search/", {"q": f'"{word}"'}).context["page"].cards
    ]
    assert not told

"""What is found by which words: the same on both databases."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import listing, search, workflow
from articles.models import Article, Reuse, SearchRow, Tag, relisting
from articles.tagging import tags
from tests.factories import ArticleFactory, CategoryFactory, SourceFactory, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)

#: Headline, then text, of pieces that are all public, the newest first.
PIECES = {
    "elections": ("Elections in Osaka", "The governor was elected twice."),
    "york": ("New York opens a ferry", "Boats are running again."),
    "new": ("A new duke of York", "Nothing about boats here."),
    "alliance": ("日米同盟の強化を確認", "東京で会合が開かれた。"),
    "osaka": ("大阪市長選", "同盟は関係ない。平日のみ。"),
    "width": ("ｉＰｈｏｎｅとﾃﾚﾋﾞの発売", "第２回の発表"),
    "cafe": ("Un café à Nîmes", "L'économie de la région"),
    "strasse": ("Die Straße nach Łódź", "Smørrebrød für alle"),
    "program": ("Programs in C++ and C#", "Also U.S. Senate's AT&T and covid-19"),
    "korean": ("서울시장 선거", "กรุงเทพมหานคร"),
    "cyrillic": ("Выборы в Россию", "Ёлка"),
}

#: What is asked, and what is found, the newest first.
CASES = {
    "election": ["elections"],
    "ELECTED": ["elections"],
    "electing": ["elections"],
    "boat": ["york", "new"],
    "boats run": ["york"],
    "ferries": ["york"],
    "new york": ["york", "new"],
    '"new york"': ["york"],
    '"york new"': [],
    "“new york”": ["york"],
    '"ferries"': [],
    "york -ferry": ["new"],
    'york -"new york"': ["new"],
    "-york boat": [],
    "日米同盟": ["alliance"],
    "同盟": ["alliance", "osaka"],
    "日": ["alliance", "osaka"],
    "米": ["alliance"],
    "日同": [],
    "米同盟の": ["alliance"],
    "同盟　会合": ["alliance"],
    "同盟 -会合": ["osaka"],
    "盟": ["alliance", "osaka"],
    "iphone": ["width"],
    "iPhone": ["width"],
    "てれび": ["width"],
    "テレビ": ["width"],
    "ﾃﾚﾋﾞ": ["width"],
    "２": ["width"],
    "2": ["width"],
    "cafe nimes": ["cafe"],
    "CAFÉ": ["cafe"],
    "économie": ["cafe"],
    "strasse lodz": ["strasse"],
    "smorrebrod": ["strasse"],
    "C++": ["program"],
    "c#": ["program"],
    "U.S.": ["program"],
    "us": ["program"],
    "senate": ["program"],
    "at&t": ["program"],
    "covid-19": ["program"],
    "서울": ["korean"],
    "선": ["korean"],
    "กรุงเทพ": ["korean"],
    "россию": ["cyrillic"],
    "елка": ["cyrillic"],
    "zyzzyva": [],
    "!!!": [],
    '"': [],
    "*": [],
    "York*": ["york", "new"],
    "NEAR(york ferry)": [],
    "york AND": [],
    "york OR ferry": [],
    "york:*": ["york", "new"],
    "york & | !": ["york", "new"],
    "' OR 1=1 --": [],
    "'; DROP TABLE articles_article; --": [],
    '"' * 150: [],
    "york\\": ["york", "new"],
    "%": [],
    "_": [],
    "words:york": [],
    "=york": ["york", "new"],
    "shelf=1": [],
    "{words}: york": [],
    "york\ud800": ["york", "new"],
    "york\x00": ["york", "new"],
    "a " * 80 + "york": ["york", "new"],
    "york a b c d e f g h i": [],
}


@pytest.fixture
def pieces() -> dict[str, Article]:
    source = SourceFactory(name="Ledger")
    return {
        name: ArticleFactory(
            published=True,
            source=source,
            source_headline=headline,
            source_excerpt=text,
            source_published_at=NOW - datetime.timedelta(hours=number),
        )
        for number, (name, (headline, text)) in enumerate(PIECES.items(), start=1)
    }


def found(text: str, size: int = 20, **more: object) -> list[int]:
    """The ids that a reader's search lists."""
    rows = Article.objects.published()
    kept = search.narrowed(rows, text, search.Span(size), id_field="id", **more).rows
    return list(kept.order_by("-listed_at", "-id").values_list("pk", flat=True))


def test_every_case_finds_what_it_should(pieces: dict[str, Article]) -> None:
    names = {piece.pk: name for name, piece in pieces.items()}
    answers = {asked: [names[pk] for pk in found(asked)] for asked in CASES}
    assert answers == CASES


def test_a_blank_text_narrows_nothing(pieces: dict[str, Article]) -> None:
    assert len(found("  ")) == len(PIECES)


@pytest.mark.parametrize(
    "asked", [each for each in CASES if "\x00" not in each and "\ud800" not in each]
)
def test_the_page_answers_calmly(
    client: Client, pieces: dict[str, Article], asked: str
) -> None:
    page = client.get("/search/", {"q": asked})
    assert page.status_code == 200
    listed = [card.article.pk for card in page.context["page"].cards]
    if asked.strip():
        assert listed == [pieces[name].pk for name in CASES[asked]]


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 201, "q=%ED%A0%80", "q=%FF"])
def test_what_is_no_text_gets_a_page_as_well(client: Client, query: str) -> None:
    assert client.get(f"/search/?{query}").status_code in (200, 400)


def test_names_of_tags_and_sources_find_their_pieces(client: Client) -> None:
    tagged = ArticleFactory(published=True, tags=["JapanUSAlliance"])
    other = ArticleFactory(published=True, source__name="Harbour Times")
    assert found("alliance") == [tagged.pk]
    assert found("japan alliances") == [tagged.pk]
    assert found("japanusalliance short") == [tagged.pk]
    assert found('"japan us"') == [tagged.pk]
    assert found("harbour") == [other.pk]
    assert found("short -harbour") == [tagged.pk]


def test_a_tag_is_found_by_the_name_it_has_got_and_by_those_it_had() -> None:
    editor = make_user(is_superuser=True)
    piece = ArticleFactory(published=True, tags=["Commerce"])
    into = Tag.objects.get_or_make(["Trade"])["trade"]
    assert found("trade") == []
    tags.merge([Tag.objects.get(name="Commerce")], into, by=editor)
    assert found("trade") == found("commerce") == [piece.pk]
    tags.rename(into, "Tariffs")
    assert found("tariff") == found("trade") == found("commerce") == [piece.pk]
    tags.add_alias(into, "関税")
    assert found("関税") == [piece.pk]
    tags.set_tags(piece, [], by=editor)
    assert found("関税") == found("tariff") == []


def test_hidden_text_finds_nothing_from_the_moment_it_is_hidden() -> None:
    source = SourceFactory(excerpt_words=3)
    piece = ArticleFactory(
        published=True,
        source=source,
        source_headline="Quagmire",
        source_excerpt="One two three zyzzyva",
        source_body="<p>xylograph</p>",
    )
    assert found("two") == [piece.pk]
    assert found("zyzzyva") == found("xylograph") == []
    source.excerpt_words = 4
    source.save()
    workflow.withhold(source)
    assert found("zyzzyva") == [piece.pk]
    for reuse, words in ((Reuse.HEADLINE, ["quagmire"]), (Reuse.BLOCKED, [])):
        source.reuse = reuse
        source.save()
        workflow.withhold(source)
        assert [each for each in ("quagmire", "two") if found(each)] == words


def test_a_text_is_searched_as_long_as_its_licence_lets_it_be_shown() -> None:
    source = SourceFactory(reuse=Reuse.FULL_TEXT)
    piece = ArticleFactory(
        published=True,
        source=source,
        source_excerpt="Short",
        source_body="<p>At the xylo<b>graph</b>.</p><p>Smith &amp; sons</p>",
    )
    assert found("xylographs") == found('"smith sons"') == [piece.pk]
    assert found('"graph smith"') == found("b") == found("amp") == []
    source.reuse = Reuse.EXCERPT
    workflow.save_source(source, ["reuse"])
    assert found("xylograph") == []
    assert found("short") == [piece.pk]


def test_no_phrase_reaches_from_one_text_into_another() -> None:
    ArticleFactory(published=True, source_headline="The end", source_excerpt="Begins")
    assert found('"end begins"') == []


def test_only_what_readers_may_see_is_found() -> None:
    hour = datetime.timedelta(hours=1)
    shown = ArticleFactory(published=True, source_headline="Quagmire")
    ArticleFactory(source_headline="Quagmire")
    ArticleFactory(
        published=True, source_headline="Quagmire", embargoed_until=NOW + hour
    )
    ArticleFactory(
        status="published", published_at=NOW + hour, source_headline="Quagmire"
    )
    assert found("quagmire") == [shown.pk]


def test_pieces_that_wait_for_their_hour_do_not_shorten_a_page() -> None:
    shown = [
        ArticleFactory(
            published=True,
            source_headline="Quagmire",
            source_published_at=NOW - datetime.timedelta(days=number + 1),
        ).pk
        for number in range(5)
    ]
    for _ in range(12):
        ArticleFactory(
            published=True,
            source_headline="Quagmire",
            embargoed_until=NOW + datetime.timedelta(hours=1),
        )
    assert found("quagmire", size=3) == shown[:4]


def test_a_search_is_a_listing_with_its_filters_and_its_cursor(client: Client) -> None:
    source, category = SourceFactory(), CategoryFactory(name="Arts", slug="arts")
    pieces = [
        ArticleFactory(
            published=True,
            source_headline=f"Ferry {number}",
            source_published_at=NOW - datetime.timedelta(days=number // 2),
            language="en-GB" if number % 3 else "ja",
            tags=["Harbour"] if number % 2 else None,
            **({"source": source} if number % 5 == 0 else {}),
            **({"category": category} if number % 4 == 0 else {}),
        )
        for number in range(30)
    ]
    order = sorted(pieces, key=lambda each: (each.source_published_at, each.pk))[::-1]

    def walked(path: str, query: str) -> list[int]:
        seen, after = [], ""
        while True:
            page = client.get(f"{path}?q=ferries&page_size=4&{query}{after}")
            page = page.context["page"]
            seen += [card.article.pk for card in page.cards]
            if not page.older:
                return seen
            after = f"&after={page.older}"

    def those(is_one) -> list[int]:
        return [each.pk for each in order if is_one(each)]

    assert walked("/search/", "") == those(lambda each: True)
    assert walked("/", f"source={source.slug}") == those(lambda e: e.source == source)
    own = f"/sources/{source.slug}/"
    assert walked(own, "") == those(lambda e: e.source == source)
    assert walked("/categories/arts/", "") == those(lambda e: e.category == category)
    tagged = [each.pk for each in pieces[1::2]]
    assert walked("/tags/harbour/", "") == those(lambda e: e.pk in tagged)
    assert walked("/search/", "language=en") == those(lambda e: e.language == "en-GB")
    day = (NOW - datetime.timedelta(days=5)).date()
    assert walked("/search/", f"to={day}") == those(
        lambda e: e.source_published_at.date() <= day
    )
    assert walked("/search/", f"from={day}") == those(
        lambda e: e.source_published_at.date() >= day
    )


def test_a_search_costs_as_many_queries_for_one_piece_as_for_sixteen(
    client: Client,
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/search/?q=ferry+short").status_code == 200
        return len(captured)

    ArticleFactory(published=True, source_headline="Ferry", tags=["Harbour"])
    one = cost()
    # Fewer than a page holds: one that is full knows enough sooner, and goes on.
    for number in range(15):
        ArticleFactory(
            published=True, source_headline="Ferry", tags=[f"Short {number}"]
        )
    assert cost() <= one


def test_what_is_internal_finds_nothing_and_is_not_named(client: Client) -> None:
    ArticleFactory(published=True, tags=["Harbour"])
    tags.add_alias(Tag.objects.get(), "Port")
    assert found("harbour") and found("port")
    Tag.objects.update(is_internal=True)
    assert found("harbour") == found("port") == []
    assert not client.get("/search/?q=harbour").context["page"].called


def test_tags_of_that_name_stand_above_what_is_found(client: Client) -> None:
    ArticleFactory(published=True, tags=["JapanUSAlliance", "Japan", "日米同盟"])
    Tag.objects.get_or_make(["Japan of nobody"])
    tags.add_alias(Tag.objects.get(name="日米同盟"), "Japan alliance")

    def called(asked: str) -> set[str]:
        page = client.get("/search/", {"q": asked})
        return {tag.name for tag in page.context["page"].called}

    assert called("japan") == {"JapanUSAlliance", "Japan", "日米同盟"}
    assert called("alliance japan") == {"JapanUSAlliance", "日米同盟"}
    assert called("japan -alliance") == {"Japan"}
    assert called("日米") == {"日米同盟"}
    assert called("") == called("!!!") == called("-japan") == set()


def test_tags_that_wait_for_their_hour_crowd_out_none_that_show(client) -> None:
    ArticleFactory(published=True, tags=["Harbour Nine"])
    tomorrow = NOW + datetime.timedelta(days=1)
    waiting = [f"Harbour {number}" for number in range(1, 9)]
    for _number in range(2):
        ArticleFactory(published=True, published_at=tomorrow, tags=waiting)
    called = client.get("/search/?q=harbour").context["page"].called
    assert [tag.name for tag in called] == ["Harbour Nine"]


def test_the_desk_finds_what_waits_and_the_admin_everything(
    admin_client: Client,
) -> None:
    waiting = ArticleFactory(source_headline="Ferry waits", tags=["Harbour"])
    public = ArticleFactory(source_headline="Ferry sails", published=True)
    spiked = ArticleFactory(source_headline="Ferry sinks", status="spiked")
    ArticleFactory(source_headline="Other")

    desk = admin_client.get("/admin/desk/?q=ferries").context["page"]
    assert [piece.article.pk for piece in desk.pieces] == [waiting.pk]
    assert search.found("harbours") == [waiting.pk]
    Tag.objects.update(is_internal=True)
    assert search.found("harbours") == []

    def listed(asked: str) -> set[int]:
        page = admin_client.get("/admin/articles/article/", {"q": asked})
        return {row.pk for row in page.context["cl"].result_list}

    assert listed("ferries") == {waiting.pk, public.pk, spiked.pk}
    assert listed(str(spiked.pk)) == {spiked.pk}
    assert listed(f"{public.url}?utm_source=x") == {public.pk}
    assert listed('"; --') == listed("http://[") == set()


def test_a_piece_that_is_deleted_leaves_nothing_in_the_index() -> None:
    piece = ArticleFactory(published=True, source_headline="Quagmire")
    with relisting([piece.pk]):
        piece.delete()
    assert found("quagmire") == []
    assert not SearchRow.objects.exists()
    assert search.check() == {"rows": 0, "names": 0, "index": 0}


def test_a_page_of_the_listing_marks_the_words() -> None:
    ArticleFactory(published=True, source_headline="Ferries & boats <3")
    page = listing.page(listing.everything(), {"q": "ferry"})
    marked = page.cards[0].marked
    assert marked is not None
    assert marked.headline == "<mark>Ferries</mark> &amp; boats &lt;3"

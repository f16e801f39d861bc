"""What stands in the head of pages: addresses, robots, Open Graph, and data."""

import io
import json
from datetime import UTC
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from lxml import html
from PIL import Image as Pillow

from articles import workflow
from articles.images import library
from articles.models import Article, ArticleStatus, Indexing, Reuse, Source
from articles.site.structured import script
from tests.factories import ArticleFactory, SourceFactory, TagFactory, make_user

pytestmark = pytest.mark.django_db

SITE = "https://news.example"
HOSTILE = "</script><script>alert(1)</script> <!-- ]]> & \u2028 \"'"


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.NEWSROOM_SITE_URL = SITE
    settings.ALLOWED_HOSTS = ["news.example", "staging.example"]


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "news.example"})


class Head:
    """The head of a page, as a program reads it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.page = html.document_fromstring(answer.content.decode())

    def meta(self, name: str) -> list[str]:
        found = self.page.xpath(f"//head/meta[@name='{name}' or @property='{name}']")
        return [each.get("content") for each in found]

    def links(self, rel: str) -> list[dict[str, str]]:
        return [dict(each.attrib) for each in self.page.xpath(f"//link[@rel='{rel}']")]

    @property
    def robots(self) -> str:
        (said,) = self.meta("robots")
        return said

    @property
    def canonical(self) -> str:
        found = self.links("canonical")
        assert len(found) <= 1
        return found[0]["href"] if found else ""

    @property
    def data(self) -> dict[str, dict[str, Any]]:
        """The nodes of the page's one graph, by type."""
        found = self.page.xpath("//script[@type='application/ld+json']")
        assert len(found) <= 1
        if not found:
            return {}
        graph = json.loads(found[0].text)
        assert graph["@context"] == "https://schema.org"
        return {node["@type"]: node for node in graph["@graph"]}

    def text(self, path: str) -> list[str]:
        return [each.text_content().strip() for each in self.page.xpath(path)]


def head(client: Client, address: str, **headers: str) -> Head:
    return Head(client.get(address, headers=headers))


def full(indexing: str = Indexing.NONE, **facts: Any) -> Article:
    source = SourceFactory(name="Ledger", reuse=Reuse.FULL_TEXT, indexing=indexing)
    return ArticleFactory(
        published=True, source=source, source_body="<p>In full.</p>", **facts
    )


def tag(number: int, name: str = "Trade") -> None:
    TagFactory(name=name, slug=name.lower())
    for _ in range(number):
        ArticleFactory(published=True, tags=[name])


@pytest.mark.parametrize(
    ("asked", "canonical", "is_listed"),
    [
        ("/", "/", True),
        ("/?utm_source=x&fbclid=y", "/", True),
        ("/?source=&q=", "/", True),
        ("/?q=b&language=en&utm_medium=z", "/?language=en&q=b", False),
        ("/?page_size=5", "/?page_size=5", False),
        ("/tags/", "/tags/", True),
        ("/tags/trade/", "/tags/trade/", True),
        ("/tags/trade/?gclid=1", "/tags/trade/", True),
        ("/search/?q=a+b", "/search/?q=a+b", False),
        ("/search/", "/search/", False),
        ("/corrections/", "/corrections/", False),
    ],
)
def test_a_page_names_one_address_of_its_own(client, asked, canonical, is_listed):
    tag(3)
    found = head(client, asked)
    assert found.canonical == SITE + canonical
    assert found.robots.startswith("noindex") is not is_listed
    assert found.meta("og:url") == [SITE + canonical]


def test_a_page_behind_a_cursor_names_itself_and_is_not_listed(client):
    tag(3)
    last = Article.objects.order_by("pk").last()
    found = head(client, f"/tags/trade/?after={last.pk}&utm_source=x")
    assert found.canonical == f"{SITE}/tags/trade/?after={last.pk}"
    assert found.robots == "noindex, follow"
    assert found.data == {}


def test_an_address_in_any_script_is_named_as_sitemaps_name_it(client):
    made = TagFactory(name="日米同盟", slug="日米同盟", description="So.")
    ArticleFactory(published=True, tags=["日米同盟"])
    canonical = head(client, made.get_absolute_url()).canonical
    assert canonical.startswith(f"{SITE}/tags/%E6%97%A5")
    assert canonical in client.get("/sitemap-tags.xml").content.decode()


def test_a_tag_is_listed_from_three_pieces_on(client):
    tag(2)
    assert head(client, "/tags/trade/").robots == "noindex, follow"
    ArticleFactory(published=True, tags=["Trade"])
    assert head(client, "/tags/trade/").robots.startswith("index")


@pytest.mark.parametrize("address", ["/", "/tags/", "/tags/日米同盟/"])
def test_a_page_and_its_translations_name_one_another(client, address):
    TagFactory(name="日米同盟", slug="日米同盟", description="So.")
    ArticleFactory(published=True, tags=["日米同盟"])
    first = head(client, address)
    named = {
        each["hreflang"]: each["href"]
        for each in first.links("alternate")
        if "hreflang" in each
    }
    assert {*named} == {"x-default", *dict(configured.LANGUAGES)}
    assert named.pop("x-default") == named["en"] == first.canonical
    for code, other in named.items():
        found = head(client, other.removeprefix(SITE))
        assert (found.answer.status_code, found.canonical) == (200, other)
        links = found.links("alternate")
        back = {each.get("hreflang"): each["href"] for each in links}
        assert named.items() <= back.items()
        assert found.page.get("lang") == code
    part = head(client, "/?language=en").links("alternate")
    assert not [each for each in part if "hreflang" in each]


def test_what_several_tags_or_a_day_choose_is_not_listed(client):
    tag(4)
    for article in Article.objects.all():
        article.tags.add("Ports")
    day = Article.objects.first().source_published_at.astimezone(UTC)
    for address in ("/tags/ports+trade/", f"/tags/trade/{day:%Y/%m/%d}/"):
        found = head(client, address)
        assert found.answer.status_code == 200
        assert found.robots == "noindex, follow"
        assert (found.canonical, found.data) == (SITE + address, {})


def test_no_program_is_told_of_internal_tags(client):
    TagFactory(name="Secret", slug="secret", is_internal=True, description="So.")
    article = full(Indexing.OWN, tags=["Secret"])
    addresses = ["/", article.get_absolute_url(), "/opml.xml", "/sitemap-tags.xml"]
    addresses += [f"/feed.{ending}" for ending in ("rss", "atom", "json")]
    for address in addresses:
        assert "secret" not in client.get(address).text.lower(), address


@pytest.mark.parametrize(
    ("indexing", "robots", "news", "canonical"),
    [
        (Indexing.NONE, "noindex", [], ""),
        (Indexing.NO_NEWS, "index", ["noindex"], "own"),
        (Indexing.PUBLISHER, "index", [], "publisher"),
        (Indexing.OWN, "index", [], "own"),
    ],
)
def test_a_full_text_is_listed_as_its_licence_says(
    client, indexing, robots, news, canonical
):
    article = full(indexing)
    own = SITE + article.get_absolute_url()
    found = head(client, article.get_absolute_url())
    assert found.robots.split(",")[0] == robots
    assert found.meta("googlebot-news") == news
    assert found.canonical == {"own": own, "publisher": article.url}.get(canonical, "")


def test_a_piece_that_points_elsewhere_is_not_listed(client):
    article = ArticleFactory(published=True)
    found = head(client, article.get_absolute_url())
    assert found.robots == "noindex, follow"
    assert found.canonical == SITE + article.get_absolute_url()


def test_what_is_no_page_says_nothing_of_itself(client):
    gone = ArticleFactory(status=ArticleStatus.KILLED)
    for address in (gone.get_absolute_url(), "/nothing/", "/?from=yesterday"):
        found = head(client, address)
        assert found.answer.status_code in {400, 404, 410}
        assert (found.robots, found.canonical, found.data) == ("noindex", "", {})
        assert found.meta("og:title") == found.links("alternate") == []


def test_a_preview_at_the_desk_says_nothing_of_itself(admin_client):
    article = ArticleFactory()
    address = f"/admin/desk/pieces/{article.pk}/preview/"
    found = head(admin_client, address, host="news.example")
    assert found.answer.status_code == 200
    assert (found.robots, found.canonical, found.data) == ("noindex", "", {})


@pytest.mark.parametrize("address", ["/", "/feed.rss", "/robots.txt", "/nothing/"])
def test_under_another_host_and_in_debug_nothing_is_listed(client, settings, address):
    asked = {"host": "staging.example"}
    refused = "noindex, nofollow"
    assert client.get(address, headers=asked).headers["X-Robots-Tag"] == refused
    assert client.get(address).headers.get("X-Robots-Tag") != refused
    assert SITE in head(client, "/", **asked).canonical
    settings.DEBUG = True
    assert client.get(address).headers["X-Robots-Tag"] == refused


@pytest.mark.parametrize("query", ["", "?source=ledger&page_size=2&utm_source=x"])
def test_every_page_with_a_feed_leads_to_all_three(client, query):
    tag(3)
    article = full()
    Source.objects.filter(name="Ledger").update(slug="ledger")
    article.source.refresh_from_db()
    pages = ["/", "/tags/trade/", "/search/", article.category.get_absolute_url()]
    for page in [*pages, article.source.get_absolute_url()]:
        links = head(client, page + query).links("alternate")
        found = [each for each in links if "type" in each]
        assert [each["type"] for each in found] == [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
        ]
        for each in found:
            answer = client.get(each["href"])
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith(each["type"])
            assert each["title"]
            assert each["href"].endswith("?source=ledger" if query else each["href"])


def test_the_data_of_a_listing_are_what_it_shows(client):
    tag(4)
    found = head(client, "/tags/trade/")
    page = found.data["CollectionPage"]
    items = page["mainEntity"]["itemListElement"]
    assert page["name"] in found.text("//h1")
    assert page["url"] == found.canonical
    assert [each["name"] for each in items] == found.text("//article//h3")
    paths = [each.get("href") for each in found.page.xpath("//article//h3/a")]
    assert [each["url"] for each in items] == [SITE + path for path in paths]
    assert [each["position"] for each in items] == [1, 2, 3, 4]
    assert page["mainEntity"]["numberOfItems"] == 4
    originals = [each.get("href") for each in found.page.xpath("//a[@class='source']")]
    assert [each["item"]["citation"] for each in items] == originals
    steps = found.data["BreadcrumbList"]["itemListElement"]
    assert [(each["name"], each["item"]) for each in steps] == [
        ("Home", f"{SITE}/"),
        ("Tags", f"{SITE}/tags/"),
        ("#Trade", found.canonical),
    ]


@pytest.mark.parametrize(
    "address", ["/tags/trade/", "/sources/ledger/", "/categories/politics/"]
)
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_trail_in_the_data_is_the_one_that_is_shown(client, prefix, address):
    source = SourceFactory(name="Ledger", slug="ledger")
    TagFactory(name="Trade", slug="trade")
    for _ in range(3):
        ArticleFactory(published=True, tags=["Trade"], source=source)
    found = head(client, prefix + address)
    told = found.data["BreadcrumbList"]["itemListElement"]
    shown = found.page.xpath("//nav[@class='trail']//li/*")
    assert [each["name"] for each in told] == [each.text_content() for each in shown]
    links = [SITE + each.get("href") for each in shown[:-1]]
    assert [each["item"] for each in told] == [*links, found.canonical]


def test_home_tells_who_we_are(client):
    ArticleFactory(published=True)
    data = head(client, "/").data
    assert {"WebSite", "NewsMediaOrganization", "CollectionPage"} == set(data)
    assert data["NewsMediaOrganization"]["name"] == configured.NEWSROOM_SITE_NAME
    logo = data["NewsMediaOrganization"]["logo"]["url"]
    assert logo.startswith(f"{SITE}/static/")


def names_in(node: Any) -> set[str]:
    """All names and references below a node."""
    if isinstance(node, dict):
        own = {node[key] for key in ("name", "@id") if key in node}
        return own.union(*map(names_in, node.values()))
    return set().union(*map(names_in, node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("indexing", [Indexing.NONE, Indexing.NO_NEWS])
def test_others_are_named_as_those_who_made_their_work(client, indexing):
    ours = {configured.NEWSROOM_SITE_NAME, f"{SITE}/#organization"}
    for article in (ArticleFactory(published=True), full(indexing)):
        data = head(client, article.get_absolute_url()).data
        work = data.get("NewsArticle") or data["WebPage"]["citation"]
        assert work["publisher"]["name"] == article.source.name
        assert not (names_in(work["publisher"]) | names_in(work["author"])) & ours
    assert work["isBasedOn"] == article.url
    assert work["copyrightHolder"]["name"] == work["creditText"] == "Ledger"
    assert work["sdPublisher"]["@id"] in ours


def test_the_data_of_a_piece_are_what_it_shows(client):
    article = full(Indexing.OWN, author="Ada Bell", tags=["Trade", "Ports"])
    found = head(client, article.get_absolute_url())
    work = found.data["NewsArticle"]
    (shown,) = found.page.xpath("//p[@class='facts']/time")
    assert [work["headline"]] == found.text("//h1") == found.meta("og:title")
    assert work["author"]["name"] in found.text("//*[@class='byline']")
    assert work["articleSection"] in found.text("//*[@class='category']")
    assert {f"#{name}" for name in work["keywords"]} == {
        *found.text("//ul[@class='tags']//a")
    }
    published = timezone.datetime.fromisoformat(work["datePublished"])
    visible = timezone.datetime.fromisoformat(shown.get("datetime"))
    assert published.replace(microsecond=0) == visible.replace(microsecond=0)
    assert work["dateModified"] == work["datePublished"]
    assert work["publisher"] == {"@id": f"{SITE}/#organization"}
    workflow.correct(article.pk, "It was Monday.", by=make_user(is_superuser=True))
    again = head(client, article.get_absolute_url()).data["NewsArticle"]
    assert again["dateModified"] > work["datePublished"] == again["datePublished"]


@pytest.mark.parametrize(
    ("facts", "is_shared"),
    [
        ({}, False),
        ({"shares_images": True}, True),
        ({"shares_images": True, "reuse": Reuse.HEADLINE}, False),
        ({"shares_images": True, "shows_images": False}, False),
        ({"indexing": Indexing.OWN, "reuse": Reuse.FULL_TEXT}, True),
    ],
)
def test_a_picture_leaves_our_pages_only_where_it_may(client, facts, is_shared):
    source = SourceFactory(**facts)
    article = ArticleFactory(published=True, source=source, image_alt="A pier.")
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((64, 48)).save(out, "PNG")
    picture = library.attach(article, out.getvalue()).file.url
    found = head(client, article.get_absolute_url())
    own = f"{SITE}/static/img/card.png"
    assert found.meta("og:image") == [SITE + picture if is_shared else own]
    assert found.meta("og:image:width") == ["64" if is_shared else "1200"]
    rss, feed = client.get("/feed.rss").text, client.get("/feed.json").json()
    assert ("<enclosure" in rss and f'url="{SITE}{picture}"' in rss) is is_shared
    assert (feed["items"][0].get("image") == SITE + picture) is is_shared


def test_the_card_of_the_site_is_as_large_as_it_says(settings):
    with Pillow.open(settings.BASE_DIR / "static/img/card.png") as card:
        assert card.size == (1200, 630)


def test_no_text_ends_the_data_it_stands_in(client):
    article = ArticleFactory(
        published=True, source_headline=f"A {HOSTILE}", note=f"B {HOSTILE}"
    )
    TagFactory(name="Trade", slug="trade", description=HOSTILE)
    article.tags.add("Trade")
    for address in ("/", "/tags/trade/", article.get_absolute_url()):
        found = head(client, address)
        assert found.data
        assert found.text("//script[not(@type) and not(@src)]") == []
        assert "alert(1)" not in "".join(found.text("//script[@src]"))
    work = found.data["WebPage"]["citation"]
    assert work["headline"] == article.source_headline
    assert found.meta("og:title")[0].startswith("A </script>")


def test_no_character_breaks_the_data():
    text = script([{"name": "a\x00b\ud800c]]>\u2028</script>"}])
    assert "<" not in text and ">" not in text
    text.encode()
    assert json.loads(text)["@graph"][-1]["name"] == "ab\ufffdc]]>\u2028</script>"


@pytest.mark.parametrize(
    ("store", "number"),
    [
        ("https://apps.apple.com/jp/app/news/id123456789", "123456789"),
        ("https://apps.apple.com/app/id42?mt=8", "42"),
        ("https://apps.apple.com/developer/x", ""),
        ("", ""),
    ],
)
def test_the_app_is_named_only_by_its_number(client, settings, store, number):
    settings.NEWSROOM_APP_STORE_URL = store
    said = head(client, "/tags/").meta("apple-itunes-app")
    argument = f"app-id={number}, app-argument={SITE}/tags/"
    assert said == ([argument] if number else [])


def test_mining_is_reserved_unless_the_operator_says_no(client, settings):
    found = head(client, "/")
    assert found.meta("tdm-reservation") == ["1"]
    assert found.answer.headers["tdm-reservation"] == "1"
    settings.NEWSROOM_TDM_POLICY_URL = "https://news.example/terms"
    found = head(client, "/")
    assert found.meta("tdm-policy") == [settings.NEWSROOM_TDM_POLICY_URL]
    assert found.answer.headers["tdm-policy"] == settings.NEWSROOM_TDM_POLICY_URL
    settings.NEWSROOM_TDM_RESERVATION = False
    found = head(client, "/")
    assert found.meta("tdm-reservation") == found.meta("tdm-policy") == []
    assert "tdm-reservation" not in found.answer.headers


@pytest.mark.parametrize("query", ["q=%20", "source=+", "q=&language=", "utm_source=x"])
def test_what_chooses_nothing_changes_nothing_of_the_head(client, query):
    ArticleFactory(published=True)
    plain, asked = head(client, "/"), head(client, f"/?{query}")
    for name in ("robots", "og:url"):
        assert asked.meta(name) == plain.meta(name)
    assert asked.links("alternate") == plain.links("alternate")

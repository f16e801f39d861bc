"""What search engines may list: the whole table, and what holds for every line."""

from itertools import product
from pathlib import Path

import pytest

from articles.models import Indexing, Reuse
from articles.site.policy import Canonical, Data, Facts, IndexPolicy, Kind, index_policy

ROOT = Path(__file__).resolve().parent.parent.parent
LISTED = "index, follow, max-image-preview:large"
FOLLOWED = "noindex, follow"
HIDDEN = "noindex"
NOTHING = IndexPolicy(HIDDEN, canonical=Canonical.NONE)
LINK = IndexPolicy(FOLLOWED, data=Data.LINK)
COLLECTION = IndexPolicy(LISTED, in_sitemap=True, data=Data.COLLECTION)

LISTINGS = {Kind.HOME, Kind.TAG, Kind.SOURCE, Kind.CATEGORY, Kind.CORRECTIONS}
PAGES_WITHOUT_END = {Kind.SEARCH, Kind.ARCHIVE, Kind.OTHER}
NO_PAGES = {Kind.FEED, Kind.PREVIEW, Kind.GONE, Kind.ERROR}
FULL_TEXTS = {
    Indexing.NONE: IndexPolicy(HIDDEN, canonical=Canonical.NONE, data=Data.LICENSED),
    Indexing.NO_NEWS: IndexPolicy(
        LISTED, news_robots=HIDDEN, in_sitemap=True, data=Data.LICENSED
    ),
    Indexing.PUBLISHER: IndexPolicy(
        LISTED, canonical=Canonical.PUBLISHER, data=Data.LICENSED
    ),
    Indexing.OWN: IndexPolicy(LISTED, in_sitemap=True, in_news=True, data=Data.OWN),
}


def every_page() -> list[Facts]:
    return [
        Facts(*values)
        for values in product(
            Kind,
            (0, 1, 2, 3, 50),
            (False, True),
            (False, True),
            Reuse,
            Indexing,
            (False, True),
        )  # fmt: skip
    ]


def expected(facts: Facts) -> IndexPolicy:
    """The table of decision 0022, read from its other side: what a page must have."""
    if facts.kind in NO_PAGES:
        return NOTHING
    if facts.kind in PAGES_WITHOUT_END:
        return IndexPolicy(FOLLOWED)
    if facts.kind == Kind.PIECE:
        if facts.reuse == Reuse.BLOCKED:
            return NOTHING
        is_full = facts.reuse == Reuse.FULL_TEXT and facts.has_text
        return FULL_TEXTS[Indexing(facts.indexing)] if is_full else LINK
    if facts.is_part:
        return IndexPolicy(FOLLOWED)
    if facts.kind == Kind.HOME:
        return IndexPolicy(LISTED, in_sitemap=True, data=Data.HOME)
    if facts.kind == Kind.INDEX:
        return IndexPolicy(LISTED, in_sitemap=True)
    needed = 1 if facts.kind != Kind.TAG or facts.is_described else 3
    if facts.pieces < needed:
        return IndexPolicy(FOLLOWED)
    return IndexPolicy(LISTED) if facts.kind == Kind.CORRECTIONS else COLLECTION


def test_every_page_there_can_be_has_its_line():
    pages = every_page()
    assert len(pages) == 14 * 5 * 2 * 2 * 4 * 4 * 2
    wrong = [facts for facts in pages if index_policy(facts) != expected(facts)]
    assert wrong == []


def test_no_line_contradicts_itself():
    for facts in every_page():
        policy = index_policy(facts)
        if not policy.is_indexed:
            assert policy.canonical != Canonical.PUBLISHER, facts
            assert not policy.in_sitemap, facts
        if policy.in_sitemap:
            assert policy.canonical == Canonical.SELF, facts
        if policy.in_news:
            assert policy.in_sitemap and not policy.news_robots, facts
        if facts.kind in LISTINGS and not policy.is_indexed:
            assert policy.data == Data.NONE, facts


@pytest.mark.parametrize(("least", "listed"), [(0, {1, 2}), (1, {1, 2}), (2, {2})])
def test_the_operator_says_what_is_enough_for_a_tag(settings, least, listed):
    settings.NEWSROOM_INDEX_PIECES = least
    found = {
        pieces
        for pieces in (0, 1, 2)
        if index_policy(Facts(Kind.TAG, pieces=pieces)).is_indexed
    }
    assert found == listed


def test_no_template_says_for_itself_what_may_be_listed():
    said = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*.html")
        for text in [path.read_text(encoding="utf-8").lower()]
        if "noindex" in text or 'name="robots"' in text or 'rel="canonical"' in text
        if path.name != "_meta.html"
    ]
    assert said == []
    head = (ROOT / "templates/site/_meta.html").read_text(encoding="utf-8")
    assert "noindex" not in head and "robots" not in head


def test_every_kind_that_a_template_names_is_one():
    named = {
        part.split('"')[0]
        for path in (ROOT / "templates").rglob("*.html")
        for part in path.read_text(encoding="utf-8").split('_meta.html" with kind="')[
            1:
        ]
    }
    assert {"home", "tag", "piece", "gone", "error"} <= named <= set(Kind)

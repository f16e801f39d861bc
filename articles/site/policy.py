"""What search engines may do with a page: one table, asked by every output.

Robots tags and headers, canonical addresses, sitemaps, the sitemap of news and the
data within pages come from ``index_policy``; no template decides. The argument stands
in decision 0022.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from articles.models import Article, Indexing, Reuse


class Kind(StrEnum):
    """What a page is; its template says so."""

    HOME = "home"
    INDEX = "index"  # a list of tags, of sources
    TAG = "tag"
    SOURCE = "source"
    CATEGORY = "category"
    SEARCH = "search"
    ARCHIVE = "archive"  # a day or a month of a listing
    CORRECTIONS = "corrections"
    PIECE = "piece"
    FEED = "feed"
    PREVIEW = "preview"
    GONE = "gone"
    ERROR = "error"
    OTHER = "other"


class Canonical(StrEnum):
    """Which address a page names as its own."""

    SELF = "self"
    PUBLISHER = "publisher"
    NONE = "none"


class Data(StrEnum):
    """What the data in a page describe."""

    HOME = "home"
    COLLECTION = "collection"
    LINK = "link"
    LICENSED = "licensed"
    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the policy goes by.

    ``pieces`` is how many a listing shows, on all of its pages; ``is_part`` says
    that the address chooses among them. The last three are of one piece.
    """

    kind: Kind
    pieces: int = 0
    is_described: bool = False
    is_part: bool = False
    reuse: str = Reuse.EXCERPT
    indexing: str = Indexing.NONE
    has_text: bool = False


@dataclass(frozen=True, slots=True)
class IndexPolicy:
    """What a page tells search engines.

    ``robots`` and ``news_robots`` are what stands in tags of the names ``robots``
    and ``googlebot-news``; "" leaves the tag out.
    """

    robots: str
    news_robots: str = ""
    canonical: Canonical = Canonical.SELF
    in_sitemap: bool = False
    in_news: bool = False
    data: Data = Data.NONE

    @property
    def is_indexed(self) -> bool:
        return not self.robots.startswith("noindex")


LISTED = "index, follow, max-image-preview:large"
FOLLOWED = "noindex, follow"
HIDDEN = "noindex"

_NOTHING = IndexPolicy(HIDDEN, canonical=Canonical.NONE)
_PASSING = IndexPolicy(FOLLOWED)
_COLLECTION = IndexPolicy(LISTED, in_sitemap=True, data=Data.COLLECTION)

#: Of a full text that a licence lets us show, by what it says of search engines.
#: Never both: hidden here, and another address named as the canonical one.
_FULL_TEXT = {
    Indexing.NONE: IndexPolicy(HIDDEN, canonical=Canonical.NONE, data=Data.LICENSED),
    Indexing.NO_NEWS: IndexPolicy(
        LISTED, news_robots=HIDDEN, in_sitemap=True, data=Data.LICENSED
    ),
    Indexing.PUBLISHER: IndexPolicy(
        LISTED, canonical=Canonical.PUBLISHER, data=Data.LICENSED
    ),
    Indexing.OWN: IndexPolicy(LISTED, in_sitemap=True, in_news=True, data=Data.OWN),
}


def index_policy(facts: Facts) -> IndexPolicy:
    """What a page tells search engines, by what it is and what it shows."""
    match facts.kind:
        case Kind.PIECE:
            return _of_piece(facts)
        case Kind.FEED | Kind.PREVIEW | Kind.GONE | Kind.ERROR:
            return _NOTHING
        case Kind.SEARCH | Kind.ARCHIVE | Kind.OTHER:
            return _PASSING
        case _ if facts.is_part:
            return _PASSING
        case Kind.HOME:
            return IndexPolicy(LISTED, in_sitemap=True, data=Data.HOME)
        case Kind.INDEX:
            return IndexPolicy(LISTED, in_sitemap=True)
        case Kind.TAG:
            return _COLLECTION if is_worth_listing(facts) else _PASSING
        case Kind.CORRECTIONS if facts.pieces:
            return IndexPolicy(LISTED)
        case Kind.SOURCE | Kind.CATEGORY if facts.pieces:
            return _COLLECTION
    return _PASSING


def is_worth_listing(facts: Facts) -> bool:
    """Whether a tag's page has enough to be found by itself."""
    enough = facts.pieces >= settings.NEWSROOM_INDEX_PIECES
    return facts.pieces > 0 and (enough or facts.is_described)


def _of_piece(facts: Facts) -> IndexPolicy:
    if facts.reuse == Reuse.BLOCKED:
        return _NOTHING
    if facts.reuse == Reuse.FULL_TEXT and facts.has_text:
        return _FULL_TEXT[Indexing(facts.indexing)]
    return IndexPolicy(FOLLOWED, data=Data.LINK)


def facts_of(article: Article, *, has_text: bool) -> Facts:
    """The facts of one piece, its source loaded; ``has_text``: in full, on its page."""
    source = article.source
    return Facts(
        Kind.PIECE, reuse=source.reuse, indexing=source.indexing, has_text=has_text
    )


def may_be_in_sitemaps(*, of_news: bool = False) -> list[Indexing]:
    """What a source of full texts must say for its pieces to be in a sitemap."""
    return [
        indexing
        for indexing, policy in _FULL_TEXT.items()
        if (policy.in_news if of_news else policy.in_sitemap)
    ]

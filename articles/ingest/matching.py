"""Which of our articles an entry is, whatever its source calls it today.

An address is the piece's identity; the source's id finds it when the address has
changed. Ids are trusted less: feeds repeat them, and sites that move change all of
them at once, so an id that leads to another address needs the headline or the date
to agree.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from articles.models import (
    Article,
    ArticleStatus,
    Feed,
    FormerAddress,
    FormerId,
    Source,
    Tombstone,
)
from articles.names import name_key

from .entries import Entry
from .identity import external_key
from .known import Known

#: The share of an import's ids that may be repeated or missing before none of them
#: is trusted.
MOST_BAD_IDS = 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """The article an entry is; ``by_id`` if its id says so, and not its address."""

    article: Article
    by_id: bool = False


def usable_ids(entries: Iterable[Entry | Known]) -> dict[str, str]:
    """The ids that tell pieces apart, by canonical address.

    One that several addresses share tells nothing; when more than a twentieth of
    them are missing or shared, none does.
    """
    ids = {entry.canonical_url: entry.external_id for entry in entries}
    times = Counter(value for value in ids.values() if value)
    shared = sum(number for number in times.values() if number > 1)
    missing = sum(not value for value in ids.values())
    if shared and shared + missing > MOST_BAD_IDS * len(ids):
        return {}
    return {url: value for url, value in ids.items() if value and times[value] == 1}


class Matches:
    """The articles, and the deleted ones, that a batch of entries may be."""

    def __init__(
        self,
        entries: list[Entry],
        known: Sequence[Known],
        sources: Iterable[Source],
        feed: Feed | None,
    ) -> None:
        self.ids = usable_ids([*entries, *known])
        self._feed = feed
        self._by_address: dict[str, Article] = {}
        self._former: dict[str, Article] = {}
        self._by_key: dict[tuple[int, str], list[Article]] = defaultdict(list)
        self._by_former_id: dict[tuple[int, str], Article] = {}
        self._deleted: dict[str, Tombstone] = {}
        self._deleted_ids: dict[tuple[int | None, str], Tombstone] = {}
        addresses = {entry.canonical_url for entry in entries}
        self._look_up_addresses(addresses)
        elsewhere = {
            self.ids[address]
            for address in addresses
            if address in self.ids and address not in self._by_address
        }
        if elsewhere:
            self._look_up_ids(elsewhere, [source.pk for source in sources])

    def find(self, entry: Entry, source: Source) -> Match | None:
        """The article that the entry is, if we have it."""
        if article := self._by_address.get(entry.canonical_url):
            return Match(article)
        if article := self._of_id(entry, source):
            return Match(article, by_id=True)
        if article := self._former.get(entry.canonical_url):
            return Match(article)
        if article := self._killed_of_id(entry, source):
            return Match(article, by_id=True)
        return None

    def deleted(self, entry: Entry, source: Source) -> Tombstone | None:
        """What is left of the entry's article, if an editor has deleted it."""
        if tombstone := self._deleted.get(entry.canonical_url):
            return tombstone
        external_id = self.ids.get(entry.canonical_url, "")
        return self._deleted_ids.get((source.pk, external_id))

    def _look_up_addresses(self, addresses: set[str]) -> None:
        articles = Article.objects.for_comparing()
        for article in articles.filter(canonical_url__among=addresses):
            self._by_address[article.canonical_url] = article
        former = FormerAddress.objects.filter(canonical_url__among=addresses)
        for row in former.select_related("article__source", "article__category"):
            self._former[row.canonical_url] = row.article
        for tombstone in Tombstone.objects.filter(canonical_url__among=addresses):
            self._deleted[tombstone.canonical_url] = tombstone

    def _look_up_ids(self, ids: set[str], sources: list[int]) -> None:
        articles = Article.objects.for_comparing().filter(
            source__in=sources, external_key__among={external_key(each) for each in ids}
        )
        for article in articles.exclude(external_key=""):
            self._by_key[article.source_id, article.external_key].append(article)
        former = FormerId.objects.filter(source__in=sources, external_id__among=ids)
        for row in former.select_related("article__source", "article__category"):
            self._by_former_id[row.source_id, row.external_id] = row.article
        deleted = Tombstone.objects.filter(source__in=sources, external_id__among=ids)
        for tombstone in deleted:
            key = (tombstone.source_id, tombstone.external_id)
            self._deleted_ids[key] = tombstone

    def _of_id(self, entry: Entry, source: Source) -> Article | None:
        external_id = self.ids.get(entry.canonical_url)
        if not external_id:
            return None
        candidates = self._by_key.get((source.pk, external_key(external_id)), [])
        # Two sites of one publisher count their pieces alike (?p=123): without
        # scheme and host, an id counts within one feed.
        alike = [each for each in candidates if self._is_of_this_feed(each)]
        for article in [*self._exact(external_id, source), *alike]:
            if _agrees(article, entry):
                return article
        return None

    def _killed_of_id(self, entry: Entry, source: Source) -> Article | None:
        """The killed piece of that very id, whatever else has changed.

        Headline and date are asked so that no piece is lost under another's id. Here
        the other mistake is worse: what was withdrawn would be back.
        """
        if external_id := self.ids.get(entry.canonical_url):
            for article in self._exact(external_id, source):
                if article.status == ArticleStatus.KILLED:
                    return article
        return None

    def _exact(self, external_id: str, source: Source) -> list[Article]:
        candidates = self._by_key.get((source.pk, external_key(external_id)), [])
        exact = [each for each in candidates if each.external_id == external_id]
        if former := self._by_former_id.get((source.pk, external_id)):
            exact.append(former)
        return exact

    def _is_of_this_feed(self, article: Article) -> bool:
        return self._feed is not None and article.feed_id == self._feed.pk


def _agrees(article: Article, entry: Entry) -> bool:
    """Whether headline or date speak for the same piece."""
    if name_key(article.source_headline) == name_key(entry.title):
        return True
    if entry.published is None or article.date_is_estimated:
        return entry.published is None and article.date_is_estimated
    return article.source_published_at == entry.published

"""The sources, categories and tags that a batch of entries names."""

from collections.abc import Callable, Container, Iterable
from dataclasses import replace

from articles.models import DEFAULT_CATEGORY, Category, Feed, ImportRun, Source, Tag
from articles.names import name_key

from .entries import Entry

#: New categories, and new tags, that one fetch of a feed may make.
MOST_NEW_NAMES = 100


class Named:
    """Their rows, by any spelling; those that are new are made.

    With a ``feed`` every piece is its source's. ``sources`` are by the keys of the
    names that were asked for, so that one source may stand there twice.
    """

    def __init__(
        self, entries: list[Entry], run: ImportRun | None, feed: Feed | None
    ) -> None:
        self.run, self.feed = run, feed
        #: New tags and categories of a feed that are left for its next fetch.
        self.put_off = 0
        self.sources = self._look_up_sources(entries)
        named = [entry.category for entry in entries if entry.category]
        categories = self._few([DEFAULT_CATEGORY, *named], Category.objects.by_key)
        self._categories = Category.objects.get_or_make(categories, made_by_run=run)
        named = [name for entry in entries for name in entry.tags]
        tags = self._few(named, Tag.objects.by_key)
        self._tags = Tag.objects.numbers(tags, made_by_run=run)

    def as_known(self, entry: Entry) -> Entry:
        """As though the source had not sent yet what got no row: it comes later."""
        if not self.put_off:
            return entry
        is_known = name_key(entry.category) in self._categories
        tags = tuple(tag for tag in entry.tags if name_key(tag) in self._tags)
        return replace(entry, category=entry.category if is_known else "", tags=tags)

    def source_of(self, entry: Entry) -> Source:
        """Whose piece the entry is."""
        if self.feed:
            return next(iter(self.sources.values()))
        return self.sources[name_key(entry.source)]

    def category(self, name: str) -> Category:
        """The category of that name; the default one for none."""
        known = self._categories.get(name_key(name)) if name else None
        return known or self._categories[name_key(DEFAULT_CATEGORY)]

    def tags(self, names: Iterable[str]) -> list[int]:
        """The tags (ids) of these names, each once.

        None for a name of which a feed has brought too many new ones.
        """
        found = (self._tags.get(name_key(name)) for name in names)
        return [tag for tag in dict.fromkeys(found) if tag]

    def _look_up_sources(self, entries: list[Entry]) -> dict[str, Source]:
        """By key, locked: none of them is blocked while its pieces come in."""
        if self.feed:
            ids = {"": self.feed.source_id}
        else:
            names = [entry.source for entry in entries]
            made = Source.objects.get_or_make(names, made_by_run=self.run)
            ids = {key: source.pk for key, source in made.items()}
        rows = Source.objects.filter(pk__in=ids.values()).order_by("pk")
        locked = {row.pk: row for row in rows.select_for_update(no_key=True)}
        # By the names they were asked for: one may be a former one.
        return {key: locked[pk] for key, pk in ids.items() if pk in locked}

    def _few(
        self, names: list[str], by_key: Callable[[Iterable[str]], Container[str]]
    ) -> list[str]:
        """The names that get a row: of a feed, those known and the first few new ones.

        Its owner shall not fill our vocabulary. Staff who import a file mean it.
        """
        if self.feed is None:
            return names
        keys = {name: name_key(name) for name in names}
        known = by_key(keys.values())
        new = dict.fromkeys(key for key in keys.values() if key not in known)
        made = set(list(new)[:MOST_NEW_NAMES])
        self.put_off += len(new) - len(made)
        return [name for name, key in keys.items() if key in known or key in made]

"""From validated entries to articles: created, updated, unchanged or duplicate.

Idempotent: the same entries a second time change nothing. What editors wrote,
the tags they put on or took off, and pieces they killed or deleted are never
touched.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError
from django.db.models import prefetch_related_objects
from django.utils import timezone

from articles.likeness import pairs
from articles.models import (
    Article,
    ArticleStatus,
    Feed,
    FormerAddress,
    FormerId,
    ImportRun,
    Sighting,
    Source,
    SourceChange,
    SourceChangeState,
    TaggedArticle,
    TagOrigin,
    Tombstone,
    relisting,
)
from articles.models.arriving import arrive

from . import changes
from .changes import Difference
from .entries import Entry
from .known import Known
from .matching import Match, Matches
from .named import Named

#: What is done with new articles around the writing of them.
Arriving = Callable[[list[Article]], AbstractContextManager[None]]


class Overtaken(IntegrityError):
    """Somebody changed one of the articles meanwhile; the batch is tried again."""


@dataclass(slots=True)
class Stored:
    """What became of one batch of entries."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: int = 0
    #: Why, by canonical address.
    duplicates: dict[str, str] = field(default_factory=dict)
    #: What the texts of new pieces and of noted changes take.
    text_bytes: int = 0
    #: New tags and categories of a feed that are left for its next fetch.
    names_put_off: int = 0


def store(
    entries: list[Entry],
    *,
    known: Sequence[Known] = (),
    run: ImportRun | None = None,
    feed: Feed | None = None,
    arriving: Arriving = lambda articles: nullcontext(),
) -> Stored:
    """Write a batch of entries, no address twice, in the caller's transaction.

    ``known`` are records of the same batch that change nothing; ``arriving`` is put
    around the writing of new articles, of which it may set columns. With a ``feed``
    every piece is its source's, whatever the entry names: a feed cannot speak for
    another publisher. Raises IntegrityError when somebody else has just written one
    of the same pieces; the caller takes the batch back and tries again.
    """
    batch = _Batch(entries, known, run, feed)
    batch.take_all(entries)
    return batch.write(arriving)


@dataclass(frozen=True, slots=True)
class _Update:
    """An article as it is to be written, and what a change of it leaves behind."""

    article: Article
    seen_edited_at: datetime | None
    new_tags: list[str]


class _Batch:
    """One batch on its way into the database."""

    def __init__(
        self,
        entries: list[Entry],
        known: Sequence[Known],
        run: ImportRun | None,
        feed: Feed | None,
    ) -> None:
        self.run, self.feed, self.now = run, feed, timezone.now()
        self.stored = Stored(unchanged=len(known))
        self._fresh: list[tuple[Article, list[str]]] = []
        self._updates: list[_Update] = []
        #: Unchanged but for their digests.
        self._read_anew: list[Article] = []
        self._changes: list[SourceChange] = []
        self._settled: list[int] = []
        self._sightings: list[Sighting] = []
        self._former_addresses: list[FormerAddress] = []
        self._former_ids: list[FormerId] = []
        self._taken: dict[int, Entry | Known] = {each.article: each for each in known}
        self._named = Named(entries, run, feed)
        self.stored.names_put_off = self._named.put_off
        self._matches = Matches(entries, known, self._named.sources.values(), feed)
        self._found = {
            entry.canonical_url: self._matches.find(entry, self._named.source_of(entry))
            for entry in entries
        }
        found = [match.article.pk for match in self._found.values() if match]
        decided = SourceChange.objects.filter(article__in=found).order_by("at", "pk")
        self._last_change = {change.article_id: change for change in decided}

    def take_all(self, entries: list[Entry]) -> None:
        """Decide what becomes of each entry."""
        found = [(entry, self._find(entry)) for entry in entries]
        # An archive that is imported again brings no new tag to most of its pieces.
        wearing = [
            match.article
            for entry, match in found
            if match and changes.new_tags(match.article.source_tags, entry.tags)
        ]
        prefetch_related_objects(wearing, "tags")
        for entry in entries:
            self.take(entry)

    def take(self, entry: Entry) -> None:
        """Decide what becomes of one entry."""
        entry = self._named.as_known(entry)
        source = self._named.source_of(entry)
        match = self._find(entry)
        if match is None:
            if tombstone := self._matches.deleted(entry, source):
                self._refuse(entry, _buried(tombstone))
            else:
                self._create(entry, source)
        elif match.article.status == ArticleStatus.KILLED:
            self._keep_away(match.article, entry)
        elif match.article.source_id != source.pk:
            self._see_elsewhere(match.article, entry, source)
        elif match.article.pk in self._taken:
            line = self._taken[match.article.pk].line
            self._refuse(entry, f"the same piece as item {line}, at another address")
        else:
            self._taken[match.article.pk] = entry
            self._follow(match, entry)

    def write(self, arriving: Arriving) -> Stored:
        """Write what was decided, in few statements."""
        fresh = [article for article, _ in self._fresh]
        updated = [update.article for update in self._updates]
        with relisting(article.pk for article in updated) as relisted:
            self._make_sure_nobody_was_faster()
            with arriving(fresh):
                arrive(fresh, self._tags_of_fresh(), TagOrigin.IMPORT)
            if updated:
                Article.objects.bulk_update(updated, changes.UPDATED, batch_size=50)
            if self._read_anew:
                columns = ["source_digest", "record_digest"]
                Article.objects.bulk_update(self._read_anew, columns, batch_size=50)
            relisted.extend(article.pk for article in fresh)
            self._put_tags_on()
            self._write_history()
        self.stored.created = [article.pk for article in fresh]
        return self.stored

    def _find(self, entry: Entry) -> Match | None:
        return self._found[entry.canonical_url]

    def _refuse(self, entry: Entry, reason: str) -> None:
        self.stored.duplicates[entry.canonical_url] = reason

    def _create(self, entry: Entry, source: Source) -> None:
        published = self._published(entry)
        article = Article(
            source=source,
            feed=self.feed,
            canonical_url=entry.canonical_url,
            category=self._named.category(entry.category),
            source_category=entry.category,
            source_tags=list(entry.tags),
            source_published_at=published or self.now,
            date_is_estimated=published is None,
            source_updated_at=entry.updated,
            source_digest=changes.digest_of(entry),
            record_digest=self._digest_of(entry),
            is_withheld=source.is_blocked,
            page_due_at=self.now if source.wants_full_text else None,
            image_wanted=bool(entry.image_url),
            image_caption=entry.image_caption,
            image_credit=entry.image_credit,
            made_by_run=self.run,
            needs_suggestions=True,
            needs_comparing=pairs.is_recent(published or self.now),
            **changes.values_of(entry, self._id_of(entry), source.language),
        )
        self._fresh.append((article, list(entry.tags)))
        self.stored.text_bytes += entry.text_bytes

    def _id_of(self, entry: Entry) -> str:
        return self._matches.ids.get(entry.canonical_url, "")

    def _digest_of(self, entry: Entry) -> str:
        """By which its record is known again; of one whose id does not count, none.

        Among other records the id may count, and then it is news.
        """
        is_whole = not entry.external_id or self._id_of(entry)
        return entry.record_digest if is_whole else ""

    def _published(self, entry: Entry) -> datetime | None:
        if self.feed:
            return changes.published_by_feed(entry, self.now)
        return entry.published

    def _see_elsewhere(self, article: Article, entry: Entry, source: Source) -> None:
        reason = (
            f"the same address is already here from “{article.source}”,"
            f" as article {article.pk}"
        )
        self._refuse(entry, reason)
        self._sightings.append(
            Sighting(
                article=article,
                source=source,
                feed=self.feed,
                url=entry.url,
                headline=entry.title,
                seen_at=self.now,
            )
        )

    def _keep_away(self, article: Article, entry: Entry) -> None:
        """Leave a killed piece as it is, whoever sends it.

        An address under which it tried to come back finds it from now on.
        """
        self.stored.unchanged += 1
        if entry.canonical_url != article.canonical_url:
            row = FormerAddress(canonical_url=entry.canonical_url, article=article)
            row.until = self.now
            self._former_addresses.append(row)

    def _follow(self, match: Match, entry: Entry) -> None:
        """Bring the article up to date, or propose the change to an editor."""
        article = match.article
        found = changes.difference(
            article,
            entry,
            external_id=self._id_of(entry),
            published=self._published(entry),
            moves=match.by_id,
        )
        identity = found.only(changes.IDENTITY)
        content = found.without(changes.IDENTITY)
        seen = article.edited_at
        says_so = self._changes_content(article, content, entry)
        new_tags: list[str] = []
        if says_so and seen is None:
            new_tags = self._apply(article, content, entry)
        if identity.after:
            self._rename(article, identity)
        says_the_same = found.after.keys().isdisjoint(changes.CONTENT)
        is_first = not article.record_digest and not found.after
        if says_the_same and not changes.is_of_now(article):
            article.source_digest = changes.digest_of(entry)
            self._read_anew.append(article)
        elif is_first and entry.record_digest:
            article.record_digest = self._digest_of(entry)
            self._read_anew.append(article)
        if says_so or identity.after:
            self._updates.append(_Update(article, seen, new_tags))
            self.stored.updated.append(article.pk)
        else:
            self.stored.unchanged += 1

    def _changes_content(
        self, article: Article, content: Difference, entry: Entry
    ) -> bool:
        """Whether the change counts, is noted, and (of a touched piece) proposed."""
        last = self._last_change.get(article.pk)
        waiting = last if last and last.state == SourceChangeState.PENDING else None
        if not content.after:
            if waiting:
                self._settled.append(waiting.pk)
            return False
        if last and article.edited_at and changes.is_noted(last, content.after):
            return False
        if self._is_followed_no_more(article, content):
            return False
        if waiting:
            self._settled.append(waiting.pk)
        article.silent_updates = 0 if content.is_dated else article.silent_updates + 1
        article.source_updated_at = entry.updated or article.source_updated_at
        touched = article.edited_at is not None
        self.stored.text_bytes += entry.text_bytes
        self._changes.append(
            SourceChange(
                article=article,
                state=SourceChangeState.PENDING
                if touched
                else SourceChangeState.APPLIED,
                before=content.before,
                after=content.after,
                digest=changes.digest_of_columns(content.after),
                at=self.now,
            )
        )
        return True

    def _is_followed_no_more(self, article: Article, content: Difference) -> bool:
        """Whether it has changed too often; staff who import a file mean it."""
        return self.feed is not None and article.is_frozen and not content.is_dated

    def _apply(self, article: Article, content: Difference, entry: Entry) -> list[str]:
        """Write the new values into the article; the tags that are new with it."""
        for name, value in content.after.items():
            if name == "category":
                article.category = self._named.category(value)
            else:
                setattr(article, name, value)
        article.source_digest = changes.digest_of(entry)
        article.record_digest = self._digest_of(entry)
        if set(changes.CONTENT) & content.after.keys():
            article.needs_suggestions = article.needs_comparing = True
            if article.source.wants_full_text:
                article.page_due_at = self.now
        if "image_url" in content.after:
            article.image_wanted, article.image_tries = True, 0
            article.image_retry_at, article.image_problem = None, ""
        tags = content.after.get("source_tags", [])
        return changes.new_tags(content.before.get("source_tags", []), tags)

    def _rename(self, article: Article, identity: Difference) -> None:
        """Take over a new address or id, and stay to be found by the old one."""
        for name, value in identity.after.items():
            setattr(article, name, value)
        article.record_digest = ""
        gone = {"article": article, "until": self.now}
        if old := identity.before.get("canonical_url"):
            self._former_addresses.append(FormerAddress(canonical_url=old, **gone))
        if old := identity.before.get("external_id"):
            row = FormerId(source=article.source, external_id=old, **gone)
            self._former_ids.append(row)

    def _make_sure_nobody_was_faster(self) -> None:
        """The articles are locked now; were they touched since they were read?"""
        seen = {each.article.pk: each.seen_edited_at for each in self._updates}
        rows = Article.objects.filter(pk__in=seen).values_list("pk", "edited_at")
        if dict(rows) != seen:
            raise Overtaken("an editor changed one of these articles meanwhile")

    def _tags_of_fresh(self) -> dict[str, list[int]]:
        return {
            article.canonical_url: self._named.tags(names)
            for article, names in self._fresh
        }

    def _put_tags_on(self) -> None:
        """Those that are new to pieces which were there."""
        TaggedArticle.objects.bulk_create(
            [
                TaggedArticle(
                    content_object=each.article, tag_id=tag, origin=TagOrigin.IMPORT
                )
                for each in self._updates
                for tag in self._named.tags(each.new_tags)
            ],
            ignore_conflicts=True,  # an editor may have put the same tag on already
        )

    def _write_history(self) -> None:
        SourceChange.objects.filter(pk__in=self._settled).delete()
        SourceChange.objects.bulk_create(self._changes)
        changes.prune([change.article_id for change in self._changes])
        Sighting.objects.bulk_create(self._sightings, ignore_conflicts=True)
        FormerAddress.objects.bulk_create(self._former_addresses, ignore_conflicts=True)
        FormerId.objects.bulk_create(self._former_ids, ignore_conflicts=True)
        changes.prune_former(self._former_addresses)
        changes.prune_former(self._former_ids)


def _buried(tombstone: Tombstone) -> str:
    """Why nothing comes in at the address of a tombstone."""
    if tombstone.source_id is None:
        return f"taken down on {tombstone.at:%Y-%m-%d}"
    return f"deleted by an editor on {tombstone.at:%Y-%m-%d}"

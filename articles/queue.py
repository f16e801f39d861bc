"""The desk's queue: what waits for a decision, its filters, and what a row shows.

Like a listing for readers, a page of the queue is one range of one index:
``waiting_at`` and the id order the rows, and ``?after=<article id>`` says where the
page begins. What arrives meanwhile comes before the first row and moves nothing.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import django_filters
from django.contrib.auth.models import User
from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import search
from articles.listing import IntegerFilter
from articles.models import (
    Article,
    ArticleQuerySet,
    ArticleStatus,
    Category,
    Claim,
    PossibleDuplicate,
    Resemblance,
    Reuse,
    Shelf,
    Source,
    SourceChange,
    SuggestionState,
    Tag,
    TaggedArticle,
    TagSuggestion,
)
from articles.rights import Channel, Permitted, permitted

#: Rows that a page of the queue holds; the desk asks for more as they run out.
PAGE_SIZE = 40
#: A count goes as far as this and then says "more": a glance needs no census, and a
#: million waiting pieces need not be counted for it.
MOST_COUNTED = 1000
#: Pieces that are looked through for those without tags, as no index tells them.
MOST_LOOKED_THROUGH = 5_000
#: From where on a piece has waited long, and too long.
LATE = datetime.timedelta(minutes=30)
VERY_LATE = datetime.timedelta(minutes=120)

#: What a source lets us show, as short as a row of the queue needs it.
RIGHTS = {
    Reuse.HEADLINE: gettext_lazy("headline"),
    Reuse.EXCERPT: gettext_lazy("excerpt"),
    Reuse.FULL_TEXT: gettext_lazy("full text"),
    Reuse.BLOCKED: gettext_lazy("blocked"),
}

#: What a row does not show and need not read.
UNREAD = ("source_body", "source_tags")


class InvalidQueue(Exception):
    """A parameter of the address makes no sense; ``errors`` says which and why."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{k}: {' '.join(v)}" for k, v in errors.items()))


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece at the desk, with what a decision needs."""

    article: Article
    shown: Permitted
    tags: list[Tag]
    suggestions: list[TagSuggestion]
    twins: list[Resemblance]
    claim: Claim | None
    is_changed: bool

    @property
    def is_shortlisted(self) -> bool:
        return bool(self.article.status == ArticleStatus.SELECTED)

    @property
    def is_held(self) -> bool:
        held = self.article.held_until
        return held is not None and held > timezone.now()

    @property
    def rights(self) -> str:
        """What its source lets us show, in a word."""
        return str(RIGHTS[Reuse(self.article.source.reuse)])

    @property
    def waited(self) -> str:
        """How long it has waited here, in one unit: "42 minutes"."""
        return timesince(self.article.created_at, depth=1)

    @property
    def lateness(self) -> str:
        """ "late", "very-late" or ""; the words beside it say how long."""
        waited = timezone.now() - self.article.created_at
        if waited >= VERY_LATE:
            return "very-late"
        return "late" if waited >= LATE else ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the queue; ``next`` is the cursor of those behind them."""

    pieces: list[Piece]
    next: int | None
    filters: django_filters.FilterSet
    is_first: bool


def page(parameters: Mapping[str, str], user: User) -> Page:
    """One page of the queue, as the address's parameters ask for it.

    Raises InvalidQueue for a value that makes no sense; parameters that are no
    filters are left alone.
    """
    filters = _checked(parameters, user)
    data = filters.form.cleaned_data
    found = list(_ordered(filters.qs, data["order"], data["after"])[: PAGE_SIZE + 1])
    articles = found[:PAGE_SIZE]
    return Page(
        pieces=pieces(articles),
        next=articles[-1].pk if len(found) > PAGE_SIZE else None,
        filters=filters,
        is_first=data["after"] is None,
    )


def following(article: int, parameters: Mapping[str, str], user: User) -> int | None:
    """The id of the piece behind an article (id) in the queue; None at its end.

    The article may have been decided on meanwhile: it is known where it stood. Raises
    InvalidQueue as ``page`` does.
    """
    filters = _checked(parameters, user)
    rows = _ordered(filters.qs, filters.form.cleaned_data["order"], article)
    found: int | None = rows.values_list("pk", flat=True).first()
    return found


def count(parameters: Mapping[str, str], user: User) -> int:
    """How many pieces these parameters find, but at most ``MOST_COUNTED`` + 1."""
    filters = _checked(parameters, user)
    return _counted(filters.qs)


def arrived_since(parameters: Mapping[str, str], newest: int, user: User) -> int:
    """How many pieces came in after that article (id), counted as ``count`` does."""
    return _counted(_checked(parameters, user).qs.filter(pk__gt=newest))


def _counted(rows: QuerySet) -> int:
    # In the order of the queue's index: without it PostgreSQL reads the table from
    # wherever it is, and finds what waits at its end.
    ordered = rows.order_by("-waiting_at", "-pk").values("pk")
    return int(ordered[: MOST_COUNTED + 1].count())


def newest_id() -> int:
    """The id of the newest article; what comes in later has a greater one."""
    return Article.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def among(ids: Iterable[int], parameters: Mapping[str, str], user: User) -> QuerySet:
    """Those of these articles (ids) that the queue shows as it is narrowed.

    Raises InvalidQueue as ``page`` does.
    """
    return _checked(parameters, user).qs.filter(pk__in=list(ids)).order_by()


def makes_sense(parameters: Mapping[str, str], user: User) -> bool:
    """Whether the queue can be narrowed like this: what is named may be gone."""
    return bool(QueueFilter(parameters, Article.objects.none(), user=user).is_valid())


def _checked(parameters: Mapping[str, str], user: User) -> "QueueFilter":
    filters = QueueFilter(parameters, queryset=Article.objects.all(), user=user)
    if not filters.is_valid():
        raise InvalidQueue(filters.errors)
    return filters


def _ordered(rows: QuerySet, order: str, after: int | None) -> QuerySet:
    oldest = order == "oldest"
    if after is not None:
        moment = _moment_of(after)
        # The form that begins where the index says, as in articles.listing.
        side, beside = ("gte", "lte") if oldest else ("lte", "gte")
        rows = rows.filter(**{f"waiting_at__{side}": moment})
        rows = rows.exclude(**{"waiting_at": moment, f"pk__{beside}": after})
    rows = rows.defer(*UNREAD)
    return rows.order_by(*(["waiting_at", "pk"] if oldest else ["-waiting_at", "-pk"]))


def _moment_of(article: int) -> datetime.datetime:
    """Where the cursor's article stands, or stood before somebody decided on it."""
    columns = ("source_published_at", "created_at")
    row = Article.objects.filter(pk=article).values_list(*columns).first()
    if row is None:
        raise InvalidQueue({"after": [_("There is no piece of that number.")]})
    return min(row)


def pieces(articles: Iterable[Article]) -> list[Piece]:
    """What the desk shows of these articles, by a query for each kind of row."""
    articles = list(articles)
    ids = [article.pk for article in articles]
    _load(articles)
    standing = Claim.objects.standing().filter(article__in=ids).select_related("by")
    claims = {claim.article_id: claim for claim in standing}
    waiting = SourceChange.objects.pending().filter(article__in=ids)
    changed = set(waiting.values_list("article", flat=True))
    alike = twins(ids)
    return [
        Piece(
            article=article,
            shown=permitted(article, Channel.LISTING),
            tags=list(article.tags.all()),
            suggestions=list(article.suggestions.all()),
            twins=alike.get(article.pk, []),
            claim=claims.get(article.pk),
            is_changed=article.pk in changed,
        )
        for article in articles
    ]


def _load(articles: list[Article]) -> None:
    open_ones = TagSuggestion.objects.filter(state=SuggestionState.OPEN)
    open_ones = open_ones.select_related("tag").order_by("pk")
    kinds = ("source", "category", "image", "tags")
    prefetch_related_objects(articles, *kinds, Prefetch("suggestions", open_ones))


def twins(ids: list[int]) -> dict[int, list[Resemblance]]:
    """``{article id: the pieces it may tell the same as, the likest first}``.

    Pairs that nobody has decided on; a killed piece is none to fold into.
    """
    pairs = PossibleDuplicate.objects.open().resemblances(ids)
    return {
        pk: [each for each in found if each.article.status != ArticleStatus.KILLED]
        for pk, found in pairs.items()
    }


AGES = {
    "hour": (gettext_lazy("the last hour"), datetime.timedelta(hours=1)),
    "day": (gettext_lazy("the last 24 hours"), datetime.timedelta(days=1)),
    "week": (gettext_lazy("the last 7 days"), datetime.timedelta(days=7)),
}


def _with_present_slugs(parameters: Mapping[str, str]) -> dict[str, str]:
    """The same, with the slug that a source or a section has now for a former one.

    A filter that somebody saved outlives the slug that it names.
    """
    found = {name: parameters[name] for name in parameters}
    for name, rows in (("source", Source.objects), ("category", Category.objects)):
        slug = found.get(name)
        if slug and (row := rows.by_slug([slug]).get(slug)):
            found[name] = row.slug
    return found


class QueueFilter(django_filters.FilterSet):
    """What the desk's queue can be narrowed to."""

    source = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Source"),
        queryset=Source.objects.order_by("name"),
        to_field_name="slug",
        empty_label=gettext_lazy("all"),
    )
    category = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Category"),
        queryset=Category.objects.order_by("name"),
        to_field_name="slug",
        empty_label=gettext_lazy("all"),
    )
    language = django_filters.CharFilter(
        label=gettext_lazy("Language"), max_length=35, method="filter_language"
    )
    age = django_filters.ChoiceFilter(
        label=gettext_lazy("Arrived in"),
        choices=[(key, label) for key, (label, _length) in AGES.items()],
        empty_label=gettext_lazy("any time"),
        method="filter_age",
    )
    only = django_filters.ChoiceFilter(
        label=gettext_lazy("Only"),
        choices=[
            ("untagged", gettext_lazy("no tags, of the first 5,000")),
            ("duplicates", gettext_lazy("possible duplicate")),
            ("shortlisted", gettext_lazy("shortlisted")),
            ("changed", gettext_lazy("changed at the source")),
            ("mine", gettext_lazy("claimed by me")),
            ("held", gettext_lazy("held")),
        ],
        empty_label=gettext_lazy("all"),
        method="filter_only",
    )
    q = django_filters.CharFilter(
        label=gettext_lazy("Words"),
        max_length=search.LONGEST_QUERY,
        method="filter_q",
    )
    order = django_filters.ChoiceFilter(
        label=gettext_lazy("Order"),
        choices=[("oldest", gettext_lazy("oldest first"))],
        empty_label=gettext_lazy("newest first"),
        method="untouched",
    )
    after = IntegerFilter(method="untouched", min_value=1, max_value=2**63 - 1)

    def __init__(
        self, parameters: Mapping[str, str], queryset: QuerySet, *, user: User
    ) -> None:
        super().__init__(_with_present_slugs(parameters), queryset)
        self.user = user

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        if self.form.cleaned_data["only"] == "held":
            rows = Article.objects.filter(waiting_at__isnull=False)
            return super().filter_queryset(rows.filter(held_until__gt=Now()))
        return super().filter_queryset(Article.objects.queued())

    def untouched(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """``after`` and ``order`` say which rows of the result, not which result."""
        return rows

    def filter_language(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """``en`` finds en, en-GB and en-US."""
        return rows.filter(Q(language=value) | Q(language__startswith=f"{value}-"))

    def filter_age(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(waiting_at__gte=timezone.now() - AGES[value][1])

    def filter_q(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """The newest that hold the words; with the oldest first, the oldest."""
        oldest_first = self.form.cleaned_data["order"] == "oldest"
        ids = search.found(value, shelf=Shelf.WAITING, oldest_first=oldest_first)
        return rows if ids is None else rows.filter(pk__in=ids)

    def _first_of(self, rows: QuerySet) -> QuerySet:
        """As many of these, in the order of the queue, as one may look through."""
        is_oldest = self.form.cleaned_data["order"] == "oldest"
        order, side = ("waiting_at", "lte") if is_oldest else ("-waiting_at", "gte")
        ordered = rows.order_by(order).values_list("waiting_at", flat=True)
        edge = list(ordered[MOST_LOOKED_THROUGH - 1 : MOST_LOOKED_THROUGH])
        return rows.filter(**{f"waiting_at__{side}": edge[0]}) if edge else rows

    def filter_only(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        own = OuterRef("pk")
        if value == "untagged":
            tagged = TaggedArticle.objects.filter(content_object=own)
            return self._first_of(rows).filter(~Exists(tagged))
        if value == "duplicates":
            return cast(ArticleQuerySet, rows).with_possible_duplicates()
        if value == "shortlisted":
            return rows.filter(status=ArticleStatus.SELECTED)
        if value == "changed":
            return rows.filter(pk__in=SourceChange.objects.pending().values("article"))
        if value == "mine":
            claims = Claim.objects.standing().filter(by=self.user)
            return rows.filter(pk__in=claims.values("article"))
        return rows

"""The articles that want a picture: which they are, and what becomes of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from articles.images import library
from articles.images.encoding import Encoded
from articles.models import Article, ArticleStatus, Image, Reuse, renew_editions
from articles.models.feed import LONGEST_PAUSE

from .text import clean
from .turns import Wish

#: A picture that cannot be had just now is asked for again after this, and after
#: twice as long each time, until it was asked for so often.
FIRST_PAUSE = timedelta(hours=1)
MOST_TRIES = 5
#: Failures that the report names.
SAMPLES = 20
#: What a failure writes of an article.
_WRITTEN = ("image_wanted", "image_tries", "image_retry_at", "image_problem")


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a picture was not had.

    ``is_final`` says that asking again is no use, ``is_unreached`` that no server had
    a part in it, ``rest`` how long the host asks to be left alone.
    """

    reason: str
    is_final: bool = False
    is_network: bool = False
    is_unreached: bool = False
    rest: timedelta = timedelta()


@dataclass(slots=True)
class Report:
    """What came of a run; all but ``fetched`` (files) and ``stored`` count articles.

    ``stored`` pictures are new; ``shared`` articles got one that was there already,
    or that another article got too. Of ``failed`` ones the articles say why.
    ``skipped`` ones are left as they were: the host asked to be left alone or did not
    answer, or somebody decided otherwise meanwhile.
    """

    wanted: int = 0
    fetched: int = 0
    stored: int = 0
    shared: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    samples: list[str] = field(default_factory=list)
    network_is_down: bool = False


def wanting(now: datetime | None = None) -> QuerySet[Article]:
    """The articles that want a picture and may show it; due ``now``, if it is given.

    A pause that lies further ahead than any that is given is the work of a wrong
    clock, and counts for nothing.
    """
    articles = Article.objects.filter(
        image_wanted=True,
        source__shows_images=True,
        source__reuse__in=[Reuse.EXCERPT, Reuse.FULL_TEXT],
    ).exclude(status__in=[ArticleStatus.SPIKED, ArticleStatus.KILLED])
    if now is None:
        return articles
    return articles.filter(
        Q(image_retry_at=None)
        | Q(image_retry_at__lte=now)
        | Q(image_retry_at__gt=now + 2 * LONGEST_PAUSE)
    )


class Wanted:
    """What one run writes of the articles that want a picture, and counts.

    ``now`` is when it began. In a dry run nothing is written.
    """

    def __init__(self, report: Report, now: datetime, *, dry_run: bool) -> None:
        self.report = report
        self.now = now
        self.dry_run = dry_run
        self._new_digests: set[str] = set()

    def is_due(self, wish: Wish) -> bool:
        """Whether any of the wish's articles still wants it now."""
        return self._of(wish, wanting(self.now)).exists()

    def keep(self, wish: Wish, encoded: Encoded) -> None:
        """Attach the picture to all that still want it; kept only if any does."""
        digest = library.digest_of(encoded)
        known = digest in self._new_digests
        known = known or Image.objects.filter(digest=digest).exists()
        with transaction.atomic():
            ids = [article.pk for article in self._locked(wish, wanting())]
            if ids and not self.dry_run:
                Article.objects.filter(pk__in=ids).update(
                    image=library.keep(encoded),
                    image_wanted=False,
                    image_tries=0,
                    image_retry_at=None,
                    image_problem="",
                )
                renew_editions(ids)
        if ids:
            self._new_digests.add(digest)
        is_new = bool(ids) and not known
        self.report.stored += is_new
        self.report.shared += len(ids) - is_new
        self.report.skipped += len(wish.articles) - len(ids)

    def miss(self, wish: Wish, miss: Miss) -> None:
        """Write why there is no picture, and when it is asked for again, if it is."""
        with transaction.atomic():
            articles = list(self._locked(wish, wanting(self.now)))
            for article in articles:
                _mark(article, miss)
            if not self.dry_run:
                Article.objects.bulk_update(articles, _WRITTEN)
        self.report.failed += len(articles)
        self.report.skipped += len(wish.articles) - len(articles)
        if articles and len(self.report.samples) < SAMPLES:
            whose = ", ".join(str(article.pk) for article in articles[:3])
            more = " …" if len(articles) > 3 else ""
            self.report.samples.append(
                f"article {whose}{more}: {clean(wish.url)}: {articles[0].image_problem}"
            )

    def postpone(self, wishes: list[Wish], until: datetime) -> None:
        """The host asks to be left alone: not their fault, but not now either."""
        ids = [pk for wish in wishes for pk in wish.articles]
        if not self.dry_run:
            wanting().filter(pk__in=ids).update(image_retry_at=until)
        self.skip(wishes)

    def skip(self, wishes: list[Wish]) -> None:
        """Leave them as they are."""
        self.report.skipped += sum(len(wish.articles) for wish in wishes)

    def _locked(self, wish: Wish, articles: QuerySet[Article]) -> QuerySet[Article]:
        """Of the wish's articles those that still want this very picture, held.

        An editor's choice or another process may have come in between.
        """
        found = self._of(wish, articles).order_by("pk")
        return found.select_for_update(of=("self",)).only(*_WRITTEN)

    def _of(self, wish: Wish, articles: QuerySet[Article]) -> QuerySet[Article]:
        return articles.filter(pk__in=wish.articles, image_url=wish.url)


def _mark(article: Article, miss: Miss) -> None:
    """Note a failure on the article, without saving it."""
    pause = max(FIRST_PAUSE * 2 ** min(article.image_tries, MOST_TRIES), miss.rest)
    article.image_tries += 1
    has_had_enough = article.image_tries >= MOST_TRIES and not miss.is_final
    tail = f" (given up after {article.image_tries} tries)" if has_had_enough else ""
    article.image_problem = clean(miss.reason)[: 300 - len(tail)] + tail
    article.image_wanted = not (miss.is_final or has_had_enough)
    article.image_retry_at = (
        timezone.now() + min(pause, LONGEST_PAUSE) if article.image_wanted else None
    )

"""Feeds, what came of each attempt to fetch them, and the hosts they lie on.

``articles.ingest.fetching`` alone writes the state of a feed and of a host; people
write its address and its settings.
"""

from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import AddressField
from .source import Source

#: The longest that a feed is left alone, whatever its server or its past say; a
#: moment further away can only come from a clock that was wrong.
LONGEST_PAUSE = timedelta(days=7)


class HostField(models.CharField):
    """The host of the model's ``url``, kept in step with it on every write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        url = model_instance.url  # type: ignore[attr-defined]
        host = host_of(url)[: self.max_length]
        setattr(model_instance, self.attname, host)
        return host


def host_of(url: str) -> str:
    """The host an address is asked from, in lower case and without its port."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class FeedHealth(models.TextChoices):
    """How a feed is, in one word, the worst first."""

    GONE = "gone", _("gone: its server says for good")
    FAILING = "failing", _("failing")
    QUIET = "quiet", _("strangely quiet")
    MOVED = "moved", _("moved: confirm its new address")
    FLAWED = "flawed", _("fetched, with problems")
    GOOD = "good", _("good")
    NEW = "new", _("not fetched yet")
    OFF = "off", _("switched off")


class FeedQuerySet(models.QuerySet):
    def fetchable(self) -> Self:
        """Feeds that are asked at all."""
        return self.filter(is_active=True, gone_at=None)

    def due(self, now: datetime) -> Self:
        """Feeds whose time has come, or lies so far ahead that a clock was wrong."""
        late = Q(next_check_at__lte=now) | Q(next_check_at__gt=now + 2 * LONGEST_PAUSE)
        return self.fetchable().filter(late)

    def with_health(self, now: datetime) -> Self:
        """Each with its ``health``, one of FeedHealth.

        A new address that a person has turned down is one that was seen 0 times.
        """
        quiet = Q(quiet_from__lte=now)
        return self.annotate(
            health=Case(
                When(is_active=False, then=Value(FeedHealth.OFF.value)),
                When(gone_at__isnull=False, then=Value(FeedHealth.GONE.value)),
                When(failures__gt=0, then=Value(FeedHealth.FAILING.value)),
                When(last_success_at=None, then=Value(FeedHealth.NEW.value)),
                When(quiet, then=Value(FeedHealth.QUIET.value)),
                When(moved_seen__gt=0, then=Value(FeedHealth.MOVED.value)),
                When(~Q(problem=""), then=Value(FeedHealth.FLAWED.value)),
                default=Value(FeedHealth.GOOD.value),
                output_field=models.CharField(),
            )
        )


class Feed(models.Model):
    """An address from which a source's pieces can be fetched."""

    source = models.ForeignKey(
        Source, verbose_name=_("source"), on_delete=models.CASCADE, related_name="feeds"
    )
    url = AddressField(_("address"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: kept, but never fetched.")
    )
    check_every = models.PositiveIntegerField(
        _("minutes between checks"),
        null=True,
        blank=True,
        validators=[MinValueValidator(15), MaxValueValidator(7 * 24 * 60)],
        help_text=_("Blank: as often as the feed usually has news, 15 to 1,440."),
    )
    username = models.CharField(_("user name"), max_length=200, blank=True)
    password = models.CharField(
        _("password"),
        max_length=200,
        blank=True,
        help_text=_("Sent to the feed's own server only, and never shown again."),
    )
    verifies_certificate = models.BooleanField(
        _("certificate is checked"),
        default=True,
        help_text=_("Off, anybody on the way can put words into this feed."),
    )

    # What fetching knows of it.
    host = HostField(_("host"), default="")
    next_check_at = models.DateTimeField(
        _("next check"), default=timezone.now, editable=False
    )
    validators_of = models.CharField(max_length=2000, blank=True, editable=False)
    etag = models.CharField(max_length=1024, blank=True, editable=False)
    last_modified = models.CharField(max_length=1024, blank=True, editable=False)
    body_digest = models.CharField(max_length=80, blank=True, editable=False)
    usual_gap = models.DurationField(
        _("usual time between pieces"), null=True, editable=False
    )
    failures = models.PositiveIntegerField(
        _("failures in a row"), default=0, editable=False
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)
    last_attempt_at = models.DateTimeField(_("last tried"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last fetched"), null=True, editable=False)
    last_new_at = models.DateTimeField(_("last new piece"), null=True, editable=False)
    quiet_from = models.DateTimeField(_("quiet from"), null=True, editable=False)
    gone_seen_at = models.DateTimeField(null=True, editable=False)
    gone_at = models.DateTimeField(_("gone since"), null=True, editable=False)
    moved_to = AddressField(_("moved to"), blank=True, editable=False)
    moved_seen = models.PositiveIntegerField(default=0, editable=False)
    moved_since = models.DateTimeField(null=True, editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [
            models.UniqueConstraint(fields=["url"], name="feed_url_is_unique"),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="failing_feed_knows_since_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(is_active=True, gone_at=None),
                name="feed_due",
            ),
            models.Index(fields=["host"], name="feed_by_host"),
        ]

    def __str__(self) -> str:
        return self.title or self.url


class FetchHostQuerySet(models.QuerySet):
    def free(self, now: datetime) -> Self:
        """Hosts that nobody is asking and that want no pause.

        A lease or a pause that lies further ahead than any that is given is the
        work of a wrong clock, and counts for nothing.
        """
        leased = Q(leased_until__gt=now, leased_until__lte=now + timedelta(hours=1))
        paused = Q(not_before__gt=now, not_before__lte=now + 2 * LONGEST_PAUSE)
        return self.exclude(leased).exclude(paused)


class FetchHost(models.Model):
    """A server that we fetch from: one process at a time asks it, politely."""

    name = models.CharField(_("host"), max_length=255, primary_key=True)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(_("in use until"), null=True)
    not_before = models.DateTimeField(_("wants to be left alone until"), null=True)

    objects = FetchHostQuerySet.as_manager()

    class Meta:
        verbose_name = _("host of feeds")
        verbose_name_plural = _("hosts of feeds")

    def __str__(self) -> str:
        return self.name


class FetchOutcome(models.TextChoices):
    FETCHED = "fetched", _("fetched")
    UNCHANGED = "unchanged", _("nothing new")
    FAILED = "failed", _("failed")
    POSTPONED = "postponed", _("put off")
    DISCARDED = "discarded", _("discarded")


class FetchAttemptQuerySet(models.QuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class FetchAttempt(models.Model):
    """One try to fetch a feed, and what came of it, in plain words."""

    feed = models.ForeignKey(
        Feed, verbose_name=_("feed"), on_delete=models.CASCADE, related_name="attempts"
    )
    at = models.DateTimeField(_("at"))
    seconds = models.FloatField(_("seconds"), default=0)
    outcome = models.CharField(_("outcome"), max_length=10, choices=FetchOutcome)
    #: One of ``net.Failure``, or what else can fail: not_feed, parse, database.
    kind = models.CharField(_("kind of failure"), max_length=20, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    bytes = models.PositiveBigIntegerField(_("bytes"), default=0)
    items = models.PositiveIntegerField(_("items"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    duplicate = models.PositiveIntegerField(_("duplicate"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    text_bytes = models.PositiveBigIntegerField(_("bytes of new text"), default=0)
    #: Of duplicate and refused items, the first few reasons.
    notes = models.JSONField(_("notes"), default=list)
    next_check_at = models.DateTimeField(_("next check"), null=True)

    objects = FetchAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("fetch attempt")
        verbose_name_plural = _("fetch attempts")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    items=F("created")
                    + F("updated")
                    + F("unchanged")
                    + F("duplicate")
                    + F("refused")
                ),
                name="fetch_attempt_accounts_for_every_item",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=FetchOutcome.FAILED) | ~Q(reason=""),
                name="failed_fetch_says_why",
            ),
        ]
        indexes = [models.Index(fields=["feed", "-at"], name="attempts_of_a_feed")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC: {self.get_outcome_display()}"

"""Import runs: what was read, what came of each record, and where it stopped."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")
    STOPPED = "stopped", _("stopped before its end")
    UNDONE = "undone", _("undone")


class ImportRun(models.Model):
    """One ``import_articles``; its counters grow with each committed batch.

    ``checkpoint`` counts the records of ``inputs`` whose outcome is committed:
    a run that was killed resumes behind it.
    """

    state = models.CharField(
        _("state"), max_length=10, choices=RunState, default=RunState.RUNNING
    )
    inputs = models.JSONField(_("inputs"), default=list)
    options = models.JSONField(_("options"), default=dict)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    checkpoint = models.PositiveBigIntegerField(_("records done"), default=0)
    read = models.PositiveBigIntegerField(_("read"), default=0)
    created = models.PositiveBigIntegerField(_("created"), default=0)
    updated = models.PositiveBigIntegerField(_("updated"), default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0)
    duplicate = models.PositiveBigIntegerField(_("duplicate"), default=0)
    failed = models.PositiveBigIntegerField(_("failed"), default=0)

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    read=models.F("created")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("duplicate")
                    + models.F("failed")
                ),
                name="import_run_accounts_for_every_record",
            ),
        ]

    def __str__(self) -> str:
        return _("import run %(number)s") % {"number": self.pk}


class RecordOutcome(models.TextChoices):
    FAILED = "failed", _("refused")
    DUPLICATE = "duplicate", _("duplicate")


class RefusedRecord(models.Model):
    """A record of a run that became no article, with the reason in plain words."""

    run = models.ForeignKey(
        ImportRun,
        verbose_name=_("run"),
        on_delete=models.CASCADE,
        related_name="refused_records",
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=RecordOutcome)
    input = models.CharField(_("input"), max_length=500)
    line = models.PositiveBigIntegerField(_("line"))
    reason = models.TextField(_("reason"))
    raw = models.TextField(_("record"), blank=True)

    class Meta:
        verbose_name = _("refused record")
        verbose_name_plural = _("refused records")

    def __str__(self) -> str:
        return f"{self.input}:{self.line}"

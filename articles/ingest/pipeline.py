"""An import run: read, validate, store, batch by batch, each batch a transaction.

A batch's articles, its refused records and the run's counters are committed
together, so that a run that dies at any moment has accounted for exactly what
it has written, and the same command again leads to the same database.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TextIO

from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    reset_queries,
    transaction,
)
from django.db.models import F, QuerySet
from django.utils import timezone

from articles.interruption import held_back
from articles.models import (
    Article,
    Category,
    ImportRun,
    RecordOutcome,
    RefusedRecord,
    RunState,
    Source,
    Tag,
)
from articles.names import name_key

from .entries import Entry, Record, Refused
from .known import Known
from .parse.json_records import Doubled
from .preparing import Preparing
from .reading import Found, read
from .records import Defaults, Invalid, unknown_fields
from .runs import CannotResume, Input, Options, Report, Seen
from .store import store
from .text import clean

#: Characters of a refused record that are kept with the run.
KEPT_RAW = 2000
#: Refused records that a report names; all of them are kept with the run.
SAMPLES = 20
#: Times a batch is tried when another process writes the same pieces.
ATTEMPTS = 4

#: Characters of the folded form under which a name is found again.
LONGEST_KEY = {
    name: model._meta.get_field("key").max_length or 0
    for name, model in (("source", Source), ("category", Category), ("tags", Tag))
}

Outcomes = Counter[str]


@dataclass(slots=True)
class Batch:
    """Records read and not yet committed, each with the name of its input."""

    entries: list[tuple[str, Entry]] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    refused: list[tuple[str, Refused, RecordOutcome]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries) + len(self.known) + len(self.refused)


class Run:
    """One import run in progress."""

    def __init__(
        self,
        options: Options,
        *,
        arriving: Callable[[list[Article], ImportRun], AbstractContextManager[None]]
        | None = None,
        on_progress: Callable[[Report], None] | None = None,
        errors: TextIO | None = None,
        workers: int | None = None,
    ) -> None:
        self.options, self.workers = options, workers
        #: What is done with new articles around the writing of them.
        self.arriving = arriving or (lambda articles, run: nullcontext())
        self.on_progress = on_progress or (lambda report: None)
        self.errors = errors
        self.report = Report()
        self.started = time.monotonic()
        self.skip = 0
        self.batch = Batch()
        self.name = ""
        self.row: ImportRun
        self._last: list[RefusedRecord] = []

    def begin(self, inputs: list[Input], extra: dict[str, str]) -> None:
        """Make the run's row."""
        self.row = ImportRun.objects.create(
            inputs=[[each.name, each.fingerprint] for each in inputs],
            options=asdict(self.options) | extra,
        )
        self.report.run = self.row.pk

    def resume(self, row: ImportRun, inputs: list[Input]) -> None:
        """Go on with a run that was stopped, behind its last commit.

        Raises CannotResume if the run has ended or the inputs are others.
        """
        if row.state in {RunState.FINISHED, RunState.UNDONE}:
            raise CannotResume(f"run {row.pk} is {row.get_state_display()}")
        given = [[each.name, each.fingerprint] for each in inputs]
        if [mark for _, mark in given] != [mark for _, mark in row.inputs]:
            names = ", ".join(name for name, _ in row.inputs)
            raise CannotResume(
                f"run {row.pk} read {names}; what is given now is not the same"
            )
        self.row, self.skip = row, row.checkpoint
        self.report.run = row.pk
        for name in _COUNTERS:
            setattr(self.report, name, getattr(row, name))
        ImportRun.objects.filter(pk=row.pk).update(state=RunState.RUNNING)

    def read(self, inputs: list[Input], defaults: Defaults) -> Report:
        """Read all inputs; commits by batches; returns the report.

        What cannot be read of one input is reported, and the next one is read.
        """
        with closing(Seen()) as seen, Preparing(defaults, self.workers) as preparing:
            try:
                for each in read(inputs, self.options, defaults, preparing):
                    self._take(each, seen)
                    if self._is_over():
                        break
                self._commit()
            except BaseException:
                self._leave(RunState.STOPPED)
                raise
        self._leave(RunState.STOPPED if self.report.stopped else RunState.FINISHED)
        return self.report

    def _is_over(self) -> bool:
        read = self.report.read + len(self.batch)
        return self.report.stopped or read == self.options.limit

    def _take(self, found: Found, seen: Seen) -> None:
        item, self.name = found.item, found.name
        if found.ends_input and isinstance(item, Refused):
            place = f"{self.name}:{item.line}: {item.reason}"
            self.report.unreadable.append(place)
        entry = self._entry(found)
        before = None
        if not isinstance(entry, Refused):
            before = seen.first(entry.canonical_url, f"{self.name}:{item.line}")
        if self.skip:
            self.skip -= 1
            if isinstance(entry, Refused):
                # Its outcome is committed; the errors file is written anew.
                self._write_error(entry)
            return
        if isinstance(entry, Refused):
            self._refuse(entry)
            self.report.stopped = self.options.fail_fast
        elif before:
            reason = f"the same address was read before, at {before}"
            self._refuse(_as_refused(entry, item, reason), RecordOutcome.DUPLICATE)
        elif isinstance(entry, Known):
            self.batch.known.append(entry)
        else:
            self.batch.entries.append((self.name, entry))
        if len(self.batch) >= self.options.batch_size:
            self._commit()

    def _entry(self, found: Found) -> Entry | Known | Refused:
        item, entry = found.item, found.outcome
        assert entry is not None
        if isinstance(item, Refused):
            return item
        for name in map(_shown, unknown_fields(item)):
            if name not in self.report.unknown and len(self.report.unknown) < SAMPLES:
                self.report.unknown.append(name)
        if not isinstance(entry, Entry):
            return entry
        try:
            _check_names(entry)
        except Invalid as error:
            return Refused(item.line, str(error), item.data, item.raw)
        return entry

    def _refuse(
        self, refused: Refused, outcome: RecordOutcome = RecordOutcome.FAILED
    ) -> None:
        self.batch.refused.append((self.name, refused, outcome))

    def _commit(self) -> None:
        """Write the batch and account for it; all of it or nothing."""
        batch, self.batch = self.batch, Batch()
        if batch:
            with held_back():
                outcomes = self._written(batch)
                self._account(batch, outcomes)
            reset_queries()  # DEBUG keeps every statement, with the texts in it

    def _written(self, batch: Batch) -> Outcomes:
        """What became of each record; tried again where another process was faster."""
        attempt = 1
        while True:
            try:
                with transaction.atomic():
                    return self._write(batch)
            except (IntegrityError, OperationalError):
                # Another process stores the same pieces at this moment: what
                # is new to it will be known to the next attempt.
                if attempt == ATTEMPTS:
                    raise
                time.sleep(0.05 * attempt)
                attempt += 1

    def _account(self, batch: Batch, outcomes: Outcomes) -> None:
        self.row.checkpoint += len(batch)
        for name in _COUNTERS:
            setattr(self.report, name, getattr(self.report, name) + outcomes[name])
        self.report.here += len(batch)
        self.report.seconds = time.monotonic() - self.started
        self._write_errors(batch)
        self._sample()
        self.on_progress(self.report)

    def _write(self, batch: Batch) -> Outcomes:
        entries = [entry for _, entry in batch.entries]
        stored = store(
            entries,
            known=batch.known,
            run=self.row,
            arriving=lambda articles: self.arriving(articles, self.row),
        )
        rows = [
            RefusedRecord(
                run=self.row,
                outcome=outcome,
                input=name[:500],
                line=refused.line,
                reason=refused.reason,
                raw=_storable(refused.raw),
            )
            for name, refused, outcome in batch.refused
        ] + [
            RefusedRecord(
                run=self.row,
                outcome=RecordOutcome.DUPLICATE,
                input=name[:500],
                line=entry.line,
                reason=stored.duplicates[entry.canonical_url],
                raw=entry.url,
            )
            for name, entry in batch.entries
            if entry.canonical_url in stored.duplicates
        ]
        RefusedRecord.objects.bulk_create(rows)
        self._last = rows
        outcomes = Counter(str(RecordOutcome(row.outcome).value) for row in rows)
        outcomes |= Counter(
            read=len(batch),
            created=len(stored.created),
            updated=len(stored.updated),
            unchanged=stored.unchanged,
        )
        kept = (
            self._own_row()
            .filter(state=RunState.RUNNING)
            .update(
                checkpoint=F("checkpoint") + len(batch),
                **{name: F(name) + outcomes[name] for name in _COUNTERS},
            )
        )
        if not kept:
            raise CannotResume(f"another process has taken up run {self.row.pk}")
        return outcomes

    def _own_row(self) -> QuerySet:
        """The run's row, as long as nobody else has gone on with it."""
        mine = {"pk": self.row.pk, "checkpoint": self.row.checkpoint}
        return ImportRun.objects.filter(**mine)

    def _write_errors(self, batch: Batch) -> None:
        for _name, refused, outcome in batch.refused:
            if outcome == RecordOutcome.FAILED:
                self._write_error(refused)

    def _write_error(self, refused: Refused) -> None:
        if self.errors:
            self.errors.write(_error_line(refused) + "\n")
            self.errors.flush()

    def _sample(self) -> None:
        """Keep the first refused records for the report."""
        room = SAMPLES - len(self.report.samples)
        self.report.samples += [
            f"{row.input}:{row.line}: {row.get_outcome_display()}: {clean(row.reason)}"
            for row in self._last[:room]
        ]

    def _leave(self, state: RunState) -> None:
        self.report.seconds = time.monotonic() - self.started
        ended = {"state": state, "finished_at": timezone.now()}
        try:
            self._own_row().update(**ended)
        except DatabaseError:
            if state == RunState.FINISHED:
                raise
            # Cut off in the middle of a question, a connection answers no other.
            connection.close()
            # Where it was the database that stopped the run, its row goes on saying
            # "running", and a resume takes it up all the same.
            with suppress(DatabaseError):
                self._own_row().update(**ended)


_COUNTERS = ("read", "created", "updated", "unchanged", "duplicate", "failed")


def _check_names(entry: Entry) -> None:
    """Raise Invalid for a name that cannot be found again: its key is too long.

    Folded, one character may become many (U+FDFA: 15).
    """
    names = [("source", entry.source), ("category", entry.category)]
    for name, text in [*names, *(("tags", tag) for tag in entry.tags)]:
        if len(name_key(text)) > LONGEST_KEY[name]:
            raise Invalid(f"{name}: “{text[:40]}” is too long, spelled out")


def _shown(name: str) -> str:
    """A field's name from outside, fit for a terminal."""
    return clean(name)[:50]


def _as_refused(entry: Entry | Known, item: Record | Refused, reason: str) -> Refused:
    raw = item.raw[:KEPT_RAW] or entry.canonical_url
    return Refused(item.line, reason, item.data, raw)


def _storable(raw: str) -> str:
    """What both databases can keep of hostile text: no NUL, no lone surrogate."""
    return raw[:KEPT_RAW].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _error_line(refused: Refused) -> str:
    """A refused record as a line that can be corrected and fed back.

    Until then it is refused for the same reason: what is given twice, still is.
    """
    marks: dict[str, object] = {"line": refused.line, "reason": refused.reason}
    fields = refused.data or {"raw": refused.raw}
    kept = [(name, value) for name, value in fields.items() if name not in marks]
    record = Doubled([*kept, *marks.items()])
    return json.dumps(record, ensure_ascii=True, default=str)


def import_records(
    inputs: list[Input],
    run: Run,
    defaults: Defaults,
    *,
    dry_run: bool = False,
    resume: ImportRun | None = None,
    extra: dict[str, str] | None = None,
) -> Report:
    """Import all records of ``inputs``; the one way in for files and streams.

    A dry run is the real run, rolled back at its end. Raises CannotResume, and
    what the database raises when it cannot be written to.
    """
    if not dry_run:
        if resume:
            run.resume(resume, inputs)
        else:
            run.begin(inputs, extra or {})
        return run.read(inputs, defaults)
    with transaction.atomic():
        run.begin(inputs, extra or {})
        report = run.read(inputs, defaults)
        transaction.set_rollback(True)
    return replace(report, run=None)

import datetime
import io
import tracemalloc
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from articles import search
from articles.ingest import pipeline
from articles.ingest.entries import LIMITS
from articles.ingest.pipeline import Run, import_records
from articles.ingest.records import Defaults
from articles.ingest.runs import CannotResume, Input, Options, Seen
from articles.models import (
    Act,
    Article,
    Change,
    Edition,
    ImportRun,
    RefusedRecord,
    RunState,
    Tag,
)
from articles.tagging import index
from articles.workflow import move_many, publish_as_dated
from tests.commands.invocation import ndjson, record

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DEFAULTS = Defaults(source="", date_format=None, zone=datetime.UTC, now=NOW)


def an_input(records, name="pieces.ndjson"):
    return Input(name, io.BytesIO(ndjson(records)))


def imported(*records, **options):
    run = Run(Options(**options))
    return import_records([an_input(records)], run, DEFAULTS)


def test_every_record_has_one_outcome_and_the_run_accounts_for_it():
    imported(record(1))
    records = [record(1), record(1, title="New"), record(2), record(3, title="")]
    report = imported(*records, record(4, url="https://ledger.example/2/"))
    run = ImportRun.objects.get(pk=report.run)
    for name in ("read", "created", "updated", "unchanged", "duplicate", "failed"):
        assert getattr(run, name) == getattr(report, name)
    assert (run.state, run.checkpoint) == (RunState.FINISHED, 5)
    assert (run.created, run.unchanged, run.duplicate, run.failed) == (1, 1, 2, 1)


class Failing:
    """Stands behind the writing of new pieces and fails a number of times."""

    def __init__(self, times, error):
        self.times, self.error = times, error

    @contextmanager
    def __call__(self, articles, run):
        yield
        if self.times:
            self.times -= 1
            raise self.error


@pytest.mark.parametrize("error", [IntegrityError("taken"), OperationalError("locked")])
def test_a_batch_that_meets_another_process_is_tried_again(error):
    run = Run(Options(), arriving=Failing(pipeline.ATTEMPTS - 1, error))
    report = import_records([an_input([record(1), record(2)])], run, DEFAULTS)
    assert report.created == Article.objects.count() == 2
    assert ImportRun.objects.get().created == 2


def test_a_batch_that_always_fails_stops_the_run_behind_the_last_commit():
    class Later(Failing):
        @contextmanager
        def __call__(self, articles, run):
            yield
            if Article.objects.count() > 2:
                raise OperationalError("the disk is full")

    records = [record(n) for n in range(6)]
    run = Run(Options(batch_size=2), arriving=Later(0, None))
    with pytest.raises(OperationalError):
        import_records([an_input(records)], run, DEFAULTS)
    row = ImportRun.objects.get()
    assert (row.state, row.checkpoint, Article.objects.count()) == ("stopped", 2, 2)
    again = Run(Options(batch_size=2))
    report = import_records([an_input(records)], again, DEFAULTS, resume=row)
    assert (report.created, report.read) == (6, 6)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_whatever_ends_a_run_leaves_its_row_as_stopped(error):
    run = Run(Options(batch_size=1), arriving=Failing(1, error()))
    with pytest.raises(error):
        import_records([an_input([record(1)])], run, DEFAULTS)
    assert ImportRun.objects.get().state == RunState.STOPPED
    assert not Article.objects.exists()


def test_a_resumed_run_knows_the_addresses_it_has_read_before():
    records = [record(1), record(2, title=""), record(1)]
    report = imported(*records, fail_fast=True, batch_size=1)
    row = ImportRun.objects.get()
    assert row.checkpoint == report.read == 2
    run = Run(Options(batch_size=1))
    done = import_records([an_input(records)], run, DEFAULTS, resume=row)
    assert (done.read, done.duplicate, done.unchanged) == (3, 1, 0)


def test_a_dry_run_reports_the_same_and_keeps_nothing():
    records = [record(1), record(2, title=""), record(1)]
    run = Run(Options())
    dry = import_records([an_input(records)], run, DEFAULTS, dry_run=True)
    assert (dry.run, dry.read, dry.created, dry.failed, dry.duplicate) == (
        None,
        3,
        1,
        1,
        1,
    )
    assert not ImportRun.objects.exists() and not RefusedRecord.objects.exists()


def test_seen_remembers_where_an_address_was_first():
    seen = Seen()
    assert seen.first("https://a.example/", "a:1") is None
    assert seen.first("https://a.example/", "b:2") == "a:1"
    assert seen.first("https://b.example/", "b:3") is None
    seen.close()


def test_a_file_is_known_again_by_its_beginning_and_its_size(tmp_path):
    path = tmp_path / "pieces.ndjson"
    path.write_bytes(b"x" * 100)

    def mark():
        return Input(str(path), io.BytesIO()).fingerprint

    first = mark()
    path.write_bytes(b"x" * 101)
    assert mark() != first
    path.write_bytes(b"y" * 100)
    assert mark() != first
    assert Input("-", io.BytesIO()).fingerprint == ""


def test_memory_stays_flat_however_long_the_file_is():
    body = "<p>" + "word " * (LIMITS["body"] // 100) + "</p>"

    def peak(count):
        records = ndjson(record(n, body=body, title="") for n in range(count))
        run = Run(Options(batch_size=10))
        tracemalloc.start()
        import_records([Input("x.ndjson", io.BytesIO(records))], run, DEFAULTS)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(200) < 2 * peak(20)


def test_of_two_processes_that_resume_a_run_one_goes_on():
    records = [record(n) for n in range(6)]
    first, second = Run(Options(batch_size=2)), Run(Options(batch_size=2))
    first.begin([an_input(records)], {})
    second.resume(ImportRun.objects.get(), [an_input(records)])
    assert first.read([an_input(records)], DEFAULTS).created == 6
    with pytest.raises(CannotResume, match="another process"):
        second.read([an_input(records)], DEFAULTS)
    row = ImportRun.objects.get()
    assert (row.state, row.checkpoint, row.created) == (RunState.FINISHED, 6, 6)
    assert Article.objects.count() == 6


def test_pieces_that_come_in_published_are_as_if_published_afterwards():
    def publish(articles, run):
        return publish_as_dated(articles, actor="run")

    said = {"published": "2026-03-01T09:30:00+09:00", "tags": ["Japan"]}
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    records = [record(n, **said) for n in range(2)]
    ahead = record(2, published=tomorrow.isoformat())
    run = Run(Options(), arriving=publish)
    import_records([an_input([*records, ahead])], run, DEFAULTS)
    imported(*[record(n, **said) for n in range(3, 5)])
    afterwards = Article.objects.filter(status="ingested")
    at = afterwards.first().source_published_at
    ids = list(afterwards.values_list("pk", flat=True))
    move_many(ids, "publish", by=None, actor="run", at=at)

    facts = ("kind", "by", "by_name", "reason", "pieces")
    assert list(Act.objects.order_by("pk").values_list(*facts)) == [
        ("publish", None, "run", "", 3),
        ("publish", None, "run", "", 2),
    ]
    told, announced, later = (
        Change.objects.get(number=Article.objects.get(url__endswith=f"/{n}").pk)
        for n in (0, 2, 3)
    )
    assert (told.before, told.after) == (later.before, later.after)
    assert (told.version, told.article.version) == (later.version, 1)
    assert told.headline == told.article.source_headline
    assert told.article.published_at == told.article.source_published_at
    assert announced.article.published_at < announced.article.source_published_at
    assert not any({**index.differences(), **search.check()}.values())


def test_pieces_that_come_in_published_have_no_editions_of_their_own():
    def publish(articles, run):
        return publish_as_dated(articles, actor=str(run))

    run = Run(Options(), arriving=publish)
    records = [record(n, tags=["Japan"]) for n in range(3)]
    import_records([an_input(records)], run, DEFAULTS)
    names = set(Edition.objects.values_list("name", flat=True))
    assert {"tags/japan", "everything"} < names
    assert not [name for name in names if name.startswith("articles/")]
    assert Tag.objects.get().listed_count == 3
    assert not any({**index.differences(), **search.check()}.values())

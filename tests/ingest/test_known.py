import datetime
import io

import pytest
from django.utils import timezone

from articles.ingest.known import FIRST
from articles.ingest.pipeline import Run, import_records
from articles.ingest.records import Defaults
from articles.ingest.runs import Input, Options
from articles.models import Article, SourceChange
from tests.commands.invocation import ndjson, record

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def imported(*records, zone=datetime.UTC):
    run = Run(Options())
    defaults = Defaults(source="", date_format=None, zone=zone, now=NOW)
    given = [Input("pieces.ndjson", io.BytesIO(ndjson(records)))]
    return import_records(given, run, defaults)


def outcomes(report):
    return report.created, report.updated, report.unchanged, report.duplicate


def test_a_record_read_again_word_for_word_is_not_looked_at_closely():
    imported(record(1))
    # Nothing of ours does this; what stays tells that the record was not compared.
    Article.objects.update(source_headline="Else", source_digest="v1:")
    assert outcomes(imported(record(1))) == (0, 0, 1, 0)
    assert Article.objects.get().source_headline == "Else"


@pytest.mark.parametrize(
    "columns",
    [{"edited_at": timezone.now()}, {"record_digest": ""}],
    ids=["a person touched it", "something else was read since"],
)
def test_a_piece_that_may_be_another_by_now_is(columns):
    imported(record(1))
    Article.objects.update(source_headline="Else", source_digest="v1:", **columns)
    imported(record(1))
    article, change = Article.objects.get(), SourceChange.objects.get()
    assert change.after["source_headline"] == record(1)["title"]
    assert (article.source_headline == "Else") == bool(article.edited_at)


def test_the_same_text_read_in_another_zone_is_another_record():
    piece = record(1, published="2026-03-01T09:30:00")
    imported(piece)
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    assert outcomes(imported(piece, zone=tokyo)) == (0, 1, 0, 0)


def test_an_older_file_after_a_newer_one_is_read_as_before():
    old, new = record(1, title="Old"), record(1, title="New")
    for piece in (old, new, old):
        imported(piece)
        assert Article.objects.get().source_headline == piece["title"]


def test_a_piece_from_before_is_known_once_it_was_read_again():
    imported(record(1))
    Article.objects.update(record_digest="")
    assert outcomes(imported(record(1))) == (0, 0, 1, 0)
    assert Article.objects.get().record_digest


def test_an_id_that_a_known_record_has_too_moves_no_piece():
    first = record(1, external_id="same")
    imported(first, *[record(n, external_id=f"{n}") for n in range(2, 30)])
    other = first | {"url": "https://ledger.example/moved"}
    assert outcomes(imported(first, other)) == (1, 0, 1, 0)
    assert Article.objects.filter(canonical_url__endswith="/1").exists()


def test_a_known_record_twice_in_a_run_is_a_duplicate():
    imported(record(1))
    assert outcomes(imported(record(1), record(1))) == (0, 0, 1, 1)


def test_where_the_first_of_a_lot_are_new_the_others_are_looked_at_closely():
    known = [record(number) for number in range(5)]
    imported(*known)
    new = [record(number) for number in range(100, 100 + FIRST)]
    # The new ones in front hide that the others are known: it is told all the same.
    assert outcomes(imported(*new, *known)) == (FIRST, 0, 5, 0)
    assert outcomes(imported(*new, *known)) == (0, 0, FIRST + 5, 0)

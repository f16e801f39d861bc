import datetime
import os
import signal

from articles.ingest.entries import Record, Refused
from articles.ingest.preparing import FEW, PART, Preparing
from articles.ingest.records import Defaults
from tests.commands.invocation import record

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DEFAULTS = Defaults(source="", date_format=None, zone=datetime.UTC, now=NOW)


def records(count, first=1):
    numbers = range(first, first + count)
    return [Record(n, record(n, title="" if n % 7 == 0 else "A"), "") for n in numbers]


def test_outcomes_come_in_the_order_of_their_records():
    with Preparing(DEFAULTS, workers=2) as preparing:
        first = list(preparing.begin_all(records(FEW))())
        assert preparing.ahead == 0
        rest = preparing.begin_all(records(3 * PART + 1, first=FEW + 1))
        assert preparing.ahead > 0
        outcomes = [*first, *rest()]
    assert [each.line for each in outcomes] == list(range(1, FEW + 3 * PART + 2))
    refused = [each.line for each in outcomes if isinstance(each, Refused)]
    assert refused == [n for n in range(1, FEW + 3 * PART + 2) if n % 7 == 0]


def test_what_a_killed_worker_had_in_hand_is_prepared_all_the_same():
    with Preparing(DEFAULTS, workers=2) as preparing:
        list(preparing.begin_all(records(FEW))())
        outcomes = preparing.begin_all(records(4 * PART))
        for pid in list(preparing._pool._processes):
            os.kill(pid, signal.SIGKILL)
        assert [each.line for each in outcomes()] == list(range(1, 4 * PART + 1))
        assert [each.line for each in preparing.begin_all(records(3))()] == [1, 2, 3]


def test_a_piece_without_summary_has_its_excerpt_already():
    plain = Record(1, record(1, body="<p>One two.</p>") | {"summary": ""}, "")
    with Preparing(DEFAULTS, workers=0) as preparing:
        [entry] = preparing.begin_all([plain])()
    assert (entry.summary, entry.derived_excerpt) == ("", "One two.")

"""Imports that are killed, interrupted or run twice at once, as real processes."""

import json
import random
import signal
import time
from pathlib import Path

import pytest
from django.core.management import execute_from_command_line

from articles.models import Article, ImportRun, RefusedRecord, RunState
from tests.commands.invocation import COUNTS, ndjson, record, run_process
from tests.commands.scratch import (
    Scratch,
    ended,
    scratch_from,
    until,
)


def committed(scratch: Scratch) -> int:
    """How many records of the newest run are committed."""
    run = ImportRun.objects.using(scratch.alias).order_by("-pk").first()
    return run.checkpoint if run else 0


MOMENTS = 10
GOOD = 160
SUBJECTS = ["Alliance", "Energy", "Harbours", "Research", "Schools", "Trade"]


def a_record(number: int) -> dict[str, object]:
    """One of GOOD records; they share tags, 4 sources and 3 categories."""
    tags = [SUBJECTS[number % 6], SUBJECTS[number % 5]]
    return record(
        number,
        title=f"Piece {number} on {SUBJECTS[(number + 1) % 6]}",
        source=f"Source {number % 4}",
        category=["Business", "Politics", None][number % 3],
        tags=tags,
    )


RECORDS = [a_record(number) for number in range(GOOD)]
#: A refused record and a duplicate after every 40.
MIXED = [
    each
    for number, good in enumerate(RECORDS)
    for each in (
        [good, record(9000 + number, title=None), good] if number % 40 == 39 else [good]
    )
]


IMPORT = ("import_articles", "--batch-size=5", "--format=json")
#: Pieces that wait get suggestions; pieces that are published get listed.
PUBLISH = (*IMPORT, "--status=published")
PIPE = ("--input-format=ndjson", "-")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pieces") / "some pieces.ndjson"
    path.write_bytes(ndjson(MIXED))
    return path


@pytest.fixture(scope="module")
def undisturbed(template, file, tmp_path_factory, django_db_blocker):
    """What the database holds, by command, when nothing disturbed it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    held = {}
    for command in (IMPORT, PUBLISH):
        with django_db_blocker.unblock(), scratch_from(template, folder) as made:
            done = made.run(*command, file)
            assert (done.code, done.counts["created"]) == (1, GOOD)
            held[command] = made.contents()
    assert len(held[IMPORT]["TagSuggestion"]) > GOOD // 2
    assert all(listed for _, _, listed in held[PUBLISH]["Tag"])
    return held


def kill_at_moments(scratch: Scratch, moments: list[int], start) -> None:
    """Kill -9 a command again and again, each time when more records are done.

    It reads a pipe that stays open, so that it cannot be done before it is killed.
    """
    chance = random.Random(11)
    for moment in moments:
        process = start()
        process.stdin.write(ndjson(MIXED))
        process.stdin.flush()
        until(lambda moment=moment: scratch.articles() >= moment, process)
        time.sleep(chance.random() * 0.02)
        process.kill()
        died = ended(process)
        assert died.code == -signal.SIGKILL
        assert "Traceback" not in died.err
        assert_nothing_is_half_written(scratch)


def assert_nothing_is_half_written(scratch: Scratch) -> None:
    runs = ImportRun.objects.using(scratch.alias)
    for run in runs:
        assert run.checkpoint == run.read
        assert run.refused_records.using(scratch.alias).count() == (
            run.failed + run.duplicate
        )
    assert sum(run.created for run in runs) == scratch.articles()
    wanted = {each["url"]: len(set(each["tags"])) for each in RECORDS}
    for article in Article.objects.using(scratch.alias).prefetch_related("tags"):
        assert article.status == runs[0].options["status"]
        assert len(article.tags.all()) == wanted[article.url]


def moments() -> list[int]:
    chance = random.Random(7)
    return [0, *sorted(chance.sample(range(1, GOOD - 20), MOMENTS - 1))]


def test_a_killed_import_is_repaired_by_the_same_command(scratch, file, undisturbed):
    kill_at_moments(scratch, moments(), lambda: scratch.start(*PUBLISH, *PIPE))
    done = scratch.run(*PUBLISH, file)
    assert done.code == 1
    assert done.json["created"] + done.json["unchanged"] == GOOD
    assert scratch.contents() == undisturbed[PUBLISH]
    check = scratch.run("check_listing", "--format=json")
    assert (check.code, check.json["rows"], check.json["counts"]) == (0, 0, 0)


def test_a_killed_import_can_be_resumed_behind_its_last_commit(scratch, undisturbed):
    def start():
        runs = ImportRun.objects.using(scratch.alias)
        resume = ["--resume", runs.get().pk] if runs.exists() else []
        return scratch.start(*IMPORT, *PIPE, *resume)

    kill_at_moments(scratch, moments()[1:], start)
    run = ImportRun.objects.using(scratch.alias).get()
    assert run.state == RunState.RUNNING
    resume = ("import_articles", "-", "--resume", run.pk, "--format=json")
    done = scratch.run(*resume, stdin=ndjson(MIXED))
    counts = {"created": GOOD, "duplicate": 4, "failed": 4}
    assert done.counts == {"read": GOOD + 8} | counts
    assert done.json["run"] == run.pk
    assert scratch.contents() == undisturbed[IMPORT]
    lines = RefusedRecord.objects.using(scratch.alias).values_list("line", flat=True)
    assert len(lines) == len(set(lines)) == 8


def test_an_import_that_is_killed_over_its_suggestions_is_repaired(
    scratch, file, undisturbed
):
    process = scratch.start(*IMPORT, file)
    finished = ImportRun.objects.using(scratch.alias).filter(state=RunState.FINISHED)
    until(finished.exists, process)
    process.kill()
    ended(process)
    assert scratch.run(*IMPORT, file).counts["unchanged"] == GOOD
    assert scratch.contents() == undisturbed[IMPORT]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_an_import_is_told_how_to_go_on(scratch, undisturbed, sent):
    process = scratch.start(*IMPORT, *PIPE)
    assert process.stdin
    process.stdin.write(ndjson(MIXED[:20]))
    process.stdin.flush()
    until(lambda: committed(scratch) >= 15, process)
    process.send_signal(sent)
    stopped = ended(process)
    assert (stopped.code, stopped.out) == (130, ""), stopped.err
    assert "Traceback" not in stopped.err
    run = ImportRun.objects.using(scratch.alias).get()
    assert run.state == RunState.STOPPED
    assert run.checkpoint >= 15
    resume = f"import_articles - --resume {run.pk}"
    assert f"go on with: manage.py {resume}" in stopped.err
    done = scratch.run(*resume.split(), "--format=json", stdin=ndjson(MIXED))
    assert done.counts["created"] == GOOD
    assert scratch.contents() == undisturbed[IMPORT]


def test_ctrl_c_in_a_dry_run_leaves_nothing(scratch, file):
    process = scratch.start(*IMPORT, "--dry-run", "--input-format=ndjson", "-")
    assert process.stdin
    # More than a pipe holds: the command reads when the last of it is written.
    process.stdin.write(ndjson(RECORDS * 8))
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    stopped = ended(process)
    assert stopped.code == 130
    assert "Nothing was written" in stopped.err
    assert not ImportRun.objects.using(scratch.alias).exists()


def test_two_imports_at_once_store_each_piece_once(scratch, tmp_path):
    forth, back = tmp_path / "forth.ndjson", tmp_path / "back.ndjson"
    forth.write_bytes(ndjson(RECORDS[:110]))
    back.write_bytes(ndjson(reversed(RECORDS[50:])))
    processes = [scratch.start(*PUBLISH, path) for path in (forth, back)]
    both = [ended(process) for process in processes]
    for done in both:
        assert "Traceback" not in done.err
        assert done.code == 0, done.err
    totals = {name: sum(done.json[name] for done in both) for name in COUNTS}
    assert totals == {
        "read": 220,
        "created": GOOD,
        "updated": 0,
        "unchanged": 60,
        "duplicate": 0,
        "failed": 0,
    }
    held = scratch.contents()
    assert len(held["Article"]) == GOOD
    assert len({url for url, *_ in held["Article"]}) == GOOD
    assert [name for name, *_ in held["Tag"]] == SUBJECTS
    assert len(held["Source"]) == 4
    check = scratch.run("check_listing", "--format=json")
    assert (check.code, check.json["rows"], check.json["counts"]) == (0, 0, 0)


def test_data_goes_to_stdout_and_all_else_to_stderr(scratch, file):
    done = scratch.run(*IMPORT, "--limit=10", file)
    assert done.code == 0
    assert json.loads(done.out)["created"] == 10
    assert done.out.count("\n") == 1
    assert "read 10, created 10" in done.err
    exported = scratch.run("export_articles")
    assert len([json.loads(line) for line in exported.out.splitlines()]) == 10
    assert "10 articles" in exported.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["import_articles", "x", "--status=spiked"],
        ["import_articles", "x", "--limit=many"],
        ["import_articles", "x", "--input-format=xlsx"],
        ["import_articles", "x", "--unknown"],
        ["undo_import"],
        ["undo_import", "one"],
        ["import_sources"],
        ["export_articles", "--format=xlsx"],
        ["merge_tags", "x"],
        ["rename_tag", "x"],
        ["check_listing", "x"],
    ],
    ids=" ".join,
)
def test_arguments_that_are_none_end_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        execute_from_command_line(["manage.py", *arguments])
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert "usage: manage.py" in err


def test_wrong_usage_ends_with_2_and_says_why_on_stderr(scratch, file):
    done = scratch.run("import_articles", file, "--date-format=nonsense")
    assert (done.code, done.out) == (2, "")
    assert "--date-format: “nonsense” has no year" in done.err


def test_a_database_that_is_not_there_ends_with_4(tmp_path, file):
    for path in (tmp_path / "no folder" / "db.sqlite3", tmp_path / "empty.sqlite3"):
        url = f"sqlite:///{path}"
        done = run_process("import_articles", file, database_url=url)
        assert (done.code, done.out) == (4, "")
        assert "database failed" in done.err

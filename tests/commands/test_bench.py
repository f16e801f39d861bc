"""What is measured is measured by ``tests.bench``; the command leads to it."""

import pytest

from articles.management.commands import bench

from .invocation import invoke


def test_a_part_gets_its_own_options(capfd: pytest.CaptureFixture[str]) -> None:
    done = invoke("bench", "admin", "--help")

    assert done.code == 0
    assert "--waiting" in capfd.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["admin", "--nothing"]])
def test_what_is_no_part_and_no_option_is_wrong_usage(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert invoke("bench", *arguments).code == 2
    assert "nothing" in capfd.readouterr().err


def test_what_cannot_be_measured_is_told_in_a_line(
    capfd: pytest.CaptureFixture[str],
) -> None:
    nowhere = "postgres://nobody@127.0.0.1:9/nothing"

    assert invoke("bench", "bulk", "--url", nowhere).code == 4

    told = capfd.readouterr().err
    assert told.startswith("bench bulk: OperationalError: ")
    assert "Traceback" not in told


def test_without_the_scenarios_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench, "SCENARIOS", "deployed.without")

    done = invoke("bench")

    assert done.code == 4
    assert "deployed.without" in done.err
    assert "make bench" in done.err

"""Who ends a command by Ctrl-C ends it at a seam."""

import signal
import threading

import pytest
from django.db import DatabaseError

from articles.interruption import SIGNALS, held_back
from articles.management.command import was_interrupted


@pytest.fixture(params=SIGNALS, ids=lambda number: number.name)
def number(request: pytest.FixtureRequest):
    """A signal that interrupts, as it does in a command."""
    before = signal.signal(request.param, signal.default_int_handler)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_waits_until_the_batch_is_written(number):
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(number)
        done.append("written")
    assert done == ["written"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_second_signal_waits_for_nothing(number):
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append("written")
    assert done == []
    assert signal.getsignal(number) is signal.default_int_handler


def test_without_a_signal_nothing_is_changed(number):
    with held_back():
        assert signal.getsignal(number) is not signal.default_int_handler
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_signal_that_is_ignored_stays_so(number):
    signal.signal(number, signal.SIG_IGN)
    with held_back():
        signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN


def test_what_fails_meanwhile_is_what_is_told(number):
    with pytest.raises(DatabaseError), held_back():
        signal.raise_signal(number)
        raise DatabaseError


def test_another_thread_hears_no_signals_and_changes_none(number):
    seen = []

    def work() -> None:
        with held_back():
            seen.append(signal.getsignal(number))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_a_database_that_fails_of_an_interruption_is_told_as_one():
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise DatabaseError("can't change 'autocommit' now")
    except DatabaseError as error:
        assert was_interrupted(error)
    assert not was_interrupted(DatabaseError("the disk is full"))

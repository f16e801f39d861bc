import os
import signal
from functools import partial

from articles.processes import Processes
from articles.tagging.phrases import PhraseBook, first_matches

BOOK = PhraseBook([("Japan US Alliance", 7), ("Trade", 8)])
WORK = partial(first_matches, BOOK)
PIECES = [("", "Trade talks"), ("The Japan-U.S. alliance", "and trade"), ("None",)]


def test_processes_find_what_is_found_without_them():
    here = WORK(PIECES)
    assert [sorted(found) for found in here] == [[8], [7, 8], []]
    with Processes(WORK, few=0, number=2) as processes:
        outcomes = [processes.begin(PIECES[at:]) for at in range(3)]
        assert processes.are_running
        assert [each() for each in outcomes] == [here, here[1:], here[2:]]


def test_few_things_are_done_without_processes():
    with Processes(WORK, few=3, number=2) as processes:
        assert processes.begin(PIECES)() == WORK(PIECES)
        assert not processes.are_running
        processes.begin(PIECES)
        assert processes.are_running


def test_what_a_killed_process_had_in_hand_is_done_here():
    with Processes(WORK, few=0, number=2) as processes:
        outcomes = [processes.begin(PIECES) for _ in range(50)]
        for pid in list(processes._pool._processes):
            os.kill(pid, signal.SIGKILL)
        assert all(each() == WORK(PIECES) for each in outcomes)
        assert not processes.are_running

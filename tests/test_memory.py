"""What a process keeps in its own memory."""

import threading

from newsroom.memory import Memory


def test_a_value_is_given_as_it_is():
    memory = Memory[list](room=2, seconds=60)
    value = ["a card"]
    assert memory.get("card") is None
    memory.set("card", value)
    assert memory.get("card") is value
    memory.clear()
    assert memory.get("card") is None


def test_what_was_asked_for_longest_ago_makes_room():
    memory = Memory[int](room=2, seconds=60)
    memory.set("one", 1)
    memory.set("two", 2)
    assert memory.get("one") == 1
    memory.set("three", 3)
    assert [memory.get(key) for key in ("one", "two", "three")] == [1, None, 3]


def test_a_value_that_is_set_again_takes_no_more_room():
    memory = Memory[int](room=2, seconds=60)
    for value in range(5):
        memory.set("one", value)
    memory.set("two", 2)
    assert (memory.get("one"), memory.get("two")) == (4, 2)


def test_a_value_is_not_given_for_longer_than_it_is_kept(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("newsroom.memory.time.monotonic", lambda: now[0])
    memory = Memory[int](room=2, seconds=60)
    memory.set("one", 1)
    now[0] += 60
    assert memory.get("one") == 1
    now[0] += 0.001
    assert memory.get("one") is None


def test_many_threads_keep_and_ask_at_once():
    memory = Memory[int](room=10, seconds=60)
    wrong = []

    def work(start: int) -> None:
        for number in range(start, start + 3_000):
            memory.set(number % 25, number % 25)
            keys = (number % 7, number % 25)
            wrong.extend(key for key in keys if memory.get(key) not in {None, key})

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sum(memory.get(key) is not None for key in range(25)) == 10

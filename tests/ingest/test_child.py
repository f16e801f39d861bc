"""The worker in which feeds are read: whatever happens in it, the parent goes on."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from articles.ingest import work
from articles.ingest.child import (
    COMMAND,
    LIMITS,
    ChildFailed,
    Children,
    NotAFeed,
    NotAPicture,
    NotExtracted,
    ParsedFeed,
)
from articles.ingest.parse import answers

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FEED = b"""<rss version="2.0"><channel><title>Ledger</title><item>
<title>Ministers meet</title><link>https://ledger.example/1</link>
</item></channel></rss>"""

#: A worker that does what it is told to: its own code, with a job that misbehaves.
FAULTY = f"""
import ctypes, os, re, signal, socket, subprocess, sys, time
sys.path.insert(0, {str(ROOT)!r})
from articles.ingest import work

read = work.JOBS["feed"]

def feed(data, about):
    order = data.decode()
    if order == "spin":
        while True:
            pass
    if order == "hold":  # the interpreter's lock, as a bad pattern does
        re.match("(a+)+$", "a" * 60 + "b")
    if order == "sleep":
        time.sleep(60)
    if order == "bomb":
        bytearray(2**30)
    if order == "segfault":
        os.kill = None
        signal.raise_signal(signal.SIGSEGV)
    if order == "exit":
        os._exit(7)
    if order == "raise":
        raise OSError("a fault of our own")
    if order == "print":
        print("noise" * 10_000, flush=True)
        print("noise" * 10_000, file=sys.stderr, flush=True)
        os.write(1, b"noise")
    if order == "large":
        return {{"text": "x" * work.MAX_FRAME}}, b""
    if order == "garbage":
        os.write(int(sys.argv[1]) if len(sys.argv) > 1 else 4, b"garbage" * 1000)
        time.sleep(60)
    if order == "huge":
        os.write(4, work._FRAME.pack(work._MARK, 2**31, 0))
        time.sleep(60)
    if order == "half":
        os.write(4, work._FRAME.pack(work._MARK, 100, 0) + b"half")
        os._exit(0)
    if order.startswith("answer "):
        return eval(order[7:]), b""
    if order.startswith("do "):
        exec(order[3:])
    return read({FEED!r}, about)

work.JOBS["feed"] = feed
work.main()
"""
FAST = replace(LIMITS, seconds=0.5)


def parse(children: Children, data: bytes = FEED) -> ParsedFeed:
    return children.parse_feed(
        data,
        url="https://ledger.example/feed",
        content_type="text/xml",
        source="The Ledger",
        now=NOW,
        zone_name="UTC",
    )


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children() as made:
        yield made


@pytest.fixture(scope="module")
def faulty() -> Iterator[Children]:
    with Children(limits=FAST, command=[sys.executable, "-B", "-c", FAULTY]) as made:
        yield made


def workers() -> set[int]:
    """The processes that this one has started and not yet buried."""
    found = set()
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):  # the thread has ended meanwhile
            found |= {int(pid) for pid in children.read_text().split()}
    return found


@pytest.mark.parametrize(
    ("order", "kind", "reason"),
    [
        ("spin", "timeout", "longer than 0.5 seconds"),
        ("hold", "timeout", "longer than 0.5 seconds"),
        ("bomb", "memory", "more memory than allowed"),
        ("segfault", "crashed", "brought the worker that read it down (SIGSEGV)"),
        ("exit", "crashed", "gave up (exit code 7)"),
        ("raise", "crashed", "OSError: a fault of our own"),
        ("large", "too_large", "larger than 32 MB"),
        ("garbage", "crashed", "cannot be read: it does not begin like a frame"),
        ("huge", "too_large", "larger than 32 MB"),
        ("half", "crashed", "gave up"),
    ],
)
def test_a_worker_that_fails_is_told_of_and_the_next_feed_is_fine(
    faulty: Children, order: str, kind: str, reason: str
) -> None:
    """Fault 43."""
    began = time.monotonic()
    with pytest.raises(ChildFailed) as failure:
        parse(faulty, order.encode())
    assert failure.value.kind == kind
    assert reason in failure.value.reason
    assert str(failure.value) == failure.value.reason
    assert parse(faulty, b"well").title == "Ledger"
    assert time.monotonic() - began < 5


def test_what_a_library_prints_is_not_taken_for_an_answer(faulty: Children) -> None:
    assert parse(faulty, b"print").title == "Ledger"


@pytest.mark.parametrize(
    "act",
    [
        "socket.socket()",
        "socket.getaddrinfo('localhost', 80)",
        "socket.create_connection(('127.0.0.1', 9))",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.remove('/nothing')",
        "open('/dev/shm/newsroom-worker', 'w')",
        "os.open('/dev/shm/newsroom-worker', os.O_CREAT | os.O_WRONLY)",
    ],
)
def test_a_worker_opens_no_connection_and_writes_no_file(
    faulty: Children, act: str
) -> None:
    with pytest.raises(ChildFailed, match="PermissionError: a worker") as failure:
        parse(faulty, f"do {act}".encode())
    assert failure.value.kind == "crashed"
    assert not Path("/dev/shm/newsroom-worker").exists()


def test_a_worker_has_no_secret_no_database_and_no_open_file_of_ours(
    faulty: Children, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "well kept")
    act = "do raise OSError(str([dict(os.environ), os.listdir('/proc/self/fd')]))"
    with (tmp_path / "ours").open("w") as ours, pytest.raises(ChildFailed) as failure:
        os.set_inheritable(ours.fileno(), True)
        parse(faulty, act.encode())
    told = failure.value.reason
    assert "PATH" in told
    assert "well kept" not in told
    assert "DJANGO" not in told
    # The three streams, the two pipes and the directory that is looked at.
    assert f"{[str(fd) for fd in range(6)]}" in told


def test_a_worker_knows_no_django() -> None:
    program = (
        "import sys; from articles.ingest import work, discovery;"
        "from articles.ingest.parse import feeds; from articles.images import encoding;"
        "print([name for name in sys.modules if name.startswith('django')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"entries": 3},
        {"entries": [{}]},
        {"entries": [{"url": "javascript:alert(1)"}]},
        {"entries": [{"image_url": "file:///etc/passwd"}]},
        {"entries": [{"title": "x" * 501}]},
        {"entries": [{"title": ""}]},
        {"entries": [{"title": "a\0b"}]},
        {"entries": [{"title": "\ud800"}]},
        {"entries": [{"line": -1}]},
        {"entries": [{"line": True}]},
        {"entries": [{"tags": "one"}]},
        {"entries": [{"tags": ["x"] * 51}]},
        {"entries": [{"published": "2026-03-01"}]},
        {"entries": [{"published": 7}]},
        {"site_url": "data:text/html,x"},
        {"total": "many"},
        {"ttl_minutes": 1.5},
        {"refused": [{"line": 1, "reason": 3, "data": None, "raw": ""}]},
        {"refused": [{"line": 1, "reason": "", "data": [], "raw": ""}]},
    ],
)
def test_an_answer_is_not_believed(changes: dict[str, Any]) -> None:
    answer = ANSWER | changes if changes else {}
    if isinstance(entries := changes.get("entries"), list):
        answer["entries"] = [each and ENTRY | each for each in entries]
    with pytest.raises(answers.NONSENSE):
        answers.parsed_feed(answer)


def test_an_answer_that_is_not_believed_is_the_workers_failure(
    faulty: Children,
) -> None:
    with pytest.raises(ChildFailed, match="answered nonsense") as failure:
        parse(faulty, f"answer {ANSWER | {'total': 'many'}!r}".encode())
    assert failure.value.kind == "crashed"
    assert parse(faulty, b"well").title == "Ledger"


ENTRY: dict[str, Any] = {
    "line": 1,
    "url": "https://ledger.example/1",
    "canonical_url": "https://ledger.example/1",
    "title": "Ministers meet",
    "source": "The Ledger",
    "published": "2026-03-01T09:30:00+09:00",
    "published_raw": "today",
    "category": "",
    "summary": "",
    "body": "<p>Text</p>",
    "author": "",
    "language": "",
    "external_id": "",
    "image_url": "",
    "image_caption": "",
    "image_credit": "",
    "tags": ["Japan"],
    "updated": None,
}
ANSWER: dict[str, Any] = {
    "entries": [ENTRY],
    "refused": [],
    "title": "Ledger",
    "site_url": "",
    "self_url": "",
    "ttl_minutes": 60,
    "problem": "",
    "total": 1,
    "version": "rss20",
}


def test_an_answer_that_is_right_is_believed(faulty: Children) -> None:
    (entry,) = parse(faulty, f"answer {ANSWER!r}".encode()).entries
    assert entry.published == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert entry.tags == ("Japan",)
    assert json.loads(json.dumps(answers.entry_values(entry))) == ENTRY | {
        "published": "2026-03-01T00:30:00+00:00"
    }


def test_threads_share_the_workers(faulty: Children) -> None:
    before = workers()
    with Children(size=2) as children, ThreadPoolExecutor(4) as threads:
        parsed = list(threads.map(lambda _: parse(children), range(40)))
        assert len(parsed) == 40
        assert 1 <= len(workers() - before) <= 2
    with ThreadPoolExecutor(2) as threads:
        failing = threads.submit(parse, faulty, b"spin")
        waiting = threads.submit(parse, faulty, b"well")
        assert waiting.result().title == "Ledger"
        assert isinstance(failing.exception(), ChildFailed)


def test_two_feeds_are_read_at_the_same_time_by_two_workers() -> None:
    command = [sys.executable, "-B", "-c", FAULTY]
    others, most = len(offspring()), 0

    def hang(children: Children) -> str:
        with pytest.raises(ChildFailed) as failure:
            parse(children, b"sleep")
        return failure.value.kind

    with (
        Children(2, limits=FAST, command=command) as children,
        ThreadPoolExecutor(2) as threads,
    ):
        hanging = [threads.submit(hang, children) for _ in range(2)]
        while not all(each.done() for each in hanging):
            # One after the other, the first is killed before the second starts.
            most = max(most, len(offspring()))
        assert [each.result() for each in hanging] == ["timeout", "timeout"]
    assert most - others == 2


def offspring() -> list[str]:
    """The processes that this one's threads have started and that are alive."""
    found = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # the thread has just ended
            found += task.read_text().split()
    return found


def test_workers_start_when_needed_stay_and_end_with_their_context() -> None:
    before = workers()
    with Children() as children:
        assert workers() == before
        parse(children)
        first = workers() - before
        parse(children)
        assert workers() - before == first
    assert workers() == before
    with pytest.raises(RuntimeError, match="were ended"):
        parse(children)


def test_a_worker_that_died_between_two_feeds_is_replaced() -> None:
    before = workers()
    with Children() as children:
        parse(children)
        (pid,) = workers() - before
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: state_of(pid) in {"Z", ""})
        assert parse(children).title == "Ledger"
        assert workers() - before != {pid}


def test_a_worker_is_replaced_when_it_has_done_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("articles.ingest.child.JOBS_OF_A_WORKER", 3)
    before = workers()
    seen = set()
    with Children() as children:
        for _ in range(7):
            parse(children)
            seen |= workers() - before
    assert len(seen) == 3


@pytest.mark.parametrize("order", ["well", "sleep"])
def test_a_worker_ends_when_its_parent_is_killed(order: str) -> None:
    """At once when it waits, and when it works at the end of its time."""
    program = f"""
import sys, threading, time
from dataclasses import replace
from tests.ingest.test_child import FAST, FAULTY, parse, workers
from articles.ingest.child import Children
children = Children(limits=FAST, command=[sys.executable, "-B", "-c", FAULTY])
parse(children, b"well")
print(*workers(), flush=True)
threading.Thread(target=parse, args=(children, {order.encode()!r})).start()
time.sleep(30)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert state_of(pid)
        parent.kill()
    assert until(lambda: state_of(pid) in {"Z", ""})


def until(holds: Callable[[], bool], seconds: float = 4) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def state_of(pid: int) -> str:
    """One letter, "" where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_worker_starts_in_well_under_a_second_and_is_quick_then() -> None:
    with Children() as children:
        began = time.monotonic()
        parse(children)
        assert time.monotonic() - began < 2
        began = time.monotonic()
        for _ in range(20):
            parse(children)
        assert time.monotonic() - began < 1


def test_a_page_is_no_feed_and_its_feeds_are_told_of(children: Children) -> None:
    """Fault 35."""
    page = b"<html><link rel=alternate type=application/rss+xml href=/rss></html>"
    with pytest.raises(NotAFeed, match="a web page, not a feed") as refusal:
        parse(children, page)
    assert refusal.value.feeds == ["https://ledger.example/rss"]


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind)
    return out.getvalue()


def test_a_picture_is_encoded_anew(children: Children) -> None:
    encoded = children.encode_picture(picture("PNG"))
    assert (encoded.width, encoded.height) == (64, 48)
    assert encoded.colour.startswith("#")
    with Image.open(io.BytesIO(encoded.jpeg)) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (64, 48)


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload='alert(1)'/>", picture("PNG")[:60], picture("BMP")]
)
def test_what_is_no_picture_is_refused(children: Children, data: bytes) -> None:
    with pytest.raises(NotAPicture) as refusal:
        children.encode_picture(data)
    assert str(refusal.value)


def test_a_job_that_is_too_large_to_send_is_told_of(children: Children) -> None:
    with pytest.raises(ChildFailed) as failure:
        parse(children, b" " * (work.MAX_FRAME + 1))
    assert failure.value.kind == "too_large"
    assert parse(children).title == "Ledger"


def test_frames_are_read_as_they_were_written() -> None:
    reader, writer = os.pipe()
    work.send(writer, {"a": "ü\ud800"}, b"\0payload")
    assert work.receive(reader) == ({"a": "ü\ud800"}, b"\0payload")
    os.write(writer, work._FRAME.pack(b"NR1\n", 2, 0) + b"[]")
    with pytest.raises(work.BadFrame, match="no object"):
        work.receive(reader)
    os.write(writer, work._FRAME.pack(b"NR1\n", 2, 0) + b"{]")
    with pytest.raises(work.BadFrame, match="not JSON"):
        work.receive(reader)
    os.close(writer)
    with pytest.raises(EOFError):
        work.receive(reader)
    os.close(reader)


def test_the_command_of_a_worker_is_a_module_that_can_be_run() -> None:
    ran = subprocess.run(COMMAND, cwd=ROOT, input=b"", capture_output=True, check=True)
    assert b'{"ready": true}' in ran.stdout


STORY = "".join(
    f"<p>Paragraph {number} of a long story about a <a href='/h{number}'>harbour</a>"
    " that was <b>closed</b> for repairs in the spring, as the council said.</p>"
    for number in range(8)
)
PAGE = (
    "<html><body><nav><a href='/menu'>Menu</a></nav><article><h1>The harbour</h1>"
    f"{STORY}<script>alert(1)</script><img src=x onerror=alert(1)>"
    "<table><tr><td colspan=9007199254740991>x</td></tr></table>"
    "</article><footer>Imprint</footer></body></html>"
)


def text_of(children: Children, page: bytes) -> str:
    return children.extract_text(
        page, url="https://ledger.example/1", content_type="text/html; charset=utf-8"
    )


def test_the_text_of_a_page_is_found_and_sanitised(children: Children) -> None:
    found = text_of(children, PAGE.encode())
    assert found.count("<p>Paragraph") == 8
    assert 'href="https://ledger.example/h0"' in found
    for gone in ("Menu", "Imprint", "alert", "<img", "9007199254740991"):
        assert gone not in found


@pytest.mark.parametrize(
    "page", [b"", b"words", b"\0" * 50, b"<div>" * 100_000, b"<p>" + b"a " * 1_000_000]
)
def test_a_page_without_a_text_has_none(children: Children, page: bytes) -> None:
    assert text_of(children, page) == ""


def test_a_worker_that_cannot_be_started_is_told_of() -> None:
    with Children(command=["/nowhere/python"]) as children:
        for _ in range(2):
            with pytest.raises(ChildFailed, match="no worker could be started"):
                parse(children)


def test_a_missing_extra_is_named_with_what_installs_it() -> None:
    program = FAULTY.replace(
        "work.main()", "sys.modules['trafilatura'] = None; work.main()"
    )
    with (
        Children(command=[sys.executable, "-B", "-c", program]) as children,
        pytest.raises(NotExtracted, match="pip install -r requirements-fulltext.txt"),
    ):
        text_of(children, PAGE.encode())

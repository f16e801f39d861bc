"""The parent's side of the workers in which bytes from outside are read.

A worker (``articles.ingest.work``) is a process of its own, so that what breaks a
parser breaks nothing else: it is killed at its limit and another one is started.
What it answers is bytes from outside too. It is JSON, nothing is unpickled, and every
value is checked before it is believed.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from articles.images.encoding import Encoded as EncodedPicture
from articles.images.encoding import NotAPicture

from . import work
from .parse import answers
from .parse.answers import ParsedFeed

__all__ = [
    "LIMITS",
    "ChildFailed",
    "Children",
    "EncodedPicture",
    "Limits",
    "NotAFeed",
    "NotAPicture",
    "NotExtracted",
    "ParsedFeed",
]

#: What a worker finds in its environment, where the parent has it: how to run
#: Python, and nothing of the project's.
_ENVIRONMENT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TZ")
_ROOT = Path(__file__).resolve().parents[2]
#: -B: it writes no file, not even what it has compiled.
COMMAND = (sys.executable, "-B", "-m", "articles.ingest.work")
#: Jobs until a worker is replaced, as parsers leak.
JOBS_OF_A_WORKER = 500
#: Characters of a reason.
_MOST_REASON = 1_000
#: Seconds in which a worker starts, on a machine that is busy otherwise: 0.1 by
#: measure. They do not count among a job's.
_START = 30
#: Seconds in which a worker without input ends by itself.
_FAREWELL = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one job: seconds on the wall and of the processor, bytes of memory.

    A worker has 40 MB of its address space in use before its first job, and 330 MB
    after the heaviest feed of 10 MB that was found for the tests.
    """

    seconds: float = 10
    picture_seconds: float = 20
    memory: int = 700 * 2**20


LIMITS = Limits()


class ChildFailed(Exception):
    """A worker that did not survive its job, or did not answer; says why in plain
    words. ``kind`` is timeout, memory, crashed or too_large."""

    def __init__(self, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class NotAFeed(Exception):
    """What came is no feed; ``feeds`` are the addresses of feeds it names."""

    def __init__(self, reason: str, feeds: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.feeds = list(feeds)


class NotExtracted(Exception):
    """The text of a page cannot be read; the message says why, and how to mend it."""


class Children:
    """Workers, started when they are needed; any number of threads may use them.

    ``size`` is how many jobs are done at the same time; other threads wait for
    their turn. Use it as a context manager: leaving it ends the workers.
    """

    def __init__(
        self,
        size: int = 1,
        *,
        limits: Limits = LIMITS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._limits = limits
        self._command = command
        self._size = size
        self._is_closed = False
        #: Of every place, its worker, if one is running.
        self._places: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(size):
            self._places.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, each when its job is done."""
        if self._is_closed:
            return
        self._is_closed = True
        for _ in range(self._size):
            if worker := self._places.get():
                worker.end()

    def parse_feed(
        self,
        data: bytes,
        *,
        url: str,
        content_type: str,
        source: str,
        now: datetime,
        zone_name: str,
    ) -> ParsedFeed:
        """The entries of a feed that was fetched from ``url``.

        ``content_type`` is the answer's header, ``source`` the publisher of all
        entries, ``zone_name`` the zone of dates without an offset. Raises NotAFeed
        for anything else, and ChildFailed.
        """
        about = {
            "url": url,
            "content_type": content_type,
            "source": source,
            "now": now.isoformat(),
            "zone_name": zone_name,
        }
        with self._worker() as worker:
            result, _ = worker.ask(
                "feed", data, about, self._limits.seconds, self._limits.memory
            )
            if refused := result.get("refused"):
                reason = answers.text(refused, "reason", _MOST_REASON)
                raise NotAFeed(reason, answers.addresses(refused, "feeds"))
            return answers.parsed_feed(result["done"])

    def encode_picture(self, data: bytes) -> EncodedPicture:
        """The picture as a fresh JPEG, with its renditions.

        Raises NotAPicture and ChildFailed.
        """
        with self._worker() as worker:
            result, payload = worker.ask(
                "picture", data, {}, self._limits.picture_seconds, self._limits.memory
            )
            if refused := result.get("refused"):
                raise NotAPicture(answers.text(refused, "reason", _MOST_REASON))
            done = result["done"]
            renditions, jpeg = answers.renditions(done, payload)
            return EncodedPicture(
                jpeg=jpeg,
                width=answers.number(done, "width"),
                height=answers.number(done, "height"),
                colour=answers.text(done, "colour", 20),
                renditions=renditions,
            )

    def extract_text(self, page: bytes, *, url: str, content_type: str) -> str:
        """The article of a web page as sanitised HTML, "" where none is found.

        Raises NotExtracted where trafilatura is not installed, and ChildFailed.
        """
        about = {"url": url, "content_type": content_type}
        with self._worker() as worker:
            result, payload = worker.ask(
                "text", page, about, self._limits.seconds, self._limits.memory
            )
            if refused := result.get("refused"):
                raise NotExtracted(answers.text(refused, "reason", _MOST_REASON))
            return payload.decode()

    @contextmanager
    def _worker(self) -> Iterator["_Worker"]:
        """A worker for one job; one that failed is gone afterwards."""
        if self._is_closed:
            raise RuntimeError("these workers were ended")
        worker = self._places.get()
        kept = None
        try:
            if worker is None or not worker.is_fit:
                if worker:
                    worker.end()
                worker = _Worker(self._command)
            yield worker
            kept = worker
        except (NotAFeed, NotAPicture, NotExtracted):
            kept = worker
            raise
        except answers.NONSENSE as error:
            raise ChildFailed(
                f"the worker answered nonsense ({error})", "crashed"
            ) from error
        finally:
            if worker and not kept:
                worker.end()
            self._places.put(kept)


class _Worker:
    """A process that does one job after the other."""

    def __init__(self, command: Sequence[str]) -> None:
        self._jobs = 0
        environment = {
            name: os.environ[name] for name in _ENVIRONMENT if name in os.environ
        }
        try:
            # In a session of its own: an interrupt from the keyboard is the parent's.
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                close_fds=True,
                cwd=_ROOT,
                env=environment,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ChildFailed(
                f"no worker could be started to read it ({error.strerror})", "crashed"
            ) from error

    @property
    def is_fit(self) -> bool:
        """Whether it is running and not worn out."""
        return self._jobs < JOBS_OF_A_WORKER and self._process.poll() is None

    def ask(
        self,
        job: str,
        data: bytes,
        about: work.Header,
        seconds: float,
        memory: int,
    ) -> tuple[work.Header, bytes]:
        """The answer to a job: ``done`` or ``refused``. Raises ChildFailed."""
        self._jobs += 1
        if self._jobs == 1:
            self._exchange(None, b"", _START)
        header = {"job": job, "about": about, "seconds": seconds, "memory": memory}
        result, payload = self._exchange(header, data, seconds)
        if "failed" in result:
            raise _told_failure(result)
        return result, payload

    def _exchange(
        self, header: work.Header | None, data: bytes, seconds: float
    ) -> tuple[work.Header, bytes]:
        """Send a frame, if there is a header, and give the next one that comes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            self._process.kill()

        # A worker that neither reads nor writes holds up whoever writes and reads
        # here, until it is killed.
        clock = threading.Timer(seconds, stop)
        clock.daemon = True
        clock.start()
        try:
            if header is not None:
                work.send(self._process.stdin.fileno(), header, data)
            answer = work.receive(self._process.stdout.fileno())
        except work.FrameTooLarge:
            raise _too_large() from None
        except work.BadFrame as error:
            raise ChildFailed(
                f"the worker's answer cannot be read: {error}", "crashed"
            ) from error
        except (OSError, EOFError) as error:
            raise self._failure(seconds, overdue) from error
        finally:
            clock.cancel()
            clock.join()
        if overdue.is_set():
            # It was killed in the moment in which its answer came.
            raise self._failure(seconds, overdue)
        return answer

    def _failure(self, seconds: float, overdue: threading.Event) -> ChildFailed:
        """Why it is gone."""
        code = self.end()
        if overdue.is_set() or code in (-signal.SIGXCPU, -signal.SIGALRM):
            return ChildFailed(
                f"reading it took longer than {seconds:g} seconds", "timeout"
            )
        if code < 0:
            name = signal.Signals(-code).name
            return ChildFailed(
                f"it brought the worker that read it down ({name})", "crashed"
            )
        return ChildFailed(
            f"the worker that read it gave up (exit code {code})", "crashed"
        )

    def end(self) -> int:
        """End it, if it is still there, and give its exit code."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            return self._process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._process.wait()


def _too_large() -> ChildFailed:
    most = work.MAX_FRAME // 2**20
    return ChildFailed(f"what was read of it is larger than {most} MB", "too_large")


def _told_failure(result: work.Header) -> ChildFailed:
    match result["failed"]:
        case "memory":
            return ChildFailed("reading it takes more memory than allowed", "memory")
        case "too_large":
            return _too_large()
    reason = answers.text(result, "reason", _MOST_REASON)
    return ChildFailed(f"reading it failed: {reason}", "crashed")

"""The worker in which bytes from outside are read: ``python -m articles.ingest.work``.

It takes jobs from its standard input and gives answers on its standard output, as
frames, until the input ends; ``articles.ingest.child`` starts it, feeds it and kills
it. What a hostile feed, page or picture breaks is broken here, where nothing is at
hand: no database, no settings, no Django, no secrets, no connection, no file.
"""

import json
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

#: Bytes of a job or an answer. The largest answers are those to feeds of 10 MB.
MAX_FRAME = 32 * 2**20
#: Beginning of a frame, lengths in bytes of its two parts.
_FRAME = struct.Struct(">4sII")
_MARK = b"NR1\n"
#: Files that may be open: the three streams, and those of an import.
_OPEN_FILES = 32
#: Seconds after its parent's that a worker's own clock runs out.
_GRACE = 1

# What a reader of feeds, pages and pictures has no reason to do. The hook is no
# wall against machine code, but against every library that opens an address it
# finds, or writes what it was given to a file.
_REFUSED_EVENTS = (
    "ctypes.",
    "ftplib.",
    "http.client.",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pty.",
    "shutil.",
    "socket.",
    "subprocess.",
    "urllib.Request",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Header = dict[str, Any]


class Refusal(Exception):
    """What came is not what the job is for; ``about`` says more, as plain values."""

    def __init__(self, reason: str, **about: Any) -> None:
        super().__init__(reason)
        self.about = {"reason": reason, **about}


class BadFrame(Exception):
    """What came in is no frame."""


class FrameTooLarge(Exception):
    """A frame of more than MAX_FRAME bytes."""


def send(fd: int, header: Header, payload: bytes = b"") -> None:
    """Write a frame; raises FrameTooLarge before anything is written."""
    text = json.dumps(header).encode()
    if len(text) + len(payload) > MAX_FRAME:
        raise FrameTooLarge
    for part in (_FRAME.pack(_MARK, len(text), len(payload)), text, payload):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(fd, rest) :]


def receive(fd: int) -> tuple[Header, bytes]:
    """Read a frame: its header, a JSON object, and its payload.

    Raises EOFError where the stream ends, BadFrame, FrameTooLarge.
    """
    mark, length, rest = _FRAME.unpack(_exactly(fd, _FRAME.size))
    if mark != _MARK:
        raise BadFrame("it does not begin like a frame")
    if length + rest > MAX_FRAME:
        raise FrameTooLarge
    text, payload = _exactly(fd, length), _exactly(fd, rest)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("its header is not JSON") from error
    if not isinstance(header, dict):
        raise BadFrame("its header is no object")
    return header, payload


def _exactly(fd: int, size: int) -> bytes:
    whole = bytearray()
    while len(whole) < size:
        part = os.read(fd, min(size - len(whole), 2**20))
        if not part:
            raise EOFError
        whole += part
    return bytes(whole)


# What a job needs is imported by the worker that does it first, and never by the
# parent, which has but the frames from here.


def feed(data: bytes, about: Header) -> tuple[Header, bytes]:
    """The entries of a feed, and what there is to say about it."""
    from . import discovery
    from .parse import feeds

    try:
        return feeds.entries(data, **about), b""
    except feeds.Unreadable as error:
        found = discovery.feed_links(
            data, url=about["url"], content_type=about["content_type"]
        )
        raise Refusal(str(error), feeds=found) from error


def picture(data: bytes, asked: Header) -> tuple[Header, bytes]:
    """A picture decoded, checked and encoded anew."""
    from articles.images import encoding

    try:
        made = encoding.encode(data)
    except encoding.NotAPicture as error:
        raise Refusal(str(error)) from error
    about = {
        "width": made.width,
        "height": made.height,
        "colour": made.colour,
        # How the payload is divided: what is left of it is the picture itself.
        "renditions": [
            [each.width, each.form, len(each.data)] for each in made.renditions
        ],
    }
    return about, b"".join([*(each.data for each in made.renditions), made.jpeg])


def text(data: bytes, about: Header) -> tuple[Header, bytes]:
    """The article of a web page as sanitised HTML."""
    try:
        from .parse import extraction
    except ImportError as error:
        raise Refusal(
            "the text of web pages is read by trafilatura, which is not installed"
            f" or not whole ({error}); install it with:"
            " pip install -r requirements-fulltext.txt"
        ) from error
    return {}, extraction.article(data, **about).encode()


Job = Callable[[bytes, Header], tuple[Header, bytes]]
JOBS: dict[str, Job] = {"feed": feed, "picture": picture, "text": text}


def main() -> NoReturn:
    """Work until the input ends, with nothing at hand that a job could do harm with."""
    jobs, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    _give_up_rights()
    # Ready before the first job comes: nearly all are feeds.
    import_module("articles.ingest.parse.feeds")
    send(answers, {"ready": True})
    while True:
        try:
            header, data = receive(jobs)
        except EOFError:
            os._exit(0)
        _limit(header["seconds"], header["memory"])
        _answer(answers, header, data)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up_rights() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        if isinstance(flags := arguments[2], int) and flags & _WRITING:
            raise PermissionError(f"a worker writes no file: {arguments[0]}")
    elif event.startswith(_REFUSED_EVENTS):
        raise PermissionError(f"a worker does not do this: {event}")


def _limit(seconds: float, memory: int) -> None:
    """Bound the job's time and memory by the kernel, which no job can outwit.

    The alarm ends a worker that hangs when its parent is no more.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
    most = int(time.process_time() + seconds) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)


def _answer(answers: int, header: Header, data: bytes) -> None:
    try:
        result, payload = JOBS[header["job"]](data, header["about"])
        send(answers, {"done": result}, payload)
    except Refusal as refusal:
        send(answers, {"refused": refusal.about})
    except MemoryError:
        send(answers, {"failed": "memory", "reason": ""})
    except FrameTooLarge:
        send(answers, {"failed": "too_large", "reason": ""})
    except Exception as error:  # noqa: BLE001 the parent is told of every one
        reason = f"{type(error).__name__}: {error}"[:500]
        send(answers, {"failed": "crashed", "reason": reason})


if __name__ == "__main__":
    main()

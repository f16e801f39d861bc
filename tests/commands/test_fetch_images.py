"""fetch_images from end to end: a real server, real workers, real processes."""

import io
import signal
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow
from pytest_django import Settings

from articles.models import Article, Category, FetchHost, Image, Source
from tests.commands.invocation import invoke
from tests.commands.scratch import Scratch, ended, until
from tests.factories import ArticleFactory, SourceFactory
from tests.ingest.scripted import (
    Peer,
    Reply,
    ScriptedServer,
    answer,
    broken_off,
    redirect,
    silence,
)

COUNTS = ("wanted", "fetched", "stored", "shared", "failed", "skipped")


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (320, 200), colour).save(out, "JPEG")
    return out.getvalue()


def bomb() -> bytes:
    """A PNG that says it has 2,500 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    packed = zlib.compress(bytes(2**20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed)


@pytest.fixture
def server(settings: Settings) -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        settings.NEWSROOM_FETCH_ALLOW = running.allow
        yield running


def wanting(url: str, **fields: object) -> Article:
    return ArticleFactory(image_wanted=True, image_url=url, **fields)


def fetch_images(*arguments: object) -> tuple[int, dict[str, int], str]:
    """Exit code, the counts that are not 0, and what was said on stderr."""
    done = invoke("fetch_images", "--format=json", *arguments)
    counts = {name: done.json[name] for name in COUNTS if done.json[name]}
    return done.code, counts, done.err


@pytest.mark.django_db
def test_pictures_of_every_fate_in_one_run(
    server: ScriptedServer, shared: Path
) -> None:
    """Fault 63."""
    photograph = (shared / "images/exif/Landscape_6.jpg").read_bytes()
    server.on("/good.jpg", answer(photograph, content_type="text/html"))
    server.on("/moved.jpg", redirect("/good.jpg"))
    server.on("/login.png", answer(b"<html>Log in", content_type="image/png"))
    server.on("/bomb.png", answer(bomb()))
    server.on("/inside.png", redirect("http://169.254.169.254/latest/meta-data"))
    server.on("/busy.png", answer(status=500))
    server.on("/cut.png", broken_off(answer(photograph)[:5000]))
    names = ("good.jpg", "moved.jpg", "login.png", "bomb.png", "inside.png")
    found = {
        name: wanting(server.url(f"/{name}"))
        for name in (*names, "busy.png", "cut.png", "gone.png")
    }

    code, counts, err = fetch_images()

    assert (code, counts) == (
        1,
        {"wanted": 8, "fetched": 2, "stored": 1, "shared": 1, "failed": 6},
    )
    for article in found.values():
        article.refresh_from_db()
    image = Image.objects.get()
    assert found["good.jpg"].image == found["moved.jpg"].image == image
    assert image.width > image.height
    for name, why in (
        ("login.png", "not a JPEG"),
        ("bomb.png", "40 megapixels"),
        ("inside.png", "metadata"),
        ("busy.png", "status 500"),
        ("cut.png", "broke off"),
        ("gone.png", "status 404"),
    ):
        assert why in found[name].image_problem
        assert f"{server.url()}{name}: {found[name].image_problem}" in err
    again = {name for name, article in found.items() if article.image_wanted}
    assert again == {"busy.png", "cut.png"}
    assert fetch_images() == (0, {}, "")


@pytest.mark.django_db
def test_a_run_in_which_all_goes_well_ends_with_0(server: ScriptedServer) -> None:
    server.on("/1.jpg", answer(picture("navy")))
    wanting(server.url("/1.jpg"))
    request = ("fetch_images", "--limit", "5", "--no-color")

    done = invoke(*request)

    assert (done.code, done.err) == (0, "")
    rows = dict(line.split() for line in done.out.splitlines())
    assert (rows["wanted"], rows["stored"], rows["failed"]) == ("1", "1", "0")
    sent = server.requests[0].headers
    assert sent["user-agent"].startswith("Newsroom/")
    assert sent["accept"].startswith("image/jpeg")
    assert not {"cookie", "referer", "authorization"} & set(sent)


@pytest.mark.django_db
def test_a_dry_run_tells_the_same_and_keeps_nothing(server: ScriptedServer) -> None:
    server.on("/1.jpg", answer(picture("navy")))
    for path in ("/1.jpg", "/1.jpg", "/gone.jpg"):
        wanting(server.url(path))

    code, dry, err = fetch_images("--dry-run")

    assert "nothing kept" in err
    assert Article.objects.filter(image_wanted=True, image_problem="").count() == 3
    assert (Image.objects.count(), Path(default_storage.location).exists()) == (
        0,
        False,
    )
    assert (code, dry) == fetch_images()[:2]


@pytest.mark.django_db
def test_pictures_of_other_sources_stay_wanted(server: ScriptedServer) -> None:
    for number in range(3):
        server.on(f"/{number}", answer(picture("navy")))
        source = SourceFactory(slug=f"paper-{number}")
        wanting(server.url(f"/{number}"), source=source)

    _, counts, _ = fetch_images("--source", "paper-0", "paper-2")

    assert counts["wanted"] == 2
    assert Article.objects.get(image_wanted=True).source.slug == "paper-1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--source", "paper", "nobody"], "there is no nobody, paper"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], why: str) -> None:
    done = invoke("fetch_images", *arguments)

    assert (done.code, done.out) == (2, "")
    assert why in done.err


@pytest.mark.django_db
def test_without_a_network_it_ends_with_4_and_marks_nothing(settings: Settings) -> None:
    """Fault 37."""
    with ScriptedServer() as closed:
        urls = [closed.url("/1").replace("127.0.0.1", f"127.0.0.{n}") for n in range(7)]
    settings.NEWSROOM_FETCH_ALLOW = [urlsplit(url).netloc for url in urls]
    for url in urls:
        wanting(url)

    code, counts, err = fetch_images()

    assert (code, counts) == (4, {"wanted": 7, "failed": 7})
    assert "the network counts as down" in err
    waiting = Article.objects.filter(image_wanted=True, image_tries=0)
    assert waiting.filter(image_retry_at=None, image_problem="").count() == 7


@pytest.mark.django_db
def test_a_dead_host_ends_with_1_and_then_rests(settings: Settings) -> None:
    with ScriptedServer() as closed:
        settings.NEWSROOM_FETCH_ALLOW = [*closed.allow, "localhost"]
        wanting(closed.url("/1"))
        wanting(closed.url("/2").replace("127.0.0.1", "localhost"))

    code, counts, err = fetch_images()

    assert (code, counts) == (1, {"wanted": 2, "failed": 2})
    assert "network" not in err
    assert Article.objects.filter(image_wanted=True, image_tries=1).count() == 2
    assert fetch_images() == (0, {}, "")


@contextmanager
def asking_released(lock: threading.Lock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()


PICTURES = [f"#{number}0{9 - number}030" for number in range(8)]


def prepare(scratch: Scratch, server: ScriptedServer) -> None:
    using = scratch.alias
    source = Source.objects.using(using).create(name="Paper", slug="paper")
    category = Category.objects.using(using).create(name="General", slug="general")
    for number, colour in enumerate(PICTURES):
        server.on(f"/{number}.jpg", answer(picture(colour)))
        piece = ArticleFactory.build(
            source=source,
            category=category,
            image_wanted=True,
            image_url=server.url(f"/{number}.jpg"),
        )
        piece.save(using=using)


def check_all_is_there(scratch: Scratch, media: Path) -> None:
    """Every article has its own picture, and every file belongs to one."""
    articles = Article.objects.using(scratch.alias).select_related("image")
    names = [article.image.file.name for article in articles]
    assert len(set(names)) == len(PICTURES)
    assert not any(article.image_wanted for article in articles)
    files = {path.relative_to(media).as_posix() for path in media.rglob("*.jpg")}
    assert files == set(names)
    for name in names:
        with Pillow.open(media / name) as kept:
            kept.load()


def test_a_run_that_is_killed_is_finished_by_the_next(
    scratch: Scratch, tmp_path: Path
) -> None:
    media = tmp_path / "pictures"
    with ScriptedServer() as server:
        variables = {
            "NEWSROOM_FETCH_ALLOW": ",".join(server.allow),
            "MEDIA_ROOT": str(media),
        }
        prepare(scratch, server)
        for moment in (2, 5):
            process = scratch.start("fetch_images", **variables)
            images = Image.objects.using(scratch.alias)
            until(
                lambda images=images, moment=moment: images.count() >= moment, process
            )
            process.kill()
            ended(process)
            # What a minute and a half does.
            FetchHost.objects.using(scratch.alias).update(leased_until=None)

        done = scratch.run("fetch_images", "--format=json", **variables)

    assert done.code == 0, done.err
    check_all_is_there(scratch, media)


def test_two_runs_at_once_ask_for_each_picture_once_and_one_at_a_time(
    scratch: Scratch, tmp_path: Path
) -> None:
    """Fault 64."""
    media = tmp_path / "pictures"
    asking = threading.Lock()
    together: list[str] = []

    def slowly(number: int) -> Reply:
        def reply(peer: Peer) -> None:
            if not asking.acquire(blocking=False):
                together.append(peer.request.path)
                return
            with asking_released(asking):
                peer.pause(0.1)
                peer.send(answer(picture(PICTURES[number])))

        return reply

    with ScriptedServer() as server:
        prepare(scratch, server)
        for number in range(len(PICTURES)):
            server.on(f"/{number}.jpg", slowly(number))
        variables = {
            "NEWSROOM_FETCH_ALLOW": ",".join(server.allow),
            "MEDIA_ROOT": str(media),
        }
        processes = [
            scratch.start("fetch_images", "--format=json", **variables)
            for _ in range(2)
        ]
        done = [ended(process) for process in processes]
        paths = sorted(server.paths)

    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    assert sum(each.json["failed"] for each in done) == 0
    assert together == []
    assert paths == sorted(f"/{number}.jpg" for number in range(len(PICTURES)))
    check_all_is_there(scratch, media)


def test_ctrl_c_ends_with_130_without_waiting_for_a_silent_server(
    scratch: Scratch,
) -> None:
    with ScriptedServer() as server:
        prepare(scratch, server)
        for number in range(len(PICTURES)):
            server.on(f"/{number}.jpg", silence)
        allow = ",".join(server.allow)
        process = scratch.start("fetch_images", NEWSROOM_FETCH_ALLOW=allow)
        until(lambda: bool(server.requests), process)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        stopped = ended(process)

    assert (stopped.code, stopped.out) == (130, "")
    assert "Traceback" not in stopped.err
    assert time.monotonic() - begun < 5
    assert not Article.objects.using(scratch.alias).exclude(image_tries=0).exists()

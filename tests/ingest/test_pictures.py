"""Which pictures are wanted, how they are fetched, and what comes of it."""

import datetime
import io
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image as Pillow

from articles.images import encoding, library
from articles.images.encoding import Encoded
from articles.ingest import pictures, schedule
from articles.ingest.addresses import Allow
from articles.ingest.child import ChildFailed, NotAPicture
from articles.ingest.net import Failure, FetchError
from articles.ingest.turns import Turns, Wish
from articles.ingest.wanted import Report
from articles.models import Article, ArticleStatus, FetchHost, Image, Reuse
from tests.factories import ArticleFactory, SourceFactory

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
HOSTS = [f"pictures-{number}.example" for number in range(60)]
Answer = bytes | FetchError | Callable[[], bytes]


def picture(colour: str = "#336699") -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (32, 24), colour).save(out, "PNG")
    return out.getvalue()


def refusal(
    kind: Failure = Failure.HTTP,
    status: int | None = None,
    retry_after: float | None = None,
) -> FetchError:
    return FetchError(
        kind, "it is not to be had", status=status, retry_after=retry_after
    )


def wanting(url: str = "https://pictures.example/1.png", **fields: object) -> Article:
    return ArticleFactory(**{"image_wanted": True, "image_url": url, **fields})


class Web:
    """What lies at which address, who asked for it, and how many did at once."""

    def __init__(self, answers: dict[str, Answer], seconds: float = 0) -> None:
        self.answers = answers
        self.seconds = seconds
        self.asked: list[tuple[float, str]] = []
        self.together: set[tuple[str, ...]] = set()
        self._now: list[str] = []
        self._lock = threading.Lock()

    def load(self, url: str) -> bytes:
        host = urlsplit(url).hostname or ""
        with self._lock:
            self.asked.append((time.monotonic(), url))
            self._now.append(host)
            self.together.add(tuple(self._now))
        time.sleep(self.seconds)
        try:
            answer = self.answers.get(url, refusal(status=404))
            if isinstance(answer, FetchError):
                raise answer
            return answer() if callable(answer) else answer
        finally:
            with self._lock:
                self._now.remove(host)

    @property
    def urls(self) -> list[str]:
        return [url for _, url in self.asked]


def encoded(data: bytes) -> Encoded:
    """As a worker does it, but here."""
    try:
        return encoding.encode(data)
    except encoding.NotAPicture as error:
        raise NotAPicture(str(error)) from error


def fetched(
    web: Web,
    *,
    encode: Callable[[bytes], Encoded] = encoded,
    sources: tuple[str, ...] = (),
    limit: int | None = None,
    dry_run: bool = False,
) -> Report:
    run = pictures.Run(web.load, encode, dry_run=dry_run)
    report = run.fetch(run.wishes(Allow(), sources, limit))
    ended = report.shared + report.stored + report.failed + report.skipped
    assert ended == report.wanted
    return report


@pytest.fixture(autouse=True)
def no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "GAP", 0)


def test_a_wanted_picture_is_kept_and_attached() -> None:
    article = wanting(image_tries=2, image_problem="timeout")

    report = fetched(Web({article.image_url: picture()}))

    assert (report.wanted, report.fetched, report.stored) == (1, 1, 1)
    article.refresh_from_db()
    assert article.image.colour == "#336699"
    assert (article.image_wanted, article.image_tries) == (False, 0)
    assert (article.image_retry_at, article.image_problem) == (None, "")


def test_a_second_run_has_nothing_to_do() -> None:
    web = Web({wanting().image_url: picture()})

    fetched(web)
    again = fetched(web)

    assert (again.wanted, len(web.urls), Image.objects.count()) == (0, 1, 1)


UNWANTED: dict[str, dict[str, object]] = {
    "nobody wants it": {"image_wanted": False},
    "its time has not come": {"image_retry_at": timezone.now() + HOUR},
    "it was spiked": {"status": ArticleStatus.SPIKED},
    "it was killed": {"status": ArticleStatus.KILLED},
    "the source shows no pictures": {"source__shows_images": False},
    "the source allows headlines only": {"source__reuse": Reuse.HEADLINE},
    "the source is blocked": {"source__reuse": Reuse.BLOCKED},
}


@pytest.mark.parametrize("why", UNWANTED)
def test_nothing_is_fetched_when(why: str) -> None:
    article = wanting(**UNWANTED[why])
    web = Web({article.image_url: picture()})

    assert fetched(web).wanted == 0
    assert web.urls == []


def test_a_pause_whose_end_has_come_is_over_and_one_of_a_wrong_clock_is_none() -> None:
    wanting(image_retry_at=timezone.now() - HOUR)
    wanting(image_retry_at=timezone.now() + 1000 * 24 * HOUR)

    report = fetched(Web({"https://pictures.example/1.png": picture()}))

    assert (report.fetched, report.stored, report.shared) == (1, 1, 1)


def test_published_pieces_come_first_and_among_them_the_newest() -> None:
    now = timezone.now()
    for name, published, days in (
        ("waiting-new", False, 1),
        ("public-old", True, 9),
        ("waiting-old", False, 9),
        ("public-new", True, 1),
    ):
        wanting(
            f"https://pictures.example/{name}",
            source_published_at=now - datetime.timedelta(days=days),
            published=published,
        )
    web = Web({})

    fetched(web)

    names = [url.rpartition("/")[2] for url in web.urls]
    assert names == ["public-new", "public-old", "waiting-new", "waiting-old"]


def test_only_the_named_sources_and_so_many_pictures_are_fetched() -> None:
    source, other = SourceFactory(), SourceFactory()
    for number in range(3):
        wanting(f"https://pictures.example/{number}", source=source)
        wanting(f"https://pictures.example/{number}", source=source)
    wanting("https://pictures.example/other", source=other)
    web = Web({f"https://pictures.example/{n}": picture() for n in range(3)})

    report = fetched(web, sources=(source.slug,), limit=2)

    assert (report.wanted, report.fetched, len(web.urls)) == (4, 2, 2)
    assert not any("other" in url for url in web.urls)


def test_articles_with_the_same_address_or_the_same_content_share_a_picture() -> None:
    first, second = wanting(), wanting()
    third = wanting("https://elsewhere.example/copy.png")
    web = Web({first.image_url: picture(), third.image_url: picture()})

    report = fetched(web)

    assert (report.wanted, report.fetched) == (3, 2)
    assert (report.stored, report.shared) == (1, 2)
    images = {each.image for each in Article.objects.all()}
    assert images == {Image.objects.get()}
    assert second.image_url in web.urls


FINAL: dict[str, Answer] = {
    "404": refusal(status=404),
    "410": refusal(status=410),
    "blocked": refusal(Failure.BLOCKED),
    "too large": refusal(Failure.TOO_LARGE, status=200),
    "HTML": b"<html><title>Log in</title></html>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "empty": b"",
}


@pytest.mark.parametrize("name", FINAL)
def test_what_will_never_be_a_picture_is_asked_for_once(name: str) -> None:
    article = wanting()
    web = Web({article.image_url: FINAL[name]})

    report = fetched(web)

    assert (report.failed, report.network_is_down) == (1, False)
    article.refresh_from_db()
    assert (article.image_wanted, article.image_retry_at) == (False, None)
    assert article.image_problem
    assert article.image_problem in report.samples[0]
    assert article.image_url in report.samples[0]
    assert fetched(web).wanted == 0


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/a.png", "loopback"),
        ("http://169.254.169.254/latest", "metadata"),
        ("https://pictures.example:25/a.png", "port 25"),
        ("javascript:alert(1)", "http"),
        ("https://user:secret@pictures.example/a.png", ""),
    ],
)
def test_an_address_that_may_not_be_asked_is_never_asked(url: str, why: str) -> None:
    article = wanting(url)
    web = Web({url: picture()})

    report = fetched(web)

    assert (report.failed, web.urls) == (1, [])
    article.refresh_from_db()
    assert not article.image_wanted
    assert why in article.image_problem


PASSING: dict[str, Answer] = {
    "timeout": refusal(Failure.TIMEOUT),
    "500": refusal(status=500),
    "403": refusal(status=403),
    "429": refusal(status=429),
    "truncated": refusal(Failure.TRUNCATED, status=200),
    "certificate": refusal(Failure.TLS),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_asked_for_again_five_times_in_growing_pauses(
    name: str,
) -> None:
    article = wanting()
    web = Web({article.image_url: PASSING[name]})
    pauses = []

    for tries in range(1, 6):
        begun = timezone.now()
        assert fetched(web).failed == 1
        article.refresh_from_db()
        assert article.image_tries == tries
        if article.image_wanted:
            pauses.append(round((article.image_retry_at - begun) / HOUR))
            assert fetched(web).wanted == 0
            Article.objects.update(image_retry_at=begun)
            FetchHost.objects.update(not_before=None)

    assert pauses == [1, 2, 4, 8]
    assert (article.image_wanted, article.image_retry_at) == (False, None)
    assert article.image_problem == "it is not to be had (given up after 5 tries)"
    assert (fetched(web).wanted, len(web.urls)) == (0, 5)


def test_a_picture_that_comes_at_the_second_try_is_kept() -> None:
    article = wanting()
    fetched(Web({article.image_url: refusal(status=503)}))
    Article.objects.update(image_retry_at=timezone.now())

    fetched(Web({article.image_url: picture()}))

    article.refresh_from_db()
    assert article.image
    assert (article.image_wanted, article.image_tries) == (False, 0)


def test_a_host_that_asks_for_rest_gets_it_for_all_its_pictures() -> None:
    asked, spared = wanting("https://a.example/1"), wanting("https://a.example/2")
    other = wanting("https://b.example/1")
    rest = 5 * HOUR
    Article.objects.filter(pk=asked.pk).update(
        source_published_at=timezone.now()
    )  # the newest, so that it is asked for first
    web = Web(
        {
            asked.image_url: refusal(status=429, retry_after=rest.total_seconds()),
            spared.image_url: picture(),
            other.image_url: picture(),
        }
    )

    report = fetched(web)

    assert (report.failed, report.skipped, report.stored) == (1, 1, 1)
    assert spared.image_url not in web.urls
    for article, tries in ((asked, 1), (spared, 0)):
        article.refresh_from_db()
        assert (article.image_wanted, article.image_tries) == (True, tries)
        assert round((article.image_retry_at - timezone.now()) / HOUR) == 5


def test_the_wish_for_rest_of_a_hostile_host_is_heard_for_seven_days_at_most() -> None:
    article = wanting()

    fetched(Web({article.image_url: refusal(status=503, retry_after=1e9)}))

    article.refresh_from_db()
    assert article.image_retry_at - timezone.now() <= datetime.timedelta(days=7)


def test_a_host_that_does_not_answer_is_left_alone_for_the_rest_of_the_run() -> None:
    for number in range(9):
        wanting(f"https://dead.example/{number}")
    alive = wanting("https://alive.example/1")
    answers: dict[str, Answer] = {
        f"https://dead.example/{number}": refusal(Failure.TIMEOUT)
        for number in range(9)
    }

    report = fetched(Web({**answers, alive.image_url: picture()}))

    assert (report.failed, report.skipped, report.stored) == (3, 6, 1)
    assert Article.objects.filter(image_tries=1).count() == 3


def marks() -> list[dict[str, object]]:
    """What fetching writes beside a picture, of all articles."""
    fields = "image_wanted", "image_tries", "image_retry_at", "image_problem"
    return list(Article.objects.order_by("pk").values("pk", *fields))


@pytest.mark.parametrize("kind", [Failure.DNS, Failure.CONNECT])
def test_a_network_that_is_down_is_held_against_nobody(kind: Failure) -> None:
    for host in HOSTS[:10]:
        wanting(f"https://{host}/1")
    before = marks()
    web = Web({f"https://{host}/1": refusal(kind) for host in HOSTS[:10]})

    report = fetched(web)

    assert report.network_is_down
    assert (report.failed, len(report.samples)) == (10, 10)
    assert marks() == before


def test_a_run_without_a_network_does_not_go_through_all_hosts() -> None:
    for host in HOSTS:
        wanting(f"https://{host}/1")
    web = Web({f"https://{host}/1": refusal(Failure.DNS) for host in HOSTS})

    report = fetched(web)

    assert report.network_is_down
    assert len(web.urls) < 40
    assert report.failed + report.skipped == 60


@pytest.mark.parametrize("hosts", [1, 2, 4])
@pytest.mark.parametrize("kind", [Failure.DNS, Failure.CONNECT])
def test_a_few_dead_hosts_alone_are_no_network_that_is_down(
    kind: Failure, hosts: int
) -> None:
    """Fault 37."""
    urls = [f"https://{host}/1" for host in HOSTS[:hosts]]
    for url in urls:
        wanting(url)

    report = fetched(Web(dict.fromkeys(urls, refusal(kind))))

    assert (report.failed, report.network_is_down) == (hosts, False)
    for dead in Article.objects.all():
        assert (dead.image_wanted, dead.image_tries) == (True, 1)
        assert dead.image_retry_at > timezone.now()
    assert fetched(Web({})).wanted == 0


def test_one_server_of_many_that_answers_does_not_put_the_blame_on_the_others() -> None:
    urls = [f"https://{host}/1" for host in HOSTS[:20]]
    alive = wanting("https://inside.example/1")
    for url in urls:
        wanting(url)
    web = Web(dict.fromkeys(urls, refusal(Failure.CONNECT)))
    web.answers[alive.image_url] = picture()

    report = fetched(web)

    assert (report.stored, report.network_is_down) == (1, True)
    tried = Article.objects.filter(image_tries=1).count()
    assert tried <= schedule.FEWEST_HOSTS


@pytest.mark.parametrize("living", [picture(), refusal(status=404)])
def test_one_server_that_answers_shows_that_it_is_the_others_fault(
    living: Answer,
) -> None:
    dead, alive = wanting("https://dead.example/1"), wanting("https://b.example/1")

    report = fetched(
        Web({dead.image_url: refusal(Failure.CONNECT), alive.image_url: living})
    )

    assert not report.network_is_down
    dead.refresh_from_db()
    assert (dead.image_wanted, dead.image_tries) == (True, 1)


@pytest.mark.parametrize(
    ("kind", "is_wanted"),
    [("timeout", True), ("crashed", True), ("memory", False), ("too_large", False)],
)
def test_a_picture_that_brings_its_worker_down_fails_alone(
    kind: str, is_wanted: bool
) -> None:
    """Fault 63."""
    bad, good = wanting("https://a.example/bad"), wanting("https://b.example/good")

    def encode(data: bytes) -> Encoded:
        if data == b"bad":
            raise ChildFailed("reading it took longer than 20 seconds", kind)
        return encoded(data)

    web = Web({bad.image_url: b"bad", good.image_url: picture()})
    report = fetched(web, encode=encode)

    assert (report.failed, report.stored) == (1, 1)
    bad.refresh_from_db()
    assert bad.image_wanted == is_wanted
    assert bad.image_problem == "reading it took longer than 20 seconds"


def test_a_worker_that_gives_nonsense_is_not_believed() -> None:
    article = wanting()

    def encode(data: bytes) -> Encoded:
        return Encoded(b"<html>", 1, 1, "red")

    assert fetched(Web({article.image_url: b""}), encode=encode).failed == 1
    assert not Image.objects.exists()


def kept_files() -> list[Path]:
    return list(Path(default_storage.location).rglob("*.jpg"))


MEANWHILE: dict[str, dict[str, object]] = {
    "an editor chose a picture": {"image_wanted": False},
    "the source named another one": {"image_url": "https://pictures.example/2.png"},
    "an editor spiked it": {"status": ArticleStatus.SPIKED},
}


@pytest.mark.parametrize("event", MEANWHILE)
@pytest.mark.parametrize(
    "answer", [picture(), refusal(status=404), refusal(status=500)]
)
def test_what_came_in_between_is_not_overwritten(event: str, answer: Answer) -> None:
    article = wanting()
    ours = library.attach(ArticleFactory(), picture("#ffffff"))
    run = pictures.Run(Web({article.image_url: answer}).load, encoded)
    wishes = run.wishes(Allow(), (), None)
    Article.objects.filter(pk=article.pk).update(image=ours, **MEANWHILE[event])
    before = marks()

    report = run.fetch(wishes)

    assert (report.skipped, report.stored, report.failed) == (1, 0, 0)
    article.refresh_from_db()
    assert article.image == ours
    assert marks() == before
    assert len(kept_files()) == 1


def test_an_article_that_is_deleted_meanwhile_is_no_hindrance() -> None:
    article = wanting()
    run = pictures.Run(Web({article.image_url: picture()}).load, encoded)
    wishes = run.wishes(Allow(), (), None)
    article.delete()

    assert run.fetch(wishes).skipped == 1
    assert not Image.objects.exists()


def test_two_runs_at_once_count_one_failure_once() -> None:
    article = wanting()
    web = Web({article.image_url: refusal(status=500)})
    runs = [pictures.Run(web.load, encoded) for _ in range(2)]
    wishes = [run.wishes(Allow(), (), None) for run in runs]

    reports = [run.fetch(each) for run, each in zip(runs, wishes, strict=True)]

    assert [report.failed for report in reports] == [1, 0]
    article.refresh_from_db()
    assert article.image_tries == 1
    assert len(web.urls) == 1


def leased(seconds: float, token: str = "theirs") -> None:
    """Another process asks the host for so long."""
    until = timezone.now() + datetime.timedelta(seconds=seconds)
    FetchHost.objects.update_or_create(
        name="pictures.example", defaults={"lease": token, "leased_until": until}
    )


@pytest.mark.parametrize("token", ["theirs", ""])
def test_a_host_that_another_process_asks_is_waited_for(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "RETRY", 0.05)
    begun = time.monotonic()
    leased(0.3, token)
    web = Web({wanting().image_url: picture()})

    report = fetched(web)

    assert report.stored == 1
    ((asked_at, _),) = web.asked
    assert asked_at - begun >= 0.3


def test_a_host_that_stays_taken_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "RETRY", 0.05)
    monkeypatch.setattr(pictures, "PATIENCE", 0.2)
    leased(60)
    for number in range(3):
        wanting(f"https://pictures.example/{number}")
    other = wanting("https://elsewhere.example/1")
    web = Web({other.image_url: picture()})

    report = fetched(web)

    assert (report.stored, report.skipped) == (1, 3)
    assert web.urls == [other.image_url]
    assert FetchHost.objects.get(name="pictures.example").lease == "theirs"
    assert Article.objects.filter(image_wanted=True, image_retry_at=None).count() == 3


def test_a_host_whose_feeds_wait_for_it_is_not_asked_for_pictures() -> None:
    article = wanting()
    until = timezone.now() + 3 * HOUR
    FetchHost.objects.create(name="pictures.example", not_before=until)
    web = Web({article.image_url: picture()})

    assert fetched(web).skipped == 1
    assert web.urls == []
    article.refresh_from_db()
    assert (article.image_wanted, article.image_retry_at) == (True, until)
    assert article.image_tries == 0


def test_a_host_that_asks_for_rest_gets_it_from_the_fetching_of_feeds_too() -> None:
    article = wanting()

    fetched(Web({article.image_url: refusal(status=503, retry_after=3600)}))

    now = timezone.now()
    hosts = FetchHost.objects.all()
    assert not hosts.free(now + 0.9 * HOUR).exists()
    assert hosts.free(now + 1.1 * HOUR).exists()


def test_hosts_are_free_when_a_run_is_over_however_it_ends() -> None:
    def interrupted() -> bytes:
        raise RuntimeError("an error of our own")

    wanting("https://a.example/1")
    wanting("https://b.example/1")
    good: dict[str, Answer] = {"https://a.example/1": picture()}

    with pytest.raises(RuntimeError):
        fetched(Web({**good, "https://b.example/1": interrupted}))

    assert sorted(FetchHost.objects.values_list("name", "lease")) == [
        ("a.example", ""),
        ("b.example", ""),
    ]


@pytest.mark.parametrize("moment", ["before the file", "after the file", "later"])
def test_a_run_that_dies_is_made_good_by_the_next(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    urls = [f"https://pictures.example/{number}" for number in range(3)]
    for url in urls:
        wanting(url)
    web = Web({url: picture(f"#{n}0{n}0{n}0") for n, url in enumerate(urls)})
    write = library._write

    def die(image: Image, name: str, data: bytes) -> None:
        is_late = name != image.file.name
        if Image.objects.count() == 2 and is_late == (moment == "later"):
            if moment != "before the file":
                write(image, name, data[:50])
            raise Killed
        write(image, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(library, "_write", die)
        with pytest.raises(Killed):
            fetched(web)
    assert Image.objects.count() == 1

    report = fetched(web)

    assert (report.wanted, report.stored) == (2, 2)
    assert not Article.objects.filter(image=None).exists()
    files = {Path(image.file.path) for image in Image.objects.all()}
    assert files == set(kept_files())
    for image in Image.objects.all():
        with Pillow.open(image.file.path) as kept:
            kept.load()


def test_a_dry_run_fetches_and_encodes_but_keeps_nothing() -> None:
    for url in ("https://a.example/1", "https://a.example/1", "https://b.example/copy"):
        wanting(url)
    wanting("https://c.example/gone")
    wanting("https://d.example/slow")
    wanting("https://d.example/later")
    before = marks()
    web = Web(
        {
            "https://a.example/1": picture(),
            "https://b.example/copy": picture(),
            "https://d.example/slow": refusal(status=503, retry_after=60),
            "https://d.example/later": refusal(status=503, retry_after=60),
        }
    )

    report = fetched(web, dry_run=True)

    assert (report.fetched, report.stored, report.shared) == (2, 1, 2)
    assert (report.failed, report.skipped) == (2, 1)
    assert marks() == before
    assert (Image.objects.count(), kept_files()) == (0, [])


def test_eight_hosts_are_asked_at_once_and_no_host_twice() -> None:
    for host in HOSTS[:10]:
        for number in range(3):
            wanting(f"https://{host}/{number}")
    web = Web({}, seconds=0.2)

    fetched(web)

    assert max(map(len, web.together)) == pictures.MOST_IN_FLIGHT
    assert all(len(set(hosts)) == len(hosts) for hosts in web.together)
    assert len(web.urls) == 30


def test_between_two_pictures_of_a_host_there_is_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "GAP", 0.1)
    for number in range(3):
        wanting(f"https://pictures.example/{number}")
    web = Web({})

    fetched(web)

    moments = [moment for moment, _ in web.asked]
    assert all(b - a >= 0.1 for a, b in zip(moments, moments[1:], strict=False))


@pytest.mark.parametrize(
    ("url", "gap"),
    [
        ("http://127.0.0.1:9000/a", 0),
        ("http://localhost:9000/a", 0),
        ("https://pictures.example/a", 7),
        ("https://127.0.0.1.pictures.example/a", 7),
    ],
)
def test_only_this_machine_needs_no_pause(
    url: str, gap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "GAP", 7)
    wanting(url)
    allow = Allow.parse(["127.0.0.1:9000", "localhost:9000"])

    (wish,) = pictures.Run(Web({}).load, encoded).wishes(allow, (), None)

    assert wish.gap == gap


def test_turns_go_round_the_hosts_and_rest_between() -> None:
    now = 100.0
    wishes = [Wish(f"{host}{n}", host, (), gap=5) for host in "ab" for n in range(2)]
    turns = Turns(wishes, clock=lambda: now)

    first, second = turns.take(), turns.take()
    assert (first, second) == (wishes[0], wishes[2])
    assert (turns.take(), turns.pause) == (None, None)
    assert second
    turns.give_back(second)
    assert (turns.take(), turns.pause) == (None, 5)
    now += 5
    assert (turns.pause, turns.take()) == (0, wishes[3])
    assert first
    assert turns.drop("a") == [wishes[1]]
    turns.give_back(first)
    turns.give_back(wishes[3])
    assert not turns


@pytest.mark.parametrize("answer", [picture(), refusal(status=404)])
def test_one_article_and_a_dozen_of_one_address_cost_alike(answer: Answer) -> None:
    costs = []
    FetchHost.objects.create(name="pictures.example")
    for number, articles in enumerate((1, 12)):
        url = f"https://pictures.example/{number}"
        for _ in range(articles):
            wanting(url)
        run = pictures.Run(Web({url: answer}).load, encoded)
        wishes = run.wishes(Allow(), (), None)
        with CaptureQueriesContext(connection) as captured:
            run.fetch(wishes)
        costs.append(len(captured))
        Image.objects.all().delete()

    assert costs[0] == costs[1]

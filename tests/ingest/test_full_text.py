"""Full texts from the pieces' own pages: only where all agree to it."""

import datetime
import time

import pytest
from django.utils import timezone

from articles import workflow
from articles.ingest import full_text, schedule
from articles.ingest.child import ChildFailed
from articles.ingest.net import Failure, Fetched, FetchError
from articles.models import Article, FetchHost, Reuse
from tests.factories import ArticleFactory, SourceFactory, make_user
from tests.ingest.test_following import entry
from tests.ingest.test_following import store as store_entries

pytestmark = pytest.mark.django_db

LONG = f"<p>{'word ' * 200}</p>"


class Site:
    """Pages by their path, and what was asked for."""

    def __init__(self, **pages):
        self.pages = pages
        self.asked = []

    def load(self, url):
        name = url.rsplit("/", 1)[1].replace(".", "_")
        self.asked.append(name)
        page = self.pages.get(name)
        if page is None:
            raise FetchError(Failure.HTTP, "the server answered 404", status=404)
        if isinstance(page, FetchError):
            raise page
        return Fetched(
            url=url,
            status=200,
            body=page.encode(),
            content_type="text/html",
            etag="",
            last_modified="",
            cache_control="",
            expires="",
            date="",
            hops=(),
            wire_bytes=len(page),
            seconds=0,
        )


def fetched(site, **options):
    run = full_text.Run(site.load, lambda page: page.body.decode(), **options)
    return run.fetch(list(full_text.due(timezone.now())))


@pytest.fixture(autouse=True)
def no_gap(monkeypatch):
    monkeypatch.setattr(schedule, "GAP", 0)


@pytest.fixture
def source():
    return SourceFactory(reuse=Reuse.FULL_TEXT, fetches_full_text=True)


@pytest.fixture
def piece(source):
    return ArticleFactory(
        source=source,
        url="https://ledger.example/piece",
        source_body="<p>The beginning.</p>",
        page_due_at=timezone.now(),
        needs_comparing=False,
    )


def test_only_licensed_sources_that_say_so_are_asked():
    for reuse in Reuse.values:
        for flag in (True, False):
            name = f"{reuse} {flag}"
            SourceFactory(name=name, reuse=reuse, fetches_full_text=flag)
            url = f"https://x.example/{reuse}-{flag}"
            store_entries([entry(source=name, url=url)])
    due = full_text.due(timezone.now() + datetime.timedelta(seconds=1))
    assert [article.source.name for article in due] == ["full_text True"]


def test_the_longer_text_of_the_page_takes_its_place(piece):
    site = Site(piece=LONG)
    report = fetched(site)
    assert (report.due, report.taken) == (1, 1)
    assert site.asked == ["robots_txt", "piece"]
    piece.refresh_from_db()
    assert piece.source_body == LONG
    assert piece.needs_comparing
    assert piece.source_changes.get().state == "applied"
    assert fetched(site).due == 0


def test_a_page_with_hardly_more_text_changes_nothing(piece):
    report = fetched(Site(piece="<p>The beginning!</p>"))
    piece.refresh_from_db()
    assert (report.not_worth, piece.source_body) == (1, "<p>The beginning.</p>")
    assert piece.page_due_at is None


def test_a_piece_that_a_person_has_touched_keeps_its_text(piece):
    workflow.move(piece, "publish", by=make_user())
    report = fetched(Site(piece=LONG))
    piece.refresh_from_db()
    assert (report.proposed, piece.source_body) == (1, "<p>The beginning.</p>")
    assert piece.source_changes.get().after == {"source_body": LONG}


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: Newsroom\nDisallow: /piece", False),
        ("User-agent: Other\nDisallow: /", True),
        ("User-agent: *\nDisallow: /private", True),
        ("<html>no rules at all</html>", True),
    ],
)
def test_a_sites_robots_txt_is_obeyed(piece, rules, allowed):
    site = Site(robots_txt=rules, piece=LONG)
    report = fetched(site)
    assert ("piece" in site.asked) == allowed
    assert (report.taken, report.forbidden) == (int(allowed), int(not allowed))


def test_a_site_that_cannot_say_is_asked_again_later(piece):
    ill = FetchError(Failure.HTTP, "the server answered 503", status=503)
    site = Site(robots_txt=ill, piece=LONG)
    assert fetched(site).failed == 1
    assert site.asked == ["robots_txt"]
    piece.refresh_from_db()
    assert piece.page_due_at > timezone.now() + datetime.timedelta(hours=5)
    # After three days nobody waits any longer.
    then = timezone.now() - datetime.timedelta(days=4)
    Article.objects.update(created_at=then, page_due_at=then)
    fetched(site)
    piece.refresh_from_db()
    assert piece.page_due_at is None


def test_a_page_that_is_gone_is_not_asked_for_again(piece):
    report = fetched(Site())
    piece.refresh_from_db()
    assert (report.failed, piece.page_due_at) == (1, None)
    assert "404" in report.samples[0]


def test_a_page_that_kills_its_reader_stops_nothing(source, piece):
    other = ArticleFactory(
        source=source, url="https://ledger.example/other", page_due_at=timezone.now()
    )

    def extract(page):
        if b"bomb" in page.body:
            raise ChildFailed("it took more than 10 s", "timeout")
        return page.body.decode()

    site = Site(piece="bomb", other=LONG)
    run = full_text.Run(site.load, extract)
    report = run.fetch([piece, other])
    assert (report.failed, report.taken) == (1, 1)


def test_a_dry_run_keeps_nothing(piece):
    before = Article.objects.values().get()
    assert fetched(Site(piece=LONG), dry_run=True).taken == 1
    assert Article.objects.values().get() == before


def leased(seconds):
    """Another process asks the host for so long."""
    until = timezone.now() + datetime.timedelta(seconds=seconds)
    FetchHost.objects.create(name="ledger.example", lease="theirs", leased_until=until)


def test_a_host_that_another_process_asks_is_waited_for(piece, monkeypatch):
    monkeypatch.setattr(full_text, "_BLINK", 0.02)
    leased(0.3)
    begun = time.monotonic()
    assert fetched(Site(piece=LONG)).taken == 1
    assert time.monotonic() - begun >= 0.3
    assert FetchHost.objects.get().lease == ""


def test_a_host_that_stays_taken_is_left_to_a_later_run(piece, monkeypatch):
    monkeypatch.setattr(full_text, "PATIENCE", 0.1)
    leased(60)
    site = Site(piece=LONG)
    report = fetched(site)
    assert (report.failed, site.asked) == (1, [])
    assert "another process is asking it" in report.samples[0]
    piece.refresh_from_db()
    assert piece.page_due_at > timezone.now()
    assert FetchHost.objects.get().lease == "theirs"


def test_between_two_pages_of_a_host_there_is_a_pause(source, monkeypatch):
    monkeypatch.setattr(schedule, "GAP", 0.2)
    for number in range(3):
        url = f"https://ledger.example/{number}"
        ArticleFactory(source=source, url=url, page_due_at=timezone.now())
    begun = time.monotonic()
    assert fetched(Site()).failed == 3
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("retry_after", [None, 7200])
def test_a_host_that_asks_for_rest_gets_it(source, piece, retry_after):
    ArticleFactory(
        source=source, url="https://ledger.example/other", page_due_at=timezone.now()
    )
    busy = FetchError(
        Failure.HTTP, "the server answered 429", status=429, retry_after=retry_after
    )
    site = Site(piece=busy, other=busy)
    assert fetched(site).failed == 2
    assert len(site.asked) == 2  # robots.txt and one page
    rest = FetchHost.objects.get().not_before - timezone.now()
    assert round(rest.total_seconds()) == (retry_after or 3600)


def test_a_page_that_another_run_has_fetched_is_not_fetched_again(piece):
    """Fault 64."""
    site = Site(piece=LONG)
    both = [list(full_text.due(timezone.now())) for _ in range(2)]
    runs = [full_text.Run(site.load, lambda page: page.body.decode()) for _ in range(2)]
    reports = [run.fetch(each) for run, each in zip(runs, both, strict=True)]
    assert [report.due for report in reports] == [1, 0]
    assert site.asked == ["robots_txt", "piece"]

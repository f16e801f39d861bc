"""What a search finds first, and how long it takes, on 100,000 articles.

    python -m tests.bench search [--corpus DIR] [--pieces 100000] [--database URL]

The articles are made of the records in the NDJSON files of ``--corpus``, as
``import_articles`` reads them (``body``, ``body_html`` or ``summary``). Each that has
a text is an article once, as it is. All further ones have the headline of a record
and 300 to 700 words (of Japanese, twice as many characters) in sentences of the
corpus, drawn by chance among those of their language: words are as frequent as they
really are, and stand together as in a sentence, but what an article is about changes
with each sentence. Every word of a text is in the index, as of a source that lets
all of it be shown. Without a corpus, sentences come from a generator.

A database that has articles already is measured as it is. The table on stdout is
Markdown: the number of queries and the time of the search alone, the median of
``--times``, and the time of a whole page by Django's test client, drawn once. The
mark in the column "Pieces" is made of the ids on the page: on two databases it is the
same if they find the same.
"""

import argparse
import html
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

#: What is asked, and why.
SEARCHES = [
    ("the", "in nearly every English piece"),
    ("government", "common"),
    ("policy", "a stem, common"),
    ("policies", "the same stem"),
    ("running website", "two stems"),
    ("user experience design", "three words"),
    ('"user experience"', "a phrase"),
    ('"social media"', "a phrase"),
    ('"the of"', "a phrase of common words that is nowhere"),
    ("security -cyber", "one word without another"),
    ("accessibility captions", "a rare one with a common one"),
    ("zyzzyva", "nowhere"),
    ("日", "one character, common"),
    ("鰐", "one character, rare"),
    ("日本", "two"),
    ("大統領", "three"),
    ("首相官邸", "four"),
    ("東京 地震", "two words"),
    ("ｗｅｂ", "full width"),
    ("ウィキニュース", "katakana"),
    ("ｳｨｷﾆｭｰｽ", "half width"),
    ("うぃきにゅーす", "hiragana"),
    ("résumé", "an accent that the texts may lack"),
    ("Beyonce", "no accent where the texts may have one"),
    ("U.S. Senate", "dots"),
    ("Trade", "a tag's name"),
    ("mercantilism", "another name of that tag"),
    ("subject", "in the names of 10,000 tags"),
    ("mobile", "common, and a tag's name"),
    ("' OR 1=1 --", "an injection"),
    ('NEAR("a" *:| & !', "syntax of both databases"),
    ("the of and to in for a is on that", "ten of the most common words"),
]
#: Those words within a listing, and at its deepest.
PATHS = [
    ("/tags/bench-small/", "the", "a common word within a tag of 30"),
    ("/tags/bench-large/", "日本", "within a tag of a tenth of all"),
    ("/sources/bench-source-3/", "government", "within a source"),
    ("/search/", "earlybird", "10,000 hits, none among the newest 90 %"),
    ("/search/?after={deep}", "the", "the deepest page of a common word"),
    ("/search/?to=2019-06-01", "government", "up to a day"),
]
#: What the generator makes sentences of.
ENGLISH = """
    government policy website user experience design security accessibility mobile
    trade report minister election harbour ferry alliance talks budget court energy
    the of and to in for a is on that with new after before over from says plan
"""
JAPANESE = "日本 大統領 首相 東京 地震 同盟 会議 選挙 経済 発表"

_TAG = re.compile(r"<[^>]*>")
_SENTENCE = re.compile(r"[^.!?。！？\n]{12,}[.!?。！？]?")
#: Words of an article that is put together, from and to.
WORDS = (300, 700)
#: Years that the articles are spread over.
YEARS = 10


@dataclass(frozen=True)
class Record:
    """A headline of the corpus, and its text, which may be missing."""

    headline: str
    text: str
    language: str


def records(corpus: str) -> list[Record]:
    """What a corpus holds, shuffled; or records that are made up."""
    chance = random.Random(3)
    if not corpus:
        return [_made_up(chance) for _ in range(2000)]
    found = []
    for path in sorted(Path(corpus).rglob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record.get("title", "").strip():
                texts = (record.get(name) for name in ("body_html", "body", "summary"))
                text = html.unescape(_TAG.sub("\n", next(filter(None, texts), "")))
                language = str(record.get("language") or "en")[:2]
                found.append(Record(str(record["title"]).strip(), text, language))
    if not found:
        raise SystemExit(f"No records in {corpus}: *.ndjson with title and body.")
    chance.shuffle(found)
    return found


def _made_up(chance: random.Random) -> Record:
    if chance.random() < 0.7:
        parts = [" ".join(chance.choices(ENGLISH.split(), k=12)) for _ in range(30)]
        return Record(parts[0].capitalize(), ". ".join(parts) + ".", "en")
    parts = ["".join(chance.choices(JAPANESE.split(), k=6)) for _ in range(30)]
    return Record(parts[0], "。".join(parts) + "。", "ja")


def pieces(corpus: str, number: int) -> Iterator[Record]:
    """So many articles, each with a whole text."""
    known, chance = records(corpus), random.Random(4)
    pools: dict[str, list[str]] = {}
    for record in known:
        found = [record.headline, *_SENTENCE.findall(record.text)]
        pools.setdefault(record.language, []).extend(map(str.strip, found))
    # Those that are real are anywhere among the others.
    whole = [record for record in known if record.text][:number]
    places = dict(zip(chance.sample(range(number), len(whole)), whole, strict=True))
    for at, record in enumerate(islice(cycle(known), number)):
        text = _text(pools[record.language], record, chance)
        yield places.get(at) or replace(record, text=text)


def _text(pool: list[str], record: Record, chance: random.Random) -> str:
    wanted, parts = chance.randint(*WORDS), list[str]()
    while wanted > 0:
        parts.append(chance.choice(pool))
        is_spaced = record.language != "ja"
        wanted -= len(parts[-1].split()) if is_spaced else len(parts[-1]) // 2
    return " ".join(parts)


def fill(corpus: str, number: int) -> float:
    """Make the pieces, and the index as ``check_search`` fills an older site's.

    Returns the seconds that the index took.
    """
    import datetime

    from django.db import connection
    from django.utils import timezone
    from django.utils.text import slugify

    from articles import search
    from articles.models import Article, Category, Reuse, Source, Tag, TaggedArticle
    from articles.tagging import index

    names = [f"Bench source {n}" for n in range(40)]
    sources = list(Source.objects.get_or_make(names).values())
    category = Category.objects.get_or_make(["General"])["general"]
    called = ["Trade", "Mobile", *(f"Subject {n}" for n in range(9996))]
    small, large, *others = Tag.objects.bulk_create(
        Tag(name=name, slug=slugify(name))
        for name in ["Bench small", "Bench large", *called]
    )
    Tag.objects.get(name="Trade").aliases.create(name="Mercantilism")
    now = timezone.now().replace(microsecond=0)
    chance = random.Random(2)
    batch: list[Article] = []

    def write() -> None:
        Article.objects.bulk_create(batch)
        rows = []
        for each in batch:
            number = int(each.url.rsplit("/", 1)[1])
            own = {others[min(int(chance.expovariate(1 / 300)), len(others) - 1)]}
            own |= {small} if number % (max(total // 30, 1)) == 7 else set()
            own |= {large} if number % 10 == 3 else set()
            rows += [TaggedArticle(content_object=each, tag=tag) for tag in own]
        TaggedArticle.objects.bulk_create(rows)
        batch.clear()

    total = number
    Source.objects.update(reuse=Reuse.FULL_TEXT)
    apart = YEARS * 365 * 24 * 3600 // number
    for at, record in enumerate(pieces(corpus, number)):
        # The newest first; the oldest tenth holds a word that no newer one has.
        is_early = at >= number * 9 // 10
        moment = now - datetime.timedelta(seconds=at * apart)
        batch.append(
            Article(
                source=sources[at % 40],
                category=category,
                url=f"https://bench.example/{at}",
                canonical_url=f"https://bench.example/{at}",
                source_headline=record.headline[:200],
                source_excerpt=record.text,
                source_body=f"<p>{html.escape(record.text)}</p>",
                language=record.language,
                note="Earlybird." if is_early else "",
                source_published_at=moment,
                published_at=moment,
                status="published",
                needs_suggestions=False,
                needs_comparing=False,
            )
        )
        if len(batch) == 2000:
            write()
    write()
    index.repair()
    started = time.perf_counter()
    search.check(repair=True)
    filled = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return filled


def measure(times: int) -> Iterator[str]:
    """Lines of the table."""
    from articles.models import Article

    deepest = Article.objects.published().order_by("listed_at")[3].pk
    asked = [("/search/", *each) for each in SEARCHES]
    asked += [(path.format(deep=deepest), words, why) for path, words, why in PATHS]
    yield (
        "| Search | What it is | First | Pieces | Queries | Index, ms | Page, ms |"
        "\n|---|---|---|---:|---:|---:|---:|"
    )
    for path, words, why in asked:
        alone, queries = _index_alone(path, words, times)
        whole, page = _page(path, words)
        cards = page.cards
        first = cards[0].shown.headline if cards else "–"
        first = first if len(first) < 45 else f"{first[:44]}…"
        shown = f"`{words}`" if path == "/search/" else f"`{words}` in `{path}`"
        cells = [
            shown.replace("|", "\\|").replace(str(deepest), "…"),
            why,
            first.replace("|", "\\|"),
            _found(page),
            queries,
            f"{alone:.1f}",
            f"{whole:.0f}",
        ]
        yield f"| {' | '.join(map(str, cells))} |"


def _found(page: Any) -> str:
    ids = [card.article.pk for card in page.cards]
    more = ("+" if page.older else "") + (", stopped" if page.is_cut else "")
    return f"{len(ids)}{more} {zlib.crc32(repr(ids).encode()):08x}"


def _index_alone(path: str, words: str, times: int) -> tuple[float, int]:
    """Milliseconds of a search in what a path lists, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from articles import listing
    from articles.listing import filters, pages
    from articles.models import Source, Tag

    where, _, query = path.partition("?")
    kind, _, slug = where.strip("/").partition("/")
    scopes = {
        "search": listing.everything,
        "tags": lambda: listing.of_tag(Tag.objects.get(slug=slug)),
        "sources": lambda: listing.of_source(Source.objects.get(slug=slug)),
    }
    scope, took = scopes[kind](), []
    parameters = dict(each.split("=") for each in query.split("&") if each)
    for _ in range(times):
        part, asked = filters.chosen(parameters | {"q": words}, scope)
        with CaptureQueriesContext(connection) as captured:
            started = time.perf_counter()
            pages.with_words(part, asked, 20, None)
            took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took), len(captured)


def _page(path: str, words: str) -> tuple[float, Any]:
    """Milliseconds of a whole page, drawn once, and what it lists."""
    from django.test import Client

    where, _, query = path.partition("?")
    parameters = dict(each.split("=") for each in query.split("&") if each)
    started = time.perf_counter()
    page = Client().get(where, parameters | {"q": words})
    took = time.perf_counter() - started
    if page.status_code != 200:
        raise SystemExit(f"{path} {words!r}: {page.status_code}")
    return 1000 * took, page.context["page"]


def main() -> None:
    """Make the pieces in a database that is thrown away, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", default=os.environ.get("NEWSROOM_CORPUS", ""))
    parser.add_argument("--pieces", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument(
        "--database", default="", help="an empty one; without it, SQLite in a folder"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": options.database or f"sqlite:///{folder}/bench.sqlite3",
            "SECRET_KEY": "for a bench, which signs nothing",
            "MEDIA_ROOT": f"{folder}/media",
            "DEBUG": "0",
            "NEWSROOM_PAGE_CACHE": "0",
            "ALLOWED_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        }
        _run(options)


def _run(options: Any) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    django.setup()
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    setup_test_environment()
    call_command("migrate", verbosity=0)
    from django.db import connection

    from articles.models import Article

    told = connection.vendor
    if not Article.objects.exists():
        filled = round(fill(options.corpus, options.pieces))
        told += f", {options.pieces:,} articles, indexed in {filled} s"
    sys.stdout.write(f"{told}\n\n")
    for line in measure(options.times):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

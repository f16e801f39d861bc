"""What a search finds first, and how long it takes, on 100,000 pieces.

    python -m tests.bench search [--corpus DIR] [--pieces 100000] [--database URL]

The pieces are made of real text: of each record in the NDJSON files of ``--corpus``
(records as ``import_articles`` reads them, with ``body_html``, ``body`` or
``summary``) every sentence becomes a headline once, with those behind it as excerpt.
Without a corpus, of sentences that a generator puts together. The table on stdout is
Markdown; a time is the median of ``--times``, of the whole of a page by Django's test
client and of the search alone.
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
from collections.abc import Iterator
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
    ("/search/", "early", "10,000 hits, none among the newest 90 %"),
    ("/search/?after={deep}", "the", "the deepest page of a common word"),
    ("/search/?to=2015-06-01", "government", "up to a day"),
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


def sentences(corpus: str) -> Iterator[list[str]]:
    """The sentences of each record of a corpus, or of records that are made up."""
    if not corpus:
        chance = random.Random(1)
        while True:
            yield [
                " ".join(chance.choices(ENGLISH.split(), k=12)).capitalize() + "."
                if chance.random() < 0.7
                else "".join(chance.choices(JAPANESE.split(), k=6)) + "。"
                for _ in range(20)
            ]
    lines: list[str] = []
    for path in sorted(Path(corpus).rglob("*.ndjson")):
        lines += path.read_text(encoding="utf-8").splitlines()
    # Of several files none is older than the others.
    random.Random(3).shuffle(lines)
    for record in map(json.loads, lines):
        if "title" in record:
            texts = [str(record.get(name) or "") for name in ("body_html", "body")]
            text = next(filter(None, texts), str(record.get("summary") or ""))
            text = html.unescape(_TAG.sub("\n", text))
            found = [each.strip() for each in _SENTENCE.findall(text)]
            texts = [str(record["title"]).strip(), *found]
            yield [each for each in texts if len(each) > 11]


def pieces(corpus: str, number: int) -> Iterator[tuple[str, str]]:
    """Headline and excerpt of so many pieces; a corpus that is short is read again."""
    made, repeated = 0, 0
    while made < number:
        before = made
        for found in sentences(corpus):
            for at, sentence in enumerate(found):
                behind = found[at + 1 + repeated : at + 4 + repeated]
                yield sentence[:200], " ".join(behind)[:600]
                made += 1
                if made == number:
                    return
        repeated += 3
        if made == before:
            raise SystemExit(f"No records in {corpus}: *.ndjson with title and body.")


def fill(corpus: str, number: int) -> float:
    """Make the pieces, and the index as ``check_search`` fills an older site's.

    Returns the seconds that the index took.
    """
    import datetime

    from django.db import connection
    from django.utils import timezone
    from django.utils.text import slugify

    from articles import search
    from articles.models import Article, Category, Source, Tag, TaggedArticle
    from articles.tagging import index

    names = [f"Bench source {n}" for n in range(40)]
    sources = list(Source.objects.get_or_make(names).values())
    category = Category.objects.get_or_make(["General"])["general"]
    called = ["Trade", "Mobile", *(f"Subject {n}" for n in range(9996))]
    small, large, *others = Tag.objects.bulk_create(
        Tag(name=name, slug=slugify(name))
        for name in ["Bench small", "Bench large", *called]
    )
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
    for at, (headline, excerpt) in enumerate(pieces(corpus, number)):
        # The newest first; the oldest tenth holds a word that no newer one has.
        is_early = at >= number * 9 // 10
        moment = now - datetime.timedelta(hours=at)
        batch.append(
            Article(
                source=sources[at % 40],
                category=category,
                url=f"https://bench.example/{at}",
                canonical_url=f"https://bench.example/{at}",
                source_headline=headline,
                source_excerpt=excerpt,
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
    from django.test import Client

    from articles import search
    from articles.models import Article

    deepest = Article.objects.published().order_by("listed_at")[3].pk
    client = Client()
    asked = [("/search/", *each) for each in SEARCHES]
    asked += [(path.format(deep=deepest), words, why) for path, words, why in PATHS]
    yield "| Search | What it is | First of what is found | Index, ms | Page, ms |"
    yield "|---|---|---|---:|---:|"
    for path, words, why in asked:
        words = "earlybird" if words == "early" else words
        alone, whole = [], []
        for _ in range(times):
            if path == "/search/":
                rows = Article.objects.published()
                started = time.perf_counter()
                span = search.Span(20)
                list(
                    search.narrowed(rows, words, span, id_field="id").values_list("pk")
                )
                alone.append(time.perf_counter() - started)
            started = time.perf_counter()
            where, _, query = path.partition("?")
            parameters = dict(each.split("=") for each in query.split("&") if each)
            page = client.get(where, parameters | {"q": words})
            whole.append(time.perf_counter() - started)
            if page.status_code != 200:
                raise SystemExit(f"{path} {words!r}: {page.status_code}")
        cards = page.context["page"].cards
        first = cards[0].shown.headline if cards else "–"
        first = first if len(first) < 45 else f"{first[:44]}…"
        shown = f"`{words}`" if path == "/search/" else f"`{words}` in `{path}`"
        cells = [
            shown.replace("|", "\\|").replace(str(deepest), "…"),
            why,
            first.replace("|", "\\|"),
            f"{1000 * statistics.median(alone):.1f}" if alone else "",
            f"{1000 * statistics.median(whole):.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


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

    filled = round(fill(options.corpus, options.pieces))
    told = f"{connection.vendor}, {options.pieces:,} pieces, indexed in {filled} s"
    sys.stdout.write(f"{told}\n\n")
    for line in measure(options.times):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

"""The house that the bench of the site walks through: 2,000 made-up pieces.

They come in by the import commands and are worked on by the desk's verbs, so that
every page has what it has in a newsroom: pieces of every reuse policy in three
languages, with pictures, corrections and other carriers, some killed, some that wait
for their hour. What no reader may see carries ``SECRET`` in its words.
"""

import datetime
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Stands in the words of whatever is not public.
SECRET = "Zzunseen"
#: name, language, reuse, what search engines may do with its full texts
SOURCES = [
    ("Harbour & Sons", "en", "excerpt", "none"),
    ("Pacific “Ledger”", "en", "excerpt", "none"),
    ("Northern Wire", "en", "headline", "none"),
    ("Licensed Review", "en", "full_text", "no_news"),
    ("Borrowed Review", "en", "full_text", "publisher"),
    ("Quiet Review", "en", "full_text", "none"),
    ("Our own desk", "en", "full_text", "own"),
    ("湾岸新報", "ja", "excerpt", "none"),
    ("北方通信", "ja", "headline", "none"),
    ("自社編集部", "ja", "full_text", "own"),
    ("صحيفة الميناء", "ar", "excerpt", "none"),
    ("Shut Gazette", "en", "blocked", "none"),
]
CATEGORIES = ["Politics", "Business", "Science & health", "Culture", "Sport"]
#: Words of headlines and texts, by language: who, does what, to what, where.
WORDS = {
    "en": (
        "Minister|Harbour board|Court|“Blue” union|R&D institute|Ferry line|Council",
        "opens|halts|reviews|backs|doubts|signs|<rewrites>|postpones",
        "the tunnel|a trade deal|50 % of its budget|the 2027 plan|an alliance",
        "in Osaka|before the vote|after talks|at O'Hare|on Monday|in the far north",
    ),
    "ja": (
        "首相|港湾局|裁判所|「青」組合|研究所|連絡船会社|市議会",
        "、開始を発表|、停止を決定|、見直しへ|、支持を表明|、署名|、延期",
        "：トンネル計画|：日米同盟|：予算の５割|：新しい規則|：再生エネルギー",
        "　大阪で|　投票を前に|　協議の後で|　月曜日に|　北の海で",
    ),
    "ar": (
        "الوزير|هيئة الميناء|المحكمة|الاتحاد|المعهد|مجلس المدينة",
        " يفتتح| يوقف| يراجع| يدعم| يؤجل",
        " النفق| اتفاق التجارة| خطة 2027| القواعد الجديدة",
        " في أوساكا| قبل التصويت| بعد المحادثات| يوم الاثنين",
    ),
}
#: The first is on a third of all pieces, each further one on fewer.
BUSY = [
    "JapanUSAlliance",
    "日米同盟",
    "Trade",
    "الميناء",
    "R&D",
    "Energy",
    *(f"Subject{n}" for n in range(40)),
]
#: Bytes of a text in full.
_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of page: an address of it, and how it answers."""

    name: str
    path: str
    status: int = 200


def seed(number: int, folder: Path) -> list[Kind]:
    """Fill the database, which is migrated and empty; every kind of page there is."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    by = User.objects.create_superuser("bench")
    _import_sources(folder)
    published, waiting = folder / "published.ndjson", folder / "waiting.ndjson"
    _write(published, _records(number, first=0))
    _write(waiting, _records(60, first=number))
    quiet: dict[str, Any] = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    call_command("import_articles", str(published), status="published", **quiet)
    call_command("import_articles", str(waiting), **quiet)
    _picture()
    _tags(by)
    _work(by)
    return _kinds()


def _import_sources(folder: Path) -> None:
    from django.core.management import call_command

    from articles.models import Source

    path = folder / "sources.json"
    rows = ["name,site_url,feed_url,reuse,language,description"]
    for at, (name, language, reuse, _) in enumerate(SOURCES):
        site = f"https://publisher{at}.example/"
        quoted = name.replace('"', '""')
        about = "" if at % 3 else f"What {quoted} writes about ports & people."
        rows.append(f'"{quoted}",{site},{site}feed,{reuse},{language},"{about}"')
    path = folder / "sources.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    call_command("import_sources", str(path), stdout=io.StringIO())
    for name, _, _, indexing in SOURCES:
        sharing = indexing == "no_news"
        Source.objects.filter(name=name).update(
            indexing=indexing, shares_images=sharing
        )


def _write(path: Path, records: Iterator[dict[str, Any]]) -> None:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _records(number: int, *, first: int) -> Iterator[dict[str, Any]]:
    """So many records, five a day, the newest first."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    for at in range(first, first + number):
        chance = random.Random(at)
        sources = SOURCES if at % 50 else SOURCES[-1:]
        weights = [3, 3, 2, 2, 1, 1, 3, 6, 2, 3, 3, 0][: len(sources)]
        name, language, reuse, _ = (
            chance.choices(sources, weights)[0] if len(sources) > 1 else sources[0]
        )
        title = _sentence(language, chance)
        hidden = f" {SECRET}" if reuse == "blocked" or first else ""
        days = at if not first else at - first
        yield {
            "url": f"https://publisher{at % 11}.example/{at}",
            "title": title + hidden,
            "source": name,
            "published": (now - datetime.timedelta(hours=4.8 * days + 1)).isoformat(),
            "category": chance.choice(CATEGORIES),
            "summary": " ".join(_sentence(language, chance) + "." for _ in range(4)),
            "body": _body(language, chance) if reuse == "full_text" else "",
            "language": language,
            "author": "Ada O’Bell" if at % 4 == 0 else "",
            "image_caption": _sentence(language, chance) if at % 3 == 0 else "",
            "image_credit": "Bench & Co." if at % 3 == 0 else "",
            "image_url": f"https://publisher.example/{at}.jpg" if at % 2 == 0 else "",
            "tags": [*_chosen(chance), *([f"Single{at}"] if at % 40 == 7 else [])],
        }


def _sentence(language: str, chance: random.Random) -> str:
    parts = [chance.choice(each.split("|")) for each in WORDS[language]]
    return (" " if language == "en" else "").join(parts) + f" {chance.randrange(1000)}"


def _body(language: str, chance: random.Random) -> str:
    made = [f"<p>{_sentence(language, chance)}.</p>" for _ in range(_SENTENCES)]
    made[3:3] = [
        "<h2>Zwischenruf</h2><ul><li>1</li><li>2</li></ul>",
        "<table><tr><th scope='col'>Year</th></tr><tr><td>2026</td></tr></table>",
        "<blockquote><p>It was said.</p></blockquote>",
        "<p><a href='https://publisher.example/a?b=1&c=2'>More of it</a></p>",
    ]
    return "".join(made)


def _chosen(chance: random.Random) -> list[str]:
    found = {BUSY[min(int(chance.expovariate(1 / 6)), len(BUSY) - 1)] for _ in "123"}
    return sorted(found | ({BUSY[0]} if chance.random() < 0.3 else set()))


def _picture() -> None:
    """Pictures in their renditions, of several shapes, on two fifths of the pieces."""
    from PIL import Image as Pillow

    from articles.demo.pictures import SCENES, picture
    from articles.images import library
    from articles.models import Article

    ids = list(Article.objects.order_by("pk").values_list("pk", flat=True))
    scenes = sorted(SCENES)[:8]
    for at, scene in enumerate(scenes):
        data = picture(scene, "bench")
        if at in {1, 2}:
            opened = Pillow.open(io.BytesIO(data))
            size = (500, 750) if at == 1 else (220, 160)
            out = io.BytesIO()
            opened.resize(size).save(out, "JPEG")
            data = out.getvalue()
        chosen = [pk for n, pk in enumerate(ids) if n % 20 == at or n == at]
        image = library.attach(Article.objects.get(pk=chosen[0]), data)
        library.put_on(chosen[1:], image)
    Article.objects.filter(pk__in=ids[::3]).update(image_alt="A quay & two cranes")


def _tags(by: Any) -> None:
    """One of 20 pieces, an internal one, a merged one, other names, an emptied one."""
    from django.core.exceptions import ObjectDoesNotExist

    from articles import workflow
    from articles.models import Article, Tag
    from articles.tagging import tags

    public = list(Article.objects.published().order_by("-listed_at")[:400])
    workflow.tag([each.pk for each in public[::7][:20]], on=["Twenty"], by=by)
    workflow.tag([each.pk for each in public[5:25]], on=["Merged"], by=by)
    workflow.tag([public[3].pk], on=["Emptied"], by=by)
    workflow.tag([each.pk for each in public[:60]], on=[f"{SECRET}Internal"], by=by)
    found = {each.name: each for each in Tag.objects.all()}
    if "Merged" not in found:
        raise ObjectDoesNotExist("The tags were not put on.")
    Tag.objects.filter(pk=found[f"{SECRET}Internal"].pk).update(is_internal=True)
    tags.merge([found["Merged"]], found["Trade"], by=by)
    tags.add_alias(found["JapanUSAlliance"], "Japan-U.S. alliance")
    tags.rename(found["Energy"], "Power")
    workflow.tag([public[3].pk], off=[found["Emptied"].pk], by=by)
    for name in ("JapanUSAlliance", "Twenty", "日米同盟"):
        Tag.objects.filter(name=name).update(description=f"What “{name}” is & does.")


def _work(by: Any) -> None:
    """What a desk does: embargoes, kills, corrections, folding, notes."""
    from django.utils import timezone

    from articles import workflow
    from articles.models import Article

    waiting = list(Article.objects.filter(status="ingested").order_by("pk"))
    public = list(Article.objects.published().order_by("-listed_at")[:120])
    later = timezone.now() + datetime.timedelta(days=3)
    ids = [each.pk for each in waiting]
    workflow.move_many(ids[:10], "publish", by=by, at=later)
    workflow.move_many(ids[10:15], "spike", by=by)
    # Those that carry what another has told are named, with their words left out.
    leads = [public[1], public[1], public[1], public[1], public[1], *public[2:30]]
    for each, lead in zip(waiting[15:45], leads, strict=False):
        workflow.fold(each.pk, lead.pk, by=by)
    for at, each in enumerate(public[10:70:3]):
        kind = "clarification" if at % 3 else "correction"
        workflow.correct(each.pk, f"It was {at} % & not <{at + 1}>.", kind=kind, by=by)
    for each in public[1:60:4]:
        each.note = "Why it matters: “ports” & people."
        workflow.edit(each, ["note"], by=by)
    killed = [each.pk for each in public[80:95]]
    for each in public[80:95]:
        each.headline = f"{SECRET} {each.pk}"
        workflow.edit(each, ["headline"], by=by)
    workflow.move_many(
        killed, "kill", by=by, reason="A court's order.", notice="Taken down by order."
    )
    workflow.move_many([each.pk for each in public[95:100]], "unpublish", by=by)


def _kinds() -> list[Kind]:
    """Every kind of page, by an address without the language."""
    from articles.models import Article, Category, Correction, Source, Tag

    rows = Article.objects.published().select_related("source").order_by("-listed_at")
    newest = rows[0]
    day = newest.listed_at.date()
    tag = Tag.objects.get(name="JapanUSAlliance")
    other = Tag.objects.get(name="日米同盟")
    arabic = Tag.objects.get(name="الميناء")
    alone = Tag.objects.filter(listed_count=1, is_internal=False)[0]
    own, section = newest.source, Category.objects.order_by("key")[0]
    both = "+".join(each.slug for each in sorted((tag, other), key=lambda t: t.key))
    month = f"{day:%Y/%m}/"
    deep = rows[60].pk
    pieces = [
        (f"piece, {reuse} {indexing}".removesuffix(" none"), found)
        for reuse, indexing in dict.fromkeys((r, i) for _, _, r, i in SOURCES[:-1])
        if (found := rows.filter(source__reuse=reuse, source__indexing=indexing)[:1])
    ]
    told = Correction.objects.order_by("pk")[0].article
    killed = Article.objects.filter(status="killed")[0]
    pictured = rows.filter(image__isnull=False, source__reuse="excerpt")[0]
    carried = rows.filter(folded__isnull=False)[0]
    arab = rows.filter(language="ar")[0]
    return [
        Kind("home", "/"),
        Kind("home, behind a cursor", f"/?after={deep}"),
        Kind("home, filtered", "/?category=politics&language=en&q=council"),
        Kind("home, nothing found", "/?language=xx"),
        Kind("home, refused", "/?from=yesterday", 400),
        Kind("home, a month", f"/{month}"),
        Kind("home, a day", f"/{month}{day:%d}/"),
        Kind("tags", "/tags/"),
        Kind("tag, busy", tag.get_absolute_url()),
        Kind("tag, 20 pieces", Tag.objects.get(name="Twenty").get_absolute_url()),
        Kind("tag, Japanese", other.get_absolute_url()),
        Kind("tag, Arabic", arabic.get_absolute_url()),
        Kind("tag, one piece", alone.get_absolute_url()),
        Kind("tag, emptied", Tag.objects.get(name="Emptied").get_absolute_url()),
        Kind("tag, filtered", f"{tag.get_absolute_url()}?source={own.slug}"),
        Kind("tag, a month", f"{tag.get_absolute_url()}{month}"),
        Kind("tags, two", f"/tags/{both}/"),
        Kind("source", own.get_absolute_url()),
        Kind("source, a month", f"{own.get_absolute_url()}{month}"),
        Kind("category", section.get_absolute_url()),
        Kind("search", "/search/"),
        Kind("search, found", "/search/?q=council"),
        Kind("search, Japanese", "/search/?q=同盟"),
        Kind("search, not found", "/search/?q=xyzzy"),
        Kind("corrections", "/corrections/"),
        *(Kind(name, found[0].get_absolute_url()) for name, found in pieces),
        Kind("piece, corrected", told.get_absolute_url()),
        Kind("piece, with a picture", pictured.get_absolute_url()),
        Kind("piece, carried by others", carried.get_absolute_url()),
        Kind("piece, Arabic", arab.get_absolute_url()),
        Kind("piece, killed", killed.get_absolute_url(), 410),
        Kind("not found", "/nothing/", 404),
        Kind(
            "source, blocked",
            Source.objects.get(reuse="blocked").get_absolute_url(),
            404,
        ),
    ]

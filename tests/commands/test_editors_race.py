"""Editors who act on the same pieces at once, from processes of their own."""

import json
import subprocess
from collections import Counter
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import connections

from articles.models import Article, Category, Change, Source, TaggedArticle
from tests.commands.scratch import Scratch, ended, is_sqlite, until
from tests.factories import ArticleFactory

#: Pieces that are fought for, and editors who do.
PIECES, EDITORS = 50, 4

#: What each editor's process does: publish, spike, fold, tag or edit one piece after
#: the other, each as it was when all of them looked.
EDITOR = """
import json, random, sys, time
from django.contrib.auth.models import User
from articles import workflow
from articles.models import Article

number = {number}
by = User.objects.get(username=f"editor{{number}}")
pieces = list(Article.objects.filter(pk__gt=1).order_by("pk"))
random.Random(number).shuffle(pieces)
print("ready", flush=True)
sys.stdin.readline()
won = []
for article in pieces:
    seen = {{article.pk: 0}}
    verb = random.Random(number * 1000 + article.pk).choice(
        ["publish", "spike", "select", "fold", "tag", "edit"]
    )
    if verb == "publish":
        moved = workflow.publish([article.pk], by=by, versions=seen).moved
    elif verb in ("spike", "select"):
        moved = workflow.move_many([article.pk], verb, by=by, versions=seen).moved
    elif verb == "fold":
        moved = workflow.fold(article.pk, 1, by=by, versions=seen).moved
    elif verb == "tag":
        moved = workflow.tag([article.pk], on=["Race"], by=by, versions=seen).moved
    else:
        article.headline = f"By editor {{number}}"
        try:
            workflow.edit(article, ["headline"], by=by, version=0)
            moved = [article.pk]
        except workflow.ChangedMeanwhile:
            moved = []
    won += moved
    time.sleep(0.01)  # SQLite's lock is not fair to who waits for it
print(json.dumps(won))
"""


def prepare(scratch: Scratch) -> None:
    using = scratch.alias
    source = Source.objects.using(using).create(name="Paper", slug="paper")
    category = Category.objects.using(using).create(name="General", slug="general")
    for number in range(PIECES + 1):
        ArticleFactory.build(
            pk=number + 1,
            source=source,
            category=category,
            url=f"https://paper.example/{number}",
            source_published_at=datetime(2026, 11, 1, tzinfo=UTC),
            # Else a form waits for others before it has begun, to compute them.
            needs_suggestions=False,
        ).save(using=using, force_insert=True)
    for number in range(EDITORS):
        editors = User.objects.using(using)
        editors.create(username=f"editor{number}", is_superuser=True)
    connections[using].close()


def start(
    scratch: Scratch, number: int, script: str = EDITOR
) -> "subprocess.Popen[bytes]":
    code = script.format(number=number)
    process = scratch.start("shell", "--verbosity=0", "-c", code)
    assert process.stdout and process.stdout.readline() == b"ready\n"
    return process


def test_of_editors_who_act_on_a_piece_at_once_one_wins(scratch: Scratch) -> None:
    prepare(scratch)
    processes = [start(scratch, number) for number in range(EDITORS)]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    done = [ended(process) for process in processes]
    assert [each.code for each in done] == [0] * EDITORS, done
    won = Counter(pk for each in done for pk in json.loads(each.out))
    pieces = Article.objects.using(scratch.alias).filter(pk__gt=1)
    assert won == Counter(pieces.values_list("pk", flat=True))
    assert len(won) == PIECES
    assert set(pieces.values_list("version", flat=True)) == {1}
    changes = Change.objects.using(scratch.alias)
    assert Counter(changes.values_list("article", flat=True)) == won
    by = Counter(changes.values_list("act__by_name", flat=True))
    # Not all of them on a machine that has other things to do: who comes late finds
    # every piece decided on.
    assert len(by) > 1, "the editors took turns instead of racing"
    listed = TaggedArticle.objects.using(scratch.alias).filter(listed_at__isnull=False)
    assert not listed.exists()


#: Each editor posts the form of one piece after the other, as the page showed it
#: before anybody had saved, with a headline of their own.
FORMS = """
import json, random, sys, time
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import setup_test_environment
from articles.models import Article

setup_test_environment()
number = {number}
client = Client()
client.force_login(User.objects.get(username=f"editor{{number}}"))
pieces = list(Article.objects.filter(pk__gt=1, pk__lte=13).order_by("pk"))
random.Random(number).shuffle(pieces)
print("ready", flush=True)
sys.stdin.readline()
answers = {{}}
for article in pieces:
    data = {{
        "version": 0,
        "initial-headline": "",
        "headline": f"By editor {{number}}",
        "initial-category": article.category_id,
        "category": article.category_id,
    }}
    if number % 2:
        data["_move"] = "publish"
    page = client.post(f"/admin/articles/article/{{article.pk}}/change/", data)
    answers[article.pk] = page.status_code
    if page.status_code == 409:
        assert f"By editor {{number}}" in page.text, "what was typed is lost"
    time.sleep(0.01)
print(json.dumps(answers))
"""


def test_of_forms_that_are_posted_at_once_one_is_saved_and_the_others_shown_again(
    scratch: Scratch,
) -> None:
    prepare(scratch)
    using = scratch.alias
    User.objects.using(using).update(is_staff=True, is_superuser=True)
    connections[using].close()
    processes = [start(scratch, number, FORMS) for number in range(EDITORS)]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    done = [ended(process) for process in processes]
    assert [each.code for each in done] == [0] * EDITORS, done
    answers = [json.loads(each.out) for each in done]
    winners = set()
    for article in Article.objects.using(using).filter(pk__gt=1, pk__lte=13):
        codes = [answer[str(article.pk)] for answer in answers]
        assert sorted(codes) == [302] + [409] * (EDITORS - 1), codes
        winner = codes.index(302)
        winners.add(winner)
        assert article.headline == f"By editor {winner}"
        assert article.status == ("published" if winner % 2 else "ingested")
        assert article.version == 1
    assert len(winners) > 1, "the editors took turns instead of racing"
    assert Change.objects.using(using).count() == 12


#: A colleague whose save is under way: written, and not yet committed.
COLLEAGUE = """
import sys
from django.contrib.auth.models import User
from django.db import transaction
from articles import workflow
from articles.models import Article

with transaction.atomic():
    article = Article.objects.get(pk=2)
    article.headline = "By the colleague"
    workflow.edit(article, ["headline"], by=User.objects.get(username="editor{number}"))
    print("ready", flush=True)
    sys.stdin.readline()
"""


def waits_for_a_lock(scratch: Scratch) -> bool:
    """Whether somebody waits; SQLite does not tell, and lets nobody begin."""
    if is_sqlite():
        return True
    with connections[scratch.alias].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


def test_a_form_that_waits_for_a_colleagues_save_is_compared_with_it(
    scratch: Scratch,
) -> None:
    prepare(scratch)
    using = scratch.alias
    User.objects.using(using).update(is_staff=True, is_superuser=True)
    Article.objects.using(using).filter(pk__gt=2).delete()
    connections[using].close()
    form = start(scratch, 0, FORMS)
    colleague = start(scratch, 1, COLLEAGUE)
    for process in (form, colleague):
        assert process.stdin
    form.stdin.write(b"go\n")
    form.stdin.flush()
    until(lambda: waits_for_a_lock(scratch), form)
    colleague.stdin.write(b"go\n")
    colleague.stdin.flush()
    assert ended(colleague).code == 0
    answer = ended(form)
    assert json.loads(answer.out) == {"2": 409}, answer.err
    article = Article.objects.using(using).get(pk=2)
    assert (article.headline, article.version) == ("By the colleague", 1)

"""Pictures that one process attaches while another removes what nothing uses."""

from pathlib import Path

from django.db import connections

from articles.models import Article, Category, Source
from tests.commands.scratch import Scratch, ended
from tests.factories import ArticleFactory

#: Attaches one of three pictures again and again, and takes it off.
KEEPER = """
import sys, time
from articles.images import library
from articles.models import Article
from tests.test_unused_images import data

pictures = [data("#%d0%d0%d0" % (n, n, n)) for n in range(3)]
article = Article.objects.get(pk={number})
print("ready", flush=True)
sys.stdin.readline()
for turn in range(40):
    image = library.attach(article, pictures[turn % 3])
    article.refresh_from_db()
    assert article.image == image, turn
    assert article.image.file.storage.exists(article.image.file.name), turn
    if turn < 39:
        Article.objects.filter(pk=article.pk).update(image=None)
        time.sleep(0.02)  # SQLite's lock is not fair to who waits for it
"""
#: Removes pictures all the while.
REMOVER = """
import sys, time
from articles.images import library

print("ready", flush=True)
sys.stdin.readline()
removed = 0
for _ in range(150):
    removed += library.remove_unused()
    time.sleep(0.01)
print(removed)
"""


def test_what_is_attached_at_the_same_moment_is_not_removed(
    scratch: Scratch, tmp_path: Path
):
    using, media = scratch.alias, tmp_path / "pictures"
    source = Source.objects.using(using).create(name="Paper", slug="paper")
    category = Category.objects.using(using).create(name="General", slug="general")
    for number in (1, 2):
        piece = ArticleFactory.build(pk=number, source=source, category=category)
        piece.save(using=using, force_insert=True)
    connections[using].close()
    codes = [KEEPER.format(number=1), KEEPER.format(number=2), REMOVER]
    processes = [
        scratch.start("shell", "--verbosity=0", "-c", code, MEDIA_ROOT=str(media))
        for code in codes
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    done = [ended(process) for process in processes]

    assert [each.code for each in done] == [0, 0, 0], done
    assert int(done[2].out) > 0, "nothing was removed in between"
    for article in Article.objects.using(using).select_related("image"):
        assert (media / article.image.file.name).exists()

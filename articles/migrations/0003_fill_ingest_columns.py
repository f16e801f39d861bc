"""Give the rows that are there what imports will look them up by from now on."""

from django.db import migrations
from django.db.models import F

from articles.ingest.identity import external_key
from articles.models import host_of

BATCH = 1000


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    feeds = apps.get_model("articles", "Feed").objects.using(alias)
    for feed in feeds.iterator():
        feeds.filter(pk=feed.pk).update(host=host_of(feed.url))
    articles = apps.get_model("articles", "Article").objects.using(alias)
    articles.exclude(image_url="").filter(image=None).update(image_wanted=True)
    # An id that is no address is its own key.
    articles.update(external_key=F("external_id"))
    addresses = articles.filter(external_id__contains="://")
    batch = []
    for article in addresses.only("external_id").iterator(chunk_size=BATCH):
        article.external_key = external_key(article.external_id)
        batch.append(article)
        if len(batch) == BATCH:
            articles.bulk_update(batch, ["external_key"], batch_size=100)
            batch = []
    articles.bulk_update(batch, ["external_key"], batch_size=100)


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_ingest_from_the_web")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

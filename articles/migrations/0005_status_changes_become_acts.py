"""Every move that was made is an act from now on; a bulk move stays one act."""

from collections import Counter

from django.db import migrations

BATCH = 1000


def carry_over(apps, schema_editor):
    alias = schema_editor.connection.alias
    acts = apps.get_model("articles", "Act").objects.using(alias)
    old = apps.get_model("articles", "StatusChange").objects.using(alias)
    change = apps.get_model("articles", "Change")
    versions, last, act, changes = Counter(), None, None, []
    for row in old.order_by("pk").iterator(chunk_size=BATCH):
        # A bulk move wrote its rows one after the other, with one moment.
        deed = (row.action, row.by_id, row.by_name, row.at, row.reason)
        if deed != last:
            last, act = deed, _act(acts, row)
        versions[row.article_id] += 1
        changes.append(_change(change, row, act, versions[row.article_id]))
        if len(changes) == BATCH:
            change.objects.using(alias).bulk_create(changes)
            changes = []
    change.objects.using(alias).bulk_create(changes)
    _number(apps.get_model("articles", "Article").objects.using(alias), versions)


def _act(acts, row):
    return acts.create(
        kind=row.action,
        by_id=row.by_id,
        by_name=row.by_name,
        at=row.at,
        reason=row.reason,
    )


def _change(change, row, act, version):
    return change(
        act=act,
        article_id=row.article_id,
        # The number of a piece that has gone was not kept.
        number=row.article_id or 0,
        headline=row.headline,
        version=version,
        before={"status": row.before},
        after={"status": row.after},
    )


def _number(articles, versions):
    """Give each article the version of its last change."""
    by_version = {}
    for article, version in versions.items():
        by_version.setdefault(version, []).append(article)
    for version, ids in by_version.items():
        for start in range(0, len(ids), 500):
            articles.filter(pk__in=ids[start : start + 500]).update(version=version)


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_desk")]
    operations = [
        migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True)
    ]

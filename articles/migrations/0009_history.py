"""Acts say how many pieces they changed, and are found by person, kind and piece."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce


def count_pieces(apps, schema_editor):
    alias = schema_editor.connection.alias
    changes = apps.get_model("articles", "Change").objects.using(alias)
    own = changes.filter(act=OuterRef("pk")).order_by().values("act")
    counted = own.annotate(number=Count("pk")).values("number")
    acts = apps.get_model("articles", "Act").objects.using(alias)
    acts.update(pieces=Coalesce(Subquery(counted), 0))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0008_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="act",
            name="pieces",
            field=models.PositiveIntegerField(default=0, verbose_name="pieces"),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["by_name", "-at", "-id"], name="acts_by_name"),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["kind", "-at", "-id"], name="acts_of_a_kind"),
        ),
        migrations.AlterField(
            model_name="change",
            name="act",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.deletion.PROTECT,
                related_name="changes",
                to="articles.act",
                verbose_name="act",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["act", "id"], name="changes_of_an_act"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["number", "-id"], name="changes_of_a_number"),
        ),
        migrations.RunPython(count_pieces, migrations.RunPython.noop, elidable=True),
    ]

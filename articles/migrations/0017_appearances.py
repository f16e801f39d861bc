from django.db import migrations, models
from django.db.models.functions import Now


def note_hours(apps, schema_editor):
    """Those of the pieces that are published for a later hour already."""
    articles = apps.get_model("articles", "Article").objects
    later = articles.filter(listed_at__isnull=False, visible_from__gt=Now())
    appearance = apps.get_model("articles", "Appearance")
    hours = set(later.order_by().values_list("visible_from", flat=True))
    appearance.objects.bulk_create(appearance(at=at) for at in sorted(hours))


class Migration(migrations.Migration):
    dependencies = [("articles", "0016_names")]

    operations = [
        migrations.CreateModel(
            name="Appearance",
            fields=[
                ("at", models.DateTimeField(primary_key=True, serialize=False)),
            ],
            options={"verbose_name": "appearance"},
        ),
        migrations.RunPython(note_hours, migrations.RunPython.noop),
    ]

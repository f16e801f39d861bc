from django.db import migrations, models


def begin(apps, schema_editor):
    """The edition that every page asks for."""
    apps.get_model("articles", "Edition").objects.create(name="site", stamp=0)


class Migration(migrations.Migration):
    dependencies = [("articles", "0013_search")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=120, primary_key=True, serialize=False
                    ),
                ),
                ("stamp", models.BigIntegerField()),
            ],
            options={"verbose_name": "edition"},
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]

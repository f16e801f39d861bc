from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0014_editions")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="record_digest",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text=(
                    "Of the record that an import last made or updated it from."
                ),
                max_length=32,
            ),
        ),
    ]

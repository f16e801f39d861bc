"""The roles are there from the start, as groups with their rights."""

from django.db import migrations

from articles import roles


def make_roles(apps, schema_editor):
    # The table of today, and not a copy of it, is what a database should have that
    # is new today; one that is older gets it by sync_roles. See decision 0018.
    roles.sync(using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0007_likeness"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name="article",
            options={
                "permissions": [
                    ("select_article", "Can select articles for publication"),
                    ("revise_article", "Can edit articles that no longer wait"),
                    ("publish_article", "Can publish and unpublish articles"),
                    ("spike_article", "Can spike articles and bring them back"),
                    ("kill_article", "Can kill articles for good"),
                    ("correct_article", "Can write corrections of articles"),
                ],
                "verbose_name": "article",
                "verbose_name_plural": "articles",
            },
        ),
        migrations.RunPython(make_roles, migrations.RunPython.noop, elidable=True),
    ]

"""The search index: a row for each article, and what each database searches in.

The rows themselves are written by ``manage.py check_search --repair``, in batches
and beside a running site.
"""

import django.db.models.deletion
from django.db import migrations, models

import articles.models.named

#: Words are parted by blanks alone, as articles.words has cut them. The triggers
#: are the documented way to keep an FTS5 table true to a table that holds its text.
SQLITE = [
    """
    CREATE VIRTUAL TABLE articles_searchwords USING fts5(
        words, content='articles_searchrow', content_rowid='position',
        tokenize="ascii tokenchars '+#=-'"
    )
    """,
    """
    CREATE TRIGGER search_row_comes AFTER INSERT ON articles_searchrow BEGIN
        INSERT INTO articles_searchwords(rowid, words)
        VALUES (new.position, new.words);
    END
    """,
    """
    CREATE TRIGGER search_row_goes AFTER DELETE ON articles_searchrow BEGIN
        INSERT INTO articles_searchwords(articles_searchwords, rowid, words)
        VALUES ('delete', old.position, old.words);
    END
    """,
    """
    CREATE TRIGGER search_row_changes AFTER UPDATE ON articles_searchrow BEGIN
        INSERT INTO articles_searchwords(articles_searchwords, rowid, words)
        VALUES ('delete', old.position, old.words);
        INSERT INTO articles_searchwords(rowid, words)
        VALUES (new.position, new.words);
    END
    """,
]
#: Without its list of pending entries a search costs the same after any import.
POSTGRESQL = [
    """
    ALTER TABLE articles_searchrow
        ADD COLUMN vector tsvector GENERATED ALWAYS AS (words::tsvector) STORED
    """,
    """
    CREATE INDEX search_words ON articles_searchrow USING gin (vector)
        WITH (fastupdate = off)
    """,
]


def derive(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        schema_editor.execute(statement)


def forget(apps, schema_editor):
    """The column goes with its table; an FTS5 table is one of its own."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE articles_searchwords")


def write_words_of_names(apps, schema_editor):
    alias = schema_editor.connection.alias
    for name in ("Source", "Tag", "TagAlias"):
        rows = apps.get_model("articles", name).objects.using(alias)
        batch = []
        for row in rows.only("name").iterator(1000):
            row.words = articles.models.named.words_of_name(row.name)
            batch.append(row)
            if len(batch) == 1000:
                rows.bulk_update(batch, ["words"], batch_size=200)
                batch = []
        rows.bulk_update(batch, ["words"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [("articles", "0012_pictures")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="words",
            field=articles.models.named.NameWordsField(default="", editable=False),
        ),
        migrations.AddField(
            model_name="tag",
            name="words",
            field=articles.models.named.NameWordsField(default="", editable=False),
        ),
        migrations.AddField(
            model_name="tagalias",
            name="words",
            field=articles.models.named.NameWordsField(default="", editable=False),
        ),
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_row",
                        serialize=False,
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(editable=False, verbose_name="position"),
                ),
                (
                    "shelf",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "aside"), (1, "listed"), (2, "waiting")],
                        default=0,
                        editable=False,
                        verbose_name="shelf",
                    ),
                ),
                ("words", models.TextField(editable=False, verbose_name="words")),
            ],
            options={
                "verbose_name": "row of the search index",
                "verbose_name_plural": "rows of the search index",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["shelf", "-position"], name="search_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("position",), name="search_position_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("shelf__in", [0, 1, 2])),
                        name="search_shelf_is_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(derive, forget),
        migrations.RunPython(write_words_of_names, migrations.RunPython.noop),
    ]

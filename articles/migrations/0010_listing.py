"""Tags for the desk alone, and when each tag first had something to read."""

from django.db import migrations, models
from django.db.models import F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, Now


def fill_first_shown(apps, schema_editor):
    """From the pieces that are listed, and those that were published before."""
    alias = schema_editor.connection.alias
    rows = apps.get_model("articles", "TaggedArticle").objects.using(alias)
    published = F("content_object__published_at")
    embargo = F("content_object__embargoed_until")
    shows = Greatest(published, Coalesce(embargo, published))
    own = rows.filter(tag=OuterRef("pk"), content_object__published_at__isnull=False)
    own = own.annotate(shows=shows)
    own = own.filter(Q(listed_at__isnull=False) | Q(shows__lte=Now()))
    soonest = own.order_by().values("tag").annotate(soonest=Min("shows"))
    tags = apps.get_model("articles", "Tag").objects.using(alias)
    tags.update(shown_from=Subquery(soonest.values("soonest")))


class Migration(migrations.Migration):
    dependencies = [("articles", "0009_history")]

    operations = [
        migrations.AddField(
            model_name="tag",
            name="is_internal",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "For the desk alone: readers never see it, and it has no page."
                ),
                verbose_name="internal",
            ),
        ),
        migrations.AddField(
            model_name="tag",
            name="shown_from",
            field=models.DateTimeField(
                editable=False,
                help_text="When readers could read the first piece under it.",
                null=True,
                verbose_name="first shown",
            ),
        ),
        migrations.RunPython(
            fill_first_shown, migrations.RunPython.noop, elidable=True
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0006_drop_status_changes'),
    ]

    operations = [
        # Nothing has written to it: rows by key and article take its place.
        migrations.DeleteModel(
            name='TextBand',
        ),
        migrations.CreateModel(
            name='TextBand',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'article_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField(verbose_name='key')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='text_bands', to='articles.article', verbose_name='article')),
            ],
            options={
                'verbose_name': 'band of a text',
                'verbose_name_plural': 'bands of texts',
            },
        ),
        migrations.AddIndex(
            model_name='possibleduplicate',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['article', 'other'], name='open_possible_duplicate'),
        ),
    ]

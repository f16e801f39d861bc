"""What a licence says of search engines and of pictures away from our pages."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0010_listing'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='indexing',
            field=models.CharField(choices=[('none', 'not listed by search engines'), ('no_news', 'listed, but not by news searches'), ('publisher', 'listed at the publisher’s own address'), ('own', 'our own work: listed everywhere')], default='none', help_text='As the licence says. Counts under full text only.', max_length=10, verbose_name='full texts in search engines'),
        ),
        migrations.AddField(
            model_name='source',
            name='shares_images',
            field=models.BooleanField(default=False, help_text='Away from our pages: in feeds, and where others show a link to a piece.', verbose_name='pictures may be shared'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('indexing__in', ['none', 'no_news', 'publisher', 'own'])), name='source_indexing_is_known'),
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("articles", "0005_status_changes_become_acts")]
    operations = [migrations.DeleteModel(name="StatusChange")]

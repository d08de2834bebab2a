from django.db import migrations


def create(apps, schema_editor):
    apps.get_model("tenants", "Tenant").objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

from django.db import migrations, models
from django.db.models import Max, OuterRef, Subquery


def fill(apps, schema_editor):
    """Whoever signed in by a code before has proved the number then."""
    requests = (
        apps.get_model("users", "OTPRequest")
        .objects.filter(phone_number=OuterRef("phone_number"), verified_at__isnull=False)
        .order_by()
        .values("phone_number")
        .annotate(latest=Max("verified_at"))
    )
    apps.get_model("users", "User").objects.update(phone_verified_at=Subquery(requests.values("latest")[:1]))


class Migration(migrations.Migration):
    dependencies = [("users", "0002_otp_requests_and_service_keys")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="phone_verified_at",
            field=models.DateTimeField(
                blank=True, help_text="A one-time code last proved then that the number is theirs.", null=True
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

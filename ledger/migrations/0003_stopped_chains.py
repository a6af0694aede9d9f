from django.db import migrations, models

from ledger.guards import guards_install


class Migration(migrations.Migration):
    """Chains that take no entry because they did not verify."""

    dependencies = [("ledger", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="Stop",
            fields=[
                ("institution_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("stopped_at", models.DateTimeField(editable=False)),
            ],
        ),
        migrations.RunPython(guards_install, migrations.RunPython.noop),
    ]

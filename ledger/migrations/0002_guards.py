from django.db import migrations

from ledger.guards import guards_install


class Migration(migrations.Migration):
    """The triggers and functions that make the tables append-only."""

    dependencies = [("ledger", "0001_chain")]

    operations = [migrations.RunPython(guards_install, migrations.RunPython.noop)]

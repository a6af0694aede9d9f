from django.db import migrations

from ledger.guards import guards_install


class Migration(migrations.Migration):
    """``ledger_append`` takes its entries as lines, which costs the driver nothing."""

    dependencies = [("ledger", "0003_stopped_chains")]

    operations = [migrations.RunPython(guards_install, migrations.RunPython.noop)]

from django.db import migrations

from ledger.guards import guards_install


class Migration(migrations.Migration):
    """Writers that wait for one head share a flush."""

    dependencies = [("ledger", "0004_append_by_lines")]

    operations = [migrations.RunPython(guards_install, migrations.RunPython.noop)]

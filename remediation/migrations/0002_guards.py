from django.db import migrations

from remediation.guards import guards_install


class Migration(migrations.Migration):
    """The triggers that refuse a job without its approval."""

    dependencies = [("remediation", "0001_governance")]

    operations = [migrations.RunPython(guards_install, migrations.RunPython.noop)]

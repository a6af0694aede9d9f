"""The groups that roles are."""

from typing import Any

from django.db import migrations

ROLES = (
    "super_admin", "ops_lead", "technician", "noc", "agentic_operator", "developer", "devops",
    "security_analyst", "seo", "org_admin", "owner", "executive_admin", "auditor",
)


def groups_create(apps: Any, schema_editor: Any) -> None:
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.using(schema_editor.connection.alias).get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("institutions", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(groups_create, migrations.RunPython.noop)]

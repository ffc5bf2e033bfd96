from django.db import migrations

from readerstudy.audit import guard


def set_guard(apps, schema_editor):
    guard.run(schema_editor.connection, guard.LOG, "set")


def lift_guard(apps, schema_editor):
    guard.run(schema_editor.connection, guard.LOG, "lift")


class Migration(migrations.Migration):
    """Update and delete of audit events are refused by the database itself."""

    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(set_guard, lift_guard)]

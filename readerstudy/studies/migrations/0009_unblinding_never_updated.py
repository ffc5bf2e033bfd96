"""The database itself refuses to change an unblinding."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER studies_unblinding_never_updated BEFORE UPDATE ON studies_unblinding
BEGIN SELECT RAISE(ABORT, 'an unblinding is never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION studies_unblinding_never_updated() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'an unblinding is never changed'; END $$;
CREATE TRIGGER studies_unblinding_never_updated BEFORE UPDATE ON studies_unblinding
FOR EACH ROW EXECUTE FUNCTION studies_unblinding_never_updated();
"""


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    schema_editor.execute({"sqlite": SQLITE, "postgresql": POSTGRESQL}[vendor])


def remove(apps, schema_editor):
    on = " ON studies_unblinding" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER studies_unblinding_never_updated{on}")
    if on:
        schema_editor.execute("DROP FUNCTION studies_unblinding_never_updated()")


class Migration(migrations.Migration):
    dependencies = [("studies", "0008_blinded_until_closed")]
    operations = [migrations.RunPython(install, remove)]

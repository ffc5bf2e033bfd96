"""The database itself refuses to change a comparison."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER screening_comparison_never_updated BEFORE UPDATE ON screening_comparison
BEGIN SELECT RAISE(ABORT, 'a comparison is never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION screening_comparison_never_updated() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a comparison is never changed'; END $$;
CREATE TRIGGER screening_comparison_never_updated BEFORE UPDATE ON screening_comparison
FOR EACH ROW EXECUTE FUNCTION screening_comparison_never_updated();
"""


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    schema_editor.execute({"sqlite": SQLITE, "postgresql": POSTGRESQL}[vendor])


def remove(apps, schema_editor):
    on = " ON screening_comparison" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER screening_comparison_never_updated{on}")
    if on:
        schema_editor.execute("DROP FUNCTION screening_comparison_never_updated()")


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]

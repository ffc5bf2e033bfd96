"""Keys of before, stored as they were, go on working; only their hashes are kept."""

import hashlib

from django.db import migrations

TABLE = "authtoken_token"


def carry_over(apps, schema_editor):
    connection = schema_editor.connection
    if TABLE not in connection.introspection.table_names():
        return
    Key = apps.get_model("accounts", "AccessKey")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, user_id FROM {TABLE}")
        rows = cursor.fetchall()
    Key.objects.bulk_create(
        Key(
            user_id=user,
            name="The key of before",
            digest=hashlib.sha256(key.encode()).hexdigest(),
            start=key[:6],
            can_write=True,
        )
        for key, user in rows
    )
    schema_editor.execute(f"DELETE FROM {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_access_keys")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]

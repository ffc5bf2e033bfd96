"""Rows that were written a moment ago, and the database's planner."""

from django.apps import apps
from django.db import connection

ROOMS = ("studies", "reading", "training")


def let_the_planner_count() -> None:
    """PostgreSQL plans by counts that it takes now and then, at the earliest a minute after a study has come in.

    Until then it takes the new study's half a million rows for a handful, and the first comparison waits for that.
    """
    if connection.vendor == "postgresql":
        tables = [model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()]
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, tables))}")

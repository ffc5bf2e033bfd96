"""What the audit log holds about a study."""

from django.apps import apps

from readerstudy.studies.models import Study


def targets_of(study: Study) -> list[str]:
    """The study, its cohort, its readers and their sessions, as the log calls them."""
    # Sessions are rows of readerstudy.reading, a room above this one: reached by name, not imported.
    sessions = apps.get_model("reading", "ReadingSession").objects.filter(reader__study=study)
    return [
        f"study:{study.pk}",
        f"cohort:{study.cohort_id}",
        *(f"reader:{pk}" for pk in study.readers.values_list("pk", flat=True)),
        *(f"session:{pk}" for pk in sessions.values_list("pk", flat=True)),
    ]

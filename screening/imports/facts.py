"""What a comparison says of a study that came in by this door."""

from typing import Any

from readerstudy.studies.models import Study
from screening.models import StudyImport

UNKNOWN = {
    "opened_at": None,
    "closed_at": None,
    "protocol_version": None,
    "protocol_digest": "",
    "exposure_ms": None,
    "confidence": "",
}


def imported_facts(study: Study) -> dict[str, Any]:
    """Empty for a study that was read here; else where it came from, and what is therefore unknown."""
    found = StudyImport.objects.filter(study=study).select_related("created_by").first()
    if found is None or found.stored_at is None:
        return {}
    told = {
        "at": found.stored_at.isoformat(),
        "by": str(found.created_by),
        "files": found.files,
        "description": found.wishes["description"],
        "reading": {name: value for name, value in found.wishes["reading"].items() if value not in (None, "")},
        "has_folds": found.found["has_folds"],
    }
    return {**UNKNOWN, "imported": told}

from readerstudy.studies.models.cohorts import (
    Cohort,
    Face,
    ImportBatch,
    ImportLine,
    Photo,
    Resemblance,
    Subject,
)
from readerstudy.studies.models.studies import Aid, Case, Invitation, Membership, Protocol, Reader, Study, Unblinding

__all__ = [
    "Aid",
    "Case",
    "Cohort",
    "Face",
    "ImportBatch",
    "ImportLine",
    "Invitation",
    "Membership",
    "Photo",
    "Protocol",
    "Reader",
    "Resemblance",
    "Study",
    "Subject",
    "Unblinding",
]

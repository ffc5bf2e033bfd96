"""Table 1 of a cohort from its rows."""

from typing import Any

from readerstudy.studies.models import Cohort, Subject
from screening.analysis.cohort_table import Fact, cohort_table

FACTS = ("has_syndrome", "sex", "age_months", "diagnosis", "orpha", "omim", "confirmation")


def table_one_of(cohort: Cohort) -> dict[str, Any]:
    """Of the subjects whose consent stands; those without a stated truth and the withdrawn ones are only counted."""
    rows = Subject.objects.filter(cohort=cohort).order_by("id").values("consent_withdrawn_at", *FACTS)
    standing = [row for row in rows if row["consent_withdrawn_at"] is None]
    facts = [Fact(**{name: row[name] for name in FACTS}) for row in standing if row["has_syndrome"] is not None]
    left_out = {"withdrawn": len(rows) - len(standing), "unstated": len(standing) - len(facts)}
    return cohort_table(facts) | left_out

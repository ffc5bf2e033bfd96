"""What the numbers cannot say, from what is known of this study."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def limitations(result: dict[str, Any]) -> list[str]:
    found = list(result["warnings"])
    readers, folds = result["readers"], result["model"]["folds"]
    if len(readers) < 10:
        n = len(readers)
        few = ngettext(
            "%(n)d reader is a small sample of physicians: a statement about physicians in general rests on the spread "
            "between them, which so few describe poorly.",
            "%(n)d readers are a small sample of physicians: a statement about physicians in general rests on the "
            "spread between them, which so few describe poorly.",
            n,
        )
        found.append(few % {"n": n})
    is_imported = bool(result["study"].get("imported"))
    if len(folds) > 1:
        found.append(
            _(
                "The scores come from %(folds)d folds, each with a model of its own; pooling puts them on one scale, "
                "which the models need not share. The mean over folds stands beside the pooled area for this reason."
            )
            % {"folds": len(folds)}
        )
    found.append(
        _(
            "Whether each score is of a case that the model had not seen in training is not recorded in the imported "
            "files."
        )
        if is_imported
        else _(
            "The model was tested on children of the same cohort that it was trained on (other folds of it): an "
            "external test on another hospital's children is not part of this comparison."
        )
    )
    if any(reader["n_flagged"] for reader in readers) and not result["options"]["without_flagged"]:
        found.append(
            _("Calls after flagged exposures are kept; the sensitivity analysis without them is a separate one.")
        )
    if not is_imported:
        found.append(
            _(
                "Readers saw one picture of a face for a limited time and nothing else; in a clinic they would see the "
                "child, the family and the history."
            )
        )
    return found

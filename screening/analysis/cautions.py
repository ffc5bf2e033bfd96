"""What a careful reader of the figures has to know, one sentence each, from the plain result."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from screening.analysis.blinding import blinding_words
from screening.analysis.split_plot import split_words
from screening.analysis.words import joined

Result = dict[str, Any]
# Results made before the number was kept beside the cases have it in their sentence alone.
CONSENT = re.compile(r"Consent was withdrawn for (\d+) of the cases")


def cautions(result: Result) -> list[str]:
    """In the order in which they are told."""
    study, readers = result["study"], result["readers"]
    return [
        *_origin(study, readers),
        *blinding_words(study),
        *_flagged(result["options"]),
        *voided_words(readers),
        *_split(result),
        *_missing(result),
        *_withdrawn(readers),
        *_consent(result),
        *_model(result),
        _mix(result["cases"]),
    ]


def _origin(study: dict[str, Any], readers: list[dict[str, Any]]) -> list[str]:
    found = []
    if study["is_phantom"]:
        found.append(_("The cohort is a digital phantom: these faces were drawn by a program and show nobody."))
    if simulated := [reader["code"] for reader in readers if reader["is_simulated"]]:
        words = ngettext(
            "%(codes)s is a simulated physician: a program drew these calls, nobody read the faces.",
            "%(codes)s are simulated physicians: a program drew these calls, nobody read the faces.",
            len(simulated),
        )
        found.append(words % {"codes": joined(simulated)})
    if study.get("imported"):
        found.append(
            _(
                "The study was imported with its results: what readers were shown, for how long and in which order, "
                "and how the model was made is not known to this program."
            )
        )
    return found


def _flagged(options: dict[str, Any]) -> list[str]:
    if not options["without_flagged"]:
        return []
    return [_("Sensitivity analysis: calls after an exposure that was flagged as not clean are left out.")]


def voided_words(readers: list[dict[str, Any]]) -> list[str]:
    voided = {reader["code"]: reader["voided"] for reader in readers if reader.get("voided")}
    if not voided:
        return []
    n = sum(voided.values())
    words = ngettext(
        "%(n)s trial was voided by the coordinator, with a reason in the audit trail, and left out: %(readers)s.",
        "%(n)s trials were voided by the coordinator, with a reason in the audit trail, and left out: %(readers)s.",
        n,
    )
    return [words % {"n": n, "readers": joined(f"{code} {count}" for code, count in voided.items())}]


def _split(result: Result) -> list[str]:
    if not _is_split(result):
        return []
    return split_words(
        [reader["part"] for reader in result["readers"] if reader.get("part")], cases=result["cases"]["n"]
    )


def _is_split(result: Result) -> bool:
    return "is_allocated" in result["rows"]


def _missing(result: Result) -> list[str]:
    parts = [f"{reader['code']} {reader['n_missing']}" for reader in result["readers"] if reader["n_missing"]]
    if not parts:
        return []
    if _is_split(result):
        words = _(
            "Missing reads of the cases dealt to each: %(readers)s. Each reader's rates and paired tests use the "
            "cases that reader called; the model's curve and band use all cases."
        )
    else:
        words = _(
            "Missing reads of %(n)s cases: %(readers)s. Each reader's rates and paired tests use the cases that "
            "reader called; the model's curve and band use all cases."
        )
    return [words % {"n": result["cases"]["n"], "readers": joined(parts)}]


def _withdrawn(readers: list[dict[str, Any]]) -> list[str]:
    codes = [reader["code"] for reader in readers if reader["is_withdrawn"]]
    words = _("%(codes)s withdrew from the study; the calls given before are included.")
    return [words % {"codes": joined(codes)}] if codes else []


def _consent(result: Result) -> list[str]:
    n = result["cases"].get("consent_withdrawn") or _told(result.get("warnings", []))
    words = _("Consent was withdrawn for %(n)s of the cases: the photographs are erased, the calls are kept.")
    return [words % {"n": n}] if n else []


def _told(sentences: list[str]) -> int:
    return next((int(match[1]) for sentence in sentences if (match := CONSENT.match(sentence))), 0)


def _model(result: Result) -> list[str]:
    if result["run"]["is_papers_network"] or result["study"].get("imported"):
        return []
    return [_("The model is %(network)s") % {"network": result["run"]["network"]}]


def _mix(cases: dict[str, Any]) -> str:
    return _(
        "%(share)s of these cases have a syndrome; in a clinic far fewer children do. Precision, F1 and accuracy "
        "belong to this mix and cannot be carried over to screening."
    ) % {"share": f"{100 * cases['n_gs'] / cases['n']:.0f} %"}

"""Answers to the items of reporting guidelines that lie in the data; what does not is the author's."""

from typing import Any

from django.utils.translation import gettext as _

from screening.analysis.words import follow
from screening.report import methods
from screening.templatetags.screening_numbers import level, rate

Result = dict[str, Any]
Answers = dict[str, str]


def answers(result: Result, facts: dict[str, Any]) -> Answers:
    """By topic. A topic that is not here is for the author to complete."""
    is_imported = bool(result["study"].get("imported"))
    told = _always(result) | (_imported(result) if is_imported else _here(result, facts))
    return {topic: text for topic, text in told.items() if text}


def _always(result: Result) -> Answers:
    auc, options = result["model"]["auc"]["delong"], result["options"]
    share = {"level": level(options["level"])}
    area = share | {name: rate(auc[name]) for name in ("value", "lower", "upper")}
    return {
        "metrics": _("Sensitivity, specificity, accuracy, precision, F1 and AUC, each defined in Methods, Statistics."),
        "uncertainty": _("Wilson, DeLong and bootstrap intervals at %(level)s; Methods, Statistics.") % share,
        "tests": _("Paired bootstrap with Holm, McNemar, Obuchowski-Rockette; Methods, Statistics."),
        "performance": _("AUC %(value)s (%(level)s interval %(lower)s to %(upper)s); Table 2, Figures 2 and 3.") % area,
        "fourfold": _("Table 2: TP, FN, TN and FP of every reader and of the model."),
        "demographics": _("Table 1."),
        "spectrum": _spectrum(result),
        "missing": _missing(result),
        "flow": _("Figure 1."),
        "limitations": _("Limitations lists those that the data show; the author adds the others."),
        "disagreements": _(
            "Tests, McNemar's b and c; the list of cases that readers or model missed is in the software."
        ),
        "agreement": _agreement(result),
        "threshold": _thresholds(result),
        "indeterminate": _("There are none: a call is GS or not GS; a case without a call is missing."),
        "sensitivity_analysis": _("Calls after flagged exposures left out.") if options["without_flagged"] else "",
        "data": _(
            "The bundle holds the data under case numbers and scripts that reproduce the numbers; sharing it is the "
            "author's decision."
        ),
        "versions": ", ".join(f"{name} {version}" for name, version in result["versions"].items()),
    }


def _here(result: Result, facts: dict[str, Any]) -> Answers:
    """For a study that was read on this site."""
    run = result["run"]
    digest = result["study"]["protocol_digest"]
    recipe = {str(label).lower(): str(sentence) for label, sentence in run["recipe"]}
    return {
        "index_test": follow(run["network"], _("Appendix: the run's recipe.")),
        "training": _("Appendix: the run's recipe, choice by choice.") if recipe else "",
        "initial": _("Started from %(weights)s (SHA-256 %(sha256)s…).")
        % {"weights": run["weights_name"], "sha256": run["weights_sha256"][:16]}
        if run["weights_name"]
        else "",
        "preprocessing": _(
            "Face found and aligned by five landmarks, upright, metadata removed; the same aligned crop for every case."
        ),
        "partition": _("%(folds)d folds over children, seed %(seed)s; Methods, Model.")
        % {"folds": len(result["model"]["folds"]), "seed": run["seed"]},
        "internal": _("Held-out scores of every case in cross-validation; Table 2, Figures 2 and 3."),
        "ensemble": _("No ensemble: each case is scored by the one model of the fold that held it out."),
        "disjoint": _("Child: one photograph a child, each in one fold only."),
        "readers": _("Methods, Reading; readers by seniority in Table 2."),
        "blinding": _(
            "Readers had neither truth nor model output nor other calls; Methods, Reading. The model saw no call."
        ),
        "deidentified": _(
            "Metadata is removed from every picture; cases carry numbers, subjects codes of the hospital."
        ),
        "protocol": _("Protocol version %(version)s, SHA-256 %(digest)s.")
        % {"version": result["study"]["protocol_version"], "digest": digest}
        if digest
        else "",
        "software": ", ".join(f"{name} {version}" for name, version in list(run["versions"].items())[:6] if version),
    }


def _imported(result: Result) -> Answers:
    files = ", ".join(file["name"] for file in result["study"]["imported"]["files"])
    return {"source": _("Imported from %(files)s; how the study was carried out is for the author.") % {"files": files}}


def _spectrum(result: Result) -> str:
    names = {name for name in result["rows"]["diagnosis"] if name}
    return _("%(n)d syndromes among the GS cases; Methods, Cases.") % {"n": len(names)} if names else ""


def _missing(result: Result) -> str:
    missing = sum(reader["n_missing"] for reader in result["readers"])
    return _("%(n)d reads missing, not imputed; Methods, Statistics.") % {"n": missing}


def _agreement(result: Result) -> str:
    told = (result["population"] or {}).get("agreement")
    if not told or told["value"] is None:
        return ""
    words = _("Between readers: Krippendorff's α %(alpha)s; within readers: for the author.")
    return words % {"alpha": f"{told['value']:.3f}"}


def _thresholds(result: Result) -> str:
    return methods.threshold_words(result)

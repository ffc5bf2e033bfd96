"""Answers to the items of reporting guidelines that lie in the data; what does not is the author's."""

from typing import Any

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
    limits = f" ({level(options['level'])} interval {rate(auc['lower'])} to {rate(auc['upper'])})"
    return {
        "metrics": "Sensitivity, specificity, accuracy, precision, F1 and AUC, each defined in Methods, Statistics.",
        "uncertainty": f"Wilson, DeLong and bootstrap intervals at {level(options['level'])}; Methods, Statistics.",
        "tests": "Paired bootstrap with Holm, McNemar, Obuchowski-Rockette; Methods, Statistics.",
        "performance": f"AUC {rate(auc['value'])}{limits}; Table 2, Figures 2 and 3.",
        "fourfold": "Table 2: TP, FN, TN and FP of every reader and of the model.",
        "demographics": "Table 1.",
        "spectrum": _spectrum(result),
        "missing": _missing(result),
        "flow": "Figure 1.",
        "limitations": "Limitations lists those that the data show; the author adds the others.",
        "disagreements": "Tests, McNemar's b and c; the list of cases that readers or model missed is in the software.",
        "agreement": _agreement(result),
        "threshold": _thresholds(result),
        "indeterminate": "There are none: a call is GS or not GS; a case without a call is missing.",
        "sensitivity_analysis": "Calls after flagged exposures left out." if options["without_flagged"] else "",
        "data": "The bundle holds the data under case numbers and scripts that reproduce the numbers; sharing it is "
        "the "
        "author's decision.",
        "versions": ", ".join(f"{name} {version}" for name, version in result["versions"].items()),
    }


def _here(result: Result, facts: dict[str, Any]) -> Answers:
    """For a study that was read on this site."""
    run = result["run"]
    digest = result["study"]["protocol_digest"]
    recipe = {str(label).lower(): str(sentence) for label, sentence in run["recipe"]}
    return {
        "index_test": f"{run['network']} Appendix: the run's recipe.",
        "training": "Appendix: the run's recipe, choice by choice." if recipe else "",
        "initial": f"Started from {run['weights_name']} (SHA-256 {run['weights_sha256'][:16]}…)."
        if run["weights_name"]
        else "",
        "preprocessing": "Face found and aligned by five landmarks, upright, metadata removed; the same aligned crop "
        "for "
        "every case.",
        "partition": f"{len(result['model']['folds'])} folds over children, seed {run['seed']}; Methods, Model.",
        "internal": "Held-out scores of every case in cross-validation; Table 2, Figures 2 and 3.",
        "ensemble": "No ensemble: each case is scored by the one model of the fold that held it out.",
        "disjoint": "Child: one photograph a child, each in one fold only.",
        "readers": "Methods, Reading; readers by seniority in Table 2.",
        "blinding": "Readers had neither truth nor model output nor other calls; Methods, Reading. The model saw no "
        "call.",
        "deidentified": "Metadata is removed from every picture; cases carry numbers, subjects codes of the hospital.",
        "protocol": f"Protocol version {result['study']['protocol_version']}, SHA-256 {digest}." if digest else "",
        "software": ", ".join(f"{name} {version}" for name, version in list(run["versions"].items())[:6] if version),
    }


def _imported(result: Result) -> Answers:
    files = ", ".join(file["name"] for file in result["study"]["imported"]["files"])
    return {"source": f"Imported from {files}; how the study was carried out is for the author."}


def _spectrum(result: Result) -> str:
    names = {name for name in result["rows"]["diagnosis"] if name}
    return f"{len(names)} syndromes among the GS cases; Methods, Cases." if names else ""


def _missing(result: Result) -> str:
    missing = sum(reader["n_missing"] for reader in result["readers"])
    return f"{missing} reads missing, not imputed; Methods, Statistics."


def _agreement(result: Result) -> str:
    told = (result["population"] or {}).get("agreement")
    if not told or told["value"] is None:
        return ""
    return f"Between readers: Krippendorff's α {told['value']:.3f}; within readers: for the author."


def _thresholds(result: Result) -> str:
    return methods.threshold_words(result)

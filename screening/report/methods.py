"""The methods as they were carried out, in sentences that an author can take over."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from screening.report.document import Heading, Paragraph
from screening.templatetags.screening_numbers import level, seconds

Result = dict[str, Any]


def methods(result: Result, facts: dict[str, Any]) -> Iterator[Heading | Paragraph]:
    yield Heading("Methods, as done")
    yield Heading("Cases and reference standard", 3)
    yield Paragraph(_cases(result))
    yield Heading("Reading", 3)
    yield from _reading(result, facts)
    yield Heading("Model", 3)
    yield from _model(result)
    yield Heading("Statistics", 3)
    yield from _statistics(result)


def _cases(result: Result) -> str:
    n, gs, controls = (result["cases"][name] for name in ("n", "n_gs", "n_controls"))
    named = Counter(name for name in result["rows"]["diagnosis"] if name)
    one = "" if result["study"].get("imported") else ", one photograph a child"
    sentence = (
        f"{n} faces were analysed, {gs} of children with a genetic syndrome (GS) and {controls} of children without a "
        f"known one (controls){one}. "
    )
    if named:
        top = ", ".join(f"{name} ({count})" for name, count in named.most_common(8))
        more = len(named) - 8
        sentence += f"{len(named)} syndromes occur: {top}{f' and {more} more' if more > 0 else ''}. "
    return sentence + "The truth of a case is the one recorded with the child; how it was confirmed is for the author."


def _reading(result: Result, facts: dict[str, Any]) -> Iterator[Paragraph]:
    n = len(result["readers"])
    who = Counter(reader["seniority_label"] for reader in result["readers"])
    told = "; ".join(f"{label}: {count}" for label, count in who.items())
    is_told = any(reader["seniority"] != "other" for reader in result["readers"])
    people = f"{n} reader{'' if n == 1 else 's'}{f' ({told})' if is_told else ''}"
    if origin := result["study"].get("imported"):
        words = f" The importer states: “{origin['description']}”" if origin["description"] else ""
        yield Paragraph(
            f"{people} called the faces GS or not GS. The reading took place elsewhere and was imported; how long each "
            f"face was shown, in which order, and what else readers knew is not recorded here.{words}"
        )
        return
    yield Paragraph(
        f"{people} called each face GS or not GS. Every face was shown once for "
        f"{seconds(result['study']['exposure_ms'])}, "
        "drawn beforehand and masked afterwards, in an order drawn for each reader. The commitment to a look is stored "
        "before the face is shown, so that no face is seen twice; exposure times are measured frame by frame, and "
        "looks "
        "that were not clean are flagged, never dropped silently."
    )
    yield Paragraph(
        "Blinding: until the study is closed no page, file or answer that a reader can reach holds truth, subject "
        "code or "
        "score; case numbers say nothing of the truth. Readers saw neither each other's calls nor, in the reads "
        "analysed "
        "here, the model's output."
    )
    if rules := facts["protocol"]:
        yield Paragraph(_rules(rules))
    yield Paragraph(
        "The primary read of a case is the first call in its latest revision, unaided and on the first occasion. "
        "Practice "
        "and planned repeats are left out; a face shown again after an incident counts only where its first showing "
        "ended without a call."
    )


def _rules(rules: dict[str, Any]) -> str:
    window = rules["answer_window_ms"]
    parts = [
        f"Protocol. Design: {rules['design']}",
        f"confidence asked: {rules['confidence']}",
        f"answer window: {seconds(window) if window else 'no limit'}",
        f"the call {'ends' if rules['call_ends_exposure'] else 'does not end'} the exposure",
        f"planned repeats: {rules['repeats_percent']} %",
        f"rest after {rules['block_length']} faces" if rules["block_length"] else "no planned rests",
        f"GS button: {rules['sides']}",
        f"after an incident {rules['incident_policy']}",
        f"a measured exposure more than {rules['tolerance_ms']} ms off is flagged",
    ]
    frozen = " The protocol was frozen and hashed at opening." if rules["is_frozen"] else ""
    return "; ".join(parts) + "." + frozen


def _model(result: Result) -> Iterator[Paragraph]:
    folds = result["model"]["folds"]
    sizes = ", ".join(str(_size(fold)) for fold in folds)
    thresholds = _cuts(result)
    if result["study"].get("imported"):
        yield Paragraph(
            f"The model's scores were imported ({len(folds)} fold{'' if len(folds) == 1 else 's'} of {sizes} cases; "
            "GS from "
            f"{thresholds} on). How the model was made, and that every score is of a case the model had not seen, is "
            "the "
            "author's to state."
        )
        return
    yield Paragraph(
        f"{result['run']['network']} It was trained and tested in {len(folds)} folds ({sizes} cases held out); every "
        "face "
        "was scored by the network that had not seen it. Folds are drawn over children, so no child is in two folds. "
        "For "
        "the fourfold table each score is held against the threshold that its own fold chose on its validation photos "
        f"({thresholds})."
    )


def _cuts(result: Result) -> str:
    cuts = sorted({round(fold["threshold"], 6) for fold in result["model"]["folds"]})
    return " and ".join(f"{cut:g}" for cut in cuts) if len(cuts) <= 2 else f"{cuts[0]:g} to {cuts[-1]:g}"


def threshold_words(result: Result) -> str:
    if result["study"].get("imported"):
        return f"GS from {_cuts(result)} on, as imported; whether it was fixed beforehand is for the author."
    return f"Chosen by each fold on its validation photos, before its held-out cases were scored ({_cuts(result)})."


def _size(fold: dict[str, Any]) -> int:
    return sum(fold["confusion"][name] for name in ("tp", "fn", "tn", "fp"))


def _statistics(result: Result) -> Iterator[Paragraph]:
    options = result["options"]
    share = level(options["level"])
    yield Paragraph(
        f"The ROC curve pools the {'' if result['study'].get('imported') else 'held-out '}scores. Its area carries a "
        f"{share} DeLong and a bootstrap percentile "
        "interval; "
        f"the band comes from {options['replicates']} stratified bootstrap replicates (seed {options['seed']}): "
        "pointwise "
        "percentiles of the sensitivity at each specificity and of the specificity at each sensitivity. Rates carry "
        "Wilson intervals; rows over folds give the mean and the sample SD (n − 1)."
    )
    yield Paragraph(
        "The rule of Hong et al. 2021 calls a reader different from the model when the reader's point lies outside the "
        "pointwise band; it ignores the reader's own sampling error and the pairing. Conclusions follow a paired case "
        f"bootstrap at the reader's own {options['by']} with Holm's correction over the readers; McNemar's exact test "
        "at "
        "the model's pre-specified thresholds stands beside it. The model is held against the population of readers "
        "with readers and cases both random (Obuchowski and Rockette with Hillis' degrees of freedom, jackknife)."
    )
    margin = options["margin"]
    stated = f"A non-inferiority margin of {level(margin)} was set" if margin else "No non-inferiority margin was set"
    flagged = "left out (sensitivity analysis)" if options["without_flagged"] else "kept"
    yield Paragraph(
        f"{stated}. Calls after a flagged exposure are {flagged}. Missing reads are not imputed: each reader's rates "
        "and "
        "paired tests use the cases that reader called, the model's curve and band use all cases, and the comparison "
        "with the population of readers uses the cases that all of them called."
    )

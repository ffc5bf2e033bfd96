"""The methods as they were carried out, in sentences that an author can take over."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from screening.analysis.words import follow, said
from screening.report.document import Heading, Paragraph
from screening.templatetags.screening_numbers import level, seconds

Result = dict[str, Any]


def methods(result: Result, facts: dict[str, Any]) -> Iterator[Heading | Paragraph]:
    yield Heading(_("Methods, as done"))
    yield Heading(_("Cases and reference standard"), 3)
    yield Paragraph(_cases(result))
    yield Heading(_("Reading"), 3)
    yield from _reading(result, facts)
    yield Heading(_("Model"), 3)
    yield from _model(result)
    yield Heading(_("Statistics"), 3)
    yield from _statistics(result)


def _cases(result: Result) -> str:
    counts = {name: result["cases"][name] for name in ("n", "n_gs", "n_controls")}
    if result["study"].get("imported"):
        sentence = _(
            "%(n)d faces were analysed, %(n_gs)d of children with a genetic syndrome (GS) and %(n_controls)d of "
            "children without a known one (controls)."
        )
    else:
        sentence = _(
            "%(n)d faces were analysed, %(n_gs)d of children with a genetic syndrome (GS) and %(n_controls)d of "
            "children without a known one (controls), one photograph a child."
        )
    truth = _("The truth of a case is the one recorded with the child; how it was confirmed is for the author.")
    return follow(sentence % counts, _syndromes(result), truth)


def _syndromes(result: Result) -> str:
    named = Counter(name for name in result["rows"]["diagnosis"] if name)
    if not named:
        return ""
    told = {"n": len(named), "more": len(named) - 8}
    told["top"] = _(", ").join(f"{name} ({count})" for name, count in named.most_common(8))
    if told["more"] > 0:
        return _("%(n)d syndromes occur: %(top)s and %(more)d more.") % told
    return _("%(n)d syndromes occur: %(top)s.") % told


def _people(result: Result) -> str:
    n = len(result["readers"])
    people = ngettext("%(n)d reader", "%(n)d readers", n) % {"n": n}
    if all(reader["seniority"] == "other" for reader in result["readers"]):
        return people
    who = Counter(said(reader["seniority_label"]) for reader in result["readers"])
    told = _("; ").join(_("%(label)s: %(n)d") % {"label": label, "n": count} for label, count in who.items())
    return _("%(people)s (%(told)s)") % {"people": people, "told": told}


def _reading(result: Result, facts: dict[str, Any]) -> Iterator[Paragraph]:
    people = _people(result)
    if origin := result["study"].get("imported"):
        yield Paragraph(follow(_read_elsewhere(people), _statement(origin["description"])))
        return
    yield Paragraph(
        _(
            "%(people)s called each face GS or not GS. Every face was shown once for %(shown)s, drawn beforehand and "
            "masked afterwards, in an order drawn for each reader. The commitment to a look is stored before the face "
            "is shown, so that no face is seen twice; exposure times are measured frame by frame, and looks that were "
            "not clean are flagged, never dropped silently."
        )
        % {"people": people, "shown": seconds(result["study"]["exposure_ms"])}
    )
    yield Paragraph(
        _(
            "Blinding: until the study is closed no page, file or answer that a reader can reach holds truth, subject "
            "code or score; case numbers say nothing of the truth. Readers saw neither each other's calls nor, in the "
            "reads analysed here, the model's output."
        )
    )
    if rules := facts["protocol"]:
        yield Paragraph(_rules(rules))
    yield Paragraph(
        _(
            "The primary read of a case is the first call in its latest revision, unaided and on the first occasion. "
            "Practice and planned repeats are left out; a face shown again after an incident counts only where its "
            "first showing ended without a call."
        )
    )


def _read_elsewhere(people: str) -> str:
    return _(
        "%(people)s called the faces GS or not GS. The reading took place elsewhere and was imported; how long each "
        "face was shown, in which order, and what else readers knew is not recorded here."
    ) % {"people": people}


def _statement(description: str) -> str:
    return _("The importer states: “%(words)s”") % {"words": description} if description else ""


def _rules(rules: dict[str, Any]) -> str:
    window, rest = rules["answer_window_ms"], rules["block_length"]
    parts = [
        _("Protocol. Design: %(design)s") % {"design": rules["design"]},
        _("confidence asked: %(confidence)s") % {"confidence": rules["confidence"]},
        _("answer window: %(window)s") % {"window": seconds(window) if window else _("no limit")},
        _("the call ends the exposure") if rules["call_ends_exposure"] else _("the call does not end the exposure"),
        _("planned repeats: %(share)s %%") % {"share": rules["repeats_percent"]},
        _("rest after %(n)d faces") % {"n": rest} if rest else _("no planned rests"),
        _("GS button: %(sides)s") % {"sides": rules["sides"]},
        _("after an incident %(policy)s") % {"policy": rules["incident_policy"]},
        _("a measured exposure more than %(tolerance)s ms off is flagged") % {"tolerance": rules["tolerance_ms"]},
    ]
    frozen = _("The protocol was frozen and hashed at opening.") if rules["is_frozen"] else ""
    return follow(_("%(rules)s.") % {"rules": _("; ").join(parts)}, frozen)


def _model(result: Result) -> Iterator[Paragraph]:
    folds = result["model"]["folds"]
    told = {"folds": len(folds), "sizes": ", ".join(str(_size(fold)) for fold in folds), "thresholds": _cuts(result)}
    if result["study"].get("imported"):
        sentence = ngettext(
            "The model's scores were imported (%(folds)d fold of %(sizes)s cases; GS from %(thresholds)s on). How the "
            "model was made, and that every score is of a case the model had not seen, is the author's to state.",
            "The model's scores were imported (%(folds)d folds of %(sizes)s cases; GS from %(thresholds)s on). How "
            "the model was made, and that every score is of a case the model had not seen, is the author's to state.",
            len(folds),
        )
        yield Paragraph(sentence % told)
        return
    trained = _(
        "It was trained and tested in %(folds)d folds (%(sizes)s cases held out); every face was scored by the "
        "network that had not seen it. Folds are drawn over children, so no child is in two folds. For the fourfold "
        "table each score is held against the threshold that its own fold chose on its validation photos "
        "(%(thresholds)s)."
    )
    yield Paragraph(follow(result["run"]["network"], trained % told))


def _cuts(result: Result) -> str:
    cuts = sorted({round(fold["threshold"], 6) for fold in result["model"]["folds"]})
    if len(cuts) == 1:
        return f"{cuts[0]:g}"
    ends = {"first": f"{cuts[0]:g}", "last": f"{cuts[-1]:g}"}
    return (_("%(first)s and %(last)s") if len(cuts) == 2 else _("%(first)s to %(last)s")) % ends


def threshold_words(result: Result) -> str:
    cuts = {"cuts": _cuts(result)}
    if result["study"].get("imported"):
        return _("GS from %(cuts)s on, as imported; whether it was fixed beforehand is for the author.") % cuts
    return _("Chosen by each fold on its validation photos, before its held-out cases were scored (%(cuts)s).") % cuts


def _size(fold: dict[str, Any]) -> int:
    return sum(fold["confusion"][name] for name in ("tp", "fn", "tn", "fp"))


def _statistics(result: Result) -> Iterator[Paragraph]:
    options = result["options"]
    is_imported = bool(result["study"].get("imported"))
    pooled = _("The ROC curve pools the scores.") if is_imported else _("The ROC curve pools the held-out scores.")
    band = _(
        "Its area carries a %(level)s DeLong and a bootstrap percentile interval; the band comes from %(replicates)s "
        "stratified bootstrap replicates (seed %(seed)s): pointwise percentiles of the sensitivity at each specificity "
        "and of the specificity at each sensitivity. Rates carry Wilson intervals; rows over folds give the mean and "
        "the sample SD (n − 1)."
    ) % {"level": level(options["level"]), "replicates": options["replicates"], "seed": options["seed"]}
    yield Paragraph(follow(pooled, band))
    yield Paragraph(_tests(options["by"]))
    yield Paragraph(follow(_margin(options["margin"]), _kept(options)))


def _tests(by: str) -> str:
    return _(
        "The rule of Hong et al. 2021 calls a reader different from the model when the reader's point lies outside the "
        "pointwise band; it ignores the reader's own sampling error and the pairing. Conclusions follow a paired case "
        "bootstrap at the reader's own %(by)s with Holm's correction over the readers; McNemar's exact test at the "
        "model's pre-specified thresholds stands beside it. The model is held against the population of readers with "
        "readers and cases both random (Obuchowski and Rockette with Hillis' degrees of freedom, jackknife)."
    ) % {"by": said(by)}


def _margin(margin: float | None) -> str:
    if margin:
        return _("A non-inferiority margin of %(margin)s was set.") % {"margin": level(margin)}
    return _("No non-inferiority margin was set.")


def _kept(options: dict[str, Any]) -> str:
    flagged = (
        _("Calls after a flagged exposure are left out (sensitivity analysis).")
        if options["without_flagged"]
        else _("Calls after a flagged exposure are kept.")
    )
    missing = _(
        "Missing reads are not imputed: each reader's rates and paired tests use the cases that reader called, the "
        "model's curve and band use all cases, and the comparison with the population of readers uses the cases that "
        "all of them called."
    )
    return follow(flagged, missing)

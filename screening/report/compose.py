"""The report of one comparison, block by block. Every number comes out of the stored result or of ``facts``."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from screening import charts
from screening.analysis.words import follow, said
from screening.report import tables
from screening.report.checklist import checklists
from screening.report.document import Block, Bullets, Document, Facts, Figure, Heading, Notice, Paragraph
from screening.report.figures import drawn
from screening.report.flow import flow
from screening.report.known import answers
from screening.report.languages import page_language
from screening.report.limitations import limitations
from screening.report.methods import methods
from screening.templatetags.screening_numbers import level, percent, three

Result = dict[str, Any]


def compose(result: Result, facts: dict[str, Any]) -> Document:
    study = result["study"]
    return Document(
        title=_("%(study)s: readers against the model") % {"study": study["name"]},
        subtitle=_("Report of comparison %(number)s, made %(at)s UTC by %(by)s.")
        % {
            "number": facts["comparison"],
            "at": date_format(facts["made_at"].astimezone(UTC), _("j F Y, H:i")),
            "by": facts["made_by"],
        },
        label=label(result),
        language=page_language(),
        author=facts["made_by"],
        made_at=facts["made_at"],
        blocks=list(_blocks(result, facts)),
    )


def label(result: Result) -> str:
    """What no page of a report may leave out."""
    study, readers = result["study"], result["readers"]
    parts = [_("digital phantom")] if study["is_phantom"] else []
    if any(reader["is_simulated"] for reader in readers):
        parts.append(_("simulated readers"))
    if study["status"] == "open":
        parts.append(_("the reading is still open"))
    if study.get("imported"):
        parts.append(_("imported results"))
    return _(", ").join(parts)


def _blocks(result: Result, facts: dict[str, Any]) -> Iterator[Block]:
    if result["warnings"]:
        yield Notice(result["warnings"])
    yield from _summary(result)
    yield from methods(result, facts)
    yield Heading(_("Results"))
    caption = _("Figure 1. Flow of participants, photographs, cases and reads.")
    yield Figure(drawing=flow(result, facts), caption=caption)
    yield tables.reading(result)
    yield tables.children(result)
    yield from _curves(result)
    yield tables.readers_and_model(result)
    yield from _verdicts(result)
    yield from _group(result)
    yield Heading(_("The tests behind the verdicts"), 3)
    yield tables.paired(result)
    yield tables.mcnemar(result)
    yield Heading(_("Limitations"))
    yield Bullets(limitations(result))
    yield from checklists(answers(result, facts))
    yield from _provenance(result, facts)


def _summary(result: Result) -> Iterator[Block]:
    yield Heading(_("In short"))
    yield Paragraph(follow(_model_words(result), _mean_words(result["mean_reader"])))
    yield Bullets([reader["words"]["headline"] for reader in result["readers"]])
    if result["words"]["population"]:
        yield Paragraph(result["words"]["population"])


def _model_words(result: Result) -> str:
    model = result["model"]
    auc, rates = model["auc"]["bootstrap"], model["rates"]
    return _(
        "On %(n)d faces the model's pooled area under the ROC curve is %(auc)s (%(level)s interval %(lower)s to "
        "%(upper)s); at its thresholds it finds %(sensitivity)s of the GS and clears %(specificity)s of the controls."
    ) % {
        "n": result["cases"]["n"],
        "auc": three(auc["value"]),
        "level": level(result["options"]["level"]),
        "lower": three(auc["lower"]),
        "upper": three(auc["upper"]),
        "sensitivity": percent(rates["sensitivity"]["value"]),
        "specificity": percent(rates["specificity"]["value"]),
    }


def _mean_words(mean: dict[str, Any] | None) -> str:
    if not mean:
        return ""
    return _("The %(n)d readers find %(sensitivity)s and clear %(specificity)s on average.") % {
        "n": mean["sensitivity"]["n"],
        "sensitivity": percent(mean["sensitivity"]["mean"]),
        "specificity": percent(mean["specificity"]["mean"]),
    }


def _curves(result: Result) -> Iterator[Block]:
    figures, share = charts.roc(result), level(result["options"]["level"])
    area = {"auc": three(result["model"]["auc"]["bootstrap"]["value"])}
    yield Figure(
        drawing=drawn(figures["a"], alt=_("ROC curve of the model, pooled area %(auc)s, and of its folds.") % area),
        caption=_(
            "Figure 2. The model's ROC curve, all scores pooled, over the curves of its folds; the star is the model "
            "at its folds' thresholds."
        ),
    )
    yield Figure(
        drawing=drawn(
            figures["b"],
            alt=_("The pooled ROC curve with its band and each reader's point; numbers in Table 2."),
        ),
        caption=_(
            "Figure 3. The same curve with its %(level)s pointwise bootstrap band at each %(by)s, and each reader's "
            "point with %(level)s intervals."
        )
        % {"level": share, "by": said(result["options"]["by"])},
    )


def _verdicts(result: Result) -> Iterator[Block]:
    yield Heading(_("Verdict for each reader"), 3)
    for reader in result["readers"]:
        words = reader["words"]
        yield Paragraph(words["headline"], lead=_("%(reader)s.") % {"reader": reader["code"]})
        for lead, text in (
            (_("Test."), words["test"]),
            (_("Paper's rule."), words["rule"]),
            ("", words["disagreement"]),
        ):
            if text:
                yield Paragraph(text, lead=lead, is_small=True)


def _group(result: Result) -> Iterator[Block]:
    yield Heading(_("The model against the readers as a group"), 3)
    if not result["population"]:
        yield Paragraph(_("Not testable: this needs two readers who both read cases of both groups, and shared cases."))
        return
    yield Paragraph(result["words"]["population"])
    yield tables.population(result)


def _provenance(result: Result, facts: dict[str, Any]) -> Iterator[Block]:
    study, run, options = result["study"], result["run"], result["options"]
    yield Heading(_("Appendix: provenance"))
    yield Facts(
        [
            (_("Fingerprint"), facts["fingerprint"]),
            (
                _("Cohort"),
                _("%(cohort)s (%(kind)s)") % {"cohort": study["cohort"], "kind": study["cohort_kind"]},
            ),
            (_("Study"), _("%(name)s, number %(number)s") % {"name": study["name"], "number": study["id"]}),
            *_origin(study),
            (
                _("Run"),
                _("%(name)s, number %(number)s: %(network)s")
                % {"name": run["name"], "number": run["id"], "network": run["network"]},
            ),
            *_weights(run, is_imported=bool(study.get("imported"))),
            (
                _("Bootstrap"),
                _("%(replicates)s replicates, seed %(seed)s, level %(level)s")
                % (options | {"level": level(options["level"])}),
            ),
            (_("Software"), ", ".join(f"{name} {version}" for name, version in result["versions"].items())),
        ]
    )
    if result["notes"]:
        yield Heading(_("Notes of the statistics"), 3)
        yield Bullets(result["notes"])
    if run["recipe"] and not study.get("imported"):
        yield Heading(_("The run's recipe"), 3)
        yield Facts([(str(name), str(sentence)) for name, sentence in run["recipe"]])


def _origin(study: dict[str, Any]) -> list[tuple[str, str]]:
    if origin := study.get("imported"):
        files = [
            (_("File %(name)s") % {"name": file["name"]}, f"{file['form']}, SHA-256 {file['sha256']}")
            for file in origin["files"]
        ]
        chosen = "; ".join(f"{name}: {value}" for name, value in origin["reading"].items())
        return [
            (_("Imported"), _("%(at)s by %(by)s") % {"at": origin["at"][:10], "by": origin["by"]}),
            *files,
            (_("Importer's choices"), chosen or _("none")),
            (_("Protocol"), _("not known")),
        ]
    told = {"version": study["protocol_version"], "digest": study["protocol_digest"] or _("not frozen")}
    return [(_("Protocol"), _("version %(version)s, SHA-256 %(digest)s") % told)]


def _weights(run: dict[str, Any], *, is_imported: bool) -> list[tuple[str, str]]:
    if is_imported:
        return []
    weights = f"{run['weights_name']}, SHA-256 {run['weights_sha256']}" if run["weights_name"] else _("none")
    machine = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    return [
        (_("First weights"), weights),
        (_("Run's seed"), str(run["seed"])),
        (_("Run's machine"), machine or _("not recorded")),
    ]

"""The report of one comparison, block by block. Every number comes out of the stored result or of ``facts``."""

from collections.abc import Iterator
from typing import Any

from screening import charts
from screening.report import tables
from screening.report.checklist import checklists
from screening.report.document import Block, Bullets, Document, Facts, Figure, Heading, Notice, Paragraph
from screening.report.figures import drawn
from screening.report.flow import flow
from screening.report.known import answers
from screening.report.limitations import limitations
from screening.report.methods import methods
from screening.templatetags.screening_numbers import level, percent, three

Result = dict[str, Any]


def compose(result: Result, facts: dict[str, Any]) -> Document:
    study = result["study"]
    return Document(
        title=f"{study['name']}: readers against the model",
        subtitle=f"Report of comparison {facts['comparison']}, made {facts['made_at']:%-d %B %Y, %H:%M} UTC by "
        f"{facts['made_by']}.",
        label=label(result),
        author=facts["made_by"],
        made_at=facts["made_at"],
        blocks=list(_blocks(result, facts)),
    )


def label(result: Result) -> str:
    """What no page of a report may leave out."""
    study, readers = result["study"], result["readers"]
    parts = ["digital phantom"] if study["is_phantom"] else []
    if any(reader["is_simulated"] for reader in readers):
        parts.append("simulated readers")
    if study["status"] == "open":
        parts.append("the reading is still open")
    if study.get("imported"):
        parts.append("imported results")
    return ", ".join(parts)


def _blocks(result: Result, facts: dict[str, Any]) -> Iterator[Block]:
    if result["warnings"]:
        yield Notice(result["warnings"])
    yield from _summary(result)
    yield from methods(result, facts)
    yield Heading("Results")
    caption = "Figure 1. Flow of participants, photographs, cases and reads."
    yield Figure(drawing=flow(result, facts), caption=caption)
    yield tables.reading(result)
    yield tables.children(result)
    yield from _curves(result)
    yield tables.readers_and_model(result)
    yield from _verdicts(result)
    yield from _group(result)
    yield Heading("The tests behind the verdicts", 3)
    yield tables.paired(result)
    yield tables.mcnemar(result)
    yield Heading("Limitations")
    yield Bullets(limitations(result))
    yield from checklists(answers(result, facts))
    yield from _provenance(result, facts)


def _summary(result: Result) -> Iterator[Block]:
    model, options = result["model"], result["options"]
    auc, rates, mean = model["auc"]["bootstrap"], model["rates"], result["mean_reader"]
    yield Heading("In short")
    yield Paragraph(
        f"On {result['cases']['n']} faces the model's pooled area under the ROC curve is {three(auc['value'])} "
        f"({level(options['level'])} interval {three(auc['lower'])} to {three(auc['upper'])}); at its thresholds it "
        "finds "
        f"{percent(rates['sensitivity']['value'])} of the GS and clears {percent(rates['specificity']['value'])} of "
        "the "
        "controls."
        + (
            f" The {mean['sensitivity']['n']} readers find {percent(mean['sensitivity']['mean'])} and clear "
            f"{percent(mean['specificity']['mean'])} on average."
            if mean
            else ""
        )
    )
    yield Bullets([reader["words"]["headline"] for reader in result["readers"]])
    if result["words"]["population"]:
        yield Paragraph(result["words"]["population"])


def _curves(result: Result) -> Iterator[Block]:
    figures, share = charts.roc(result), level(result["options"]["level"])
    auc = result["model"]["auc"]["bootstrap"]
    yield Figure(
        drawing=drawn(
            figures["a"], alt=f"ROC curve of the model, pooled area {three(auc['value'])}, and of its folds."
        ),
        caption="Figure 2. The model's ROC curve, all scores pooled, over the curves of its folds; the star "
        "is the "
        "model at its folds' thresholds.",
    )
    yield Figure(
        drawing=drawn(
            figures["b"], alt="The pooled ROC curve with its band and each reader's point; numbers in Table 2."
        ),
        caption=f"Figure 3. The same curve with its {share} pointwise bootstrap band at each "
        f"{result['options']['by']}, and "
        f"each reader's point with {share} intervals.",
    )


def _verdicts(result: Result) -> Iterator[Block]:
    yield Heading("Verdict for each reader", 3)
    for reader in result["readers"]:
        words = reader["words"]
        yield Paragraph(words["headline"], lead=f"{reader['code']}.")
        for lead, text in (("Test.", words["test"]), ("Paper's rule.", words["rule"]), ("", words["disagreement"])):
            if text:
                yield Paragraph(text, lead=lead, is_small=True)


def _group(result: Result) -> Iterator[Block]:
    yield Heading("The model against the readers as a group", 3)
    if not result["population"]:
        yield Paragraph("Not testable: this needs two readers who both read cases of both groups, and shared cases.")
        return
    yield Paragraph(result["words"]["population"])
    yield tables.population(result)


def _provenance(result: Result, facts: dict[str, Any]) -> Iterator[Block]:
    study, run, options = result["study"], result["run"], result["options"]
    yield Heading("Appendix: provenance")
    yield Facts(
        [
            ("Fingerprint", facts["fingerprint"]),
            ("Cohort", f"{study['cohort']} ({study['cohort_kind']})"),
            ("Study", f"{study['name']}, number {study['id']}"),
            *_origin(study),
            ("Run", f"{run['name']}, number {run['id']}: {run['network']}"),
            *_weights(run, is_imported=bool(study.get("imported"))),
            (
                "Bootstrap",
                f"{options['replicates']} replicates, seed {options['seed']}, level {level(options['level'])}",
            ),
            ("Software", ", ".join(f"{name} {version}" for name, version in result["versions"].items())),
        ]
    )
    if result["notes"]:
        yield Heading("Notes of the statistics", 3)
        yield Bullets(result["notes"])
    if run["recipe"] and not study.get("imported"):
        yield Heading("The run's recipe", 3)
        yield Facts([(str(name), str(sentence)) for name, sentence in run["recipe"]])


def _origin(study: dict[str, Any]) -> list[tuple[str, str]]:
    if origin := study.get("imported"):
        files = [(f"File {file['name']}", f"{file['form']}, SHA-256 {file['sha256']}") for file in origin["files"]]
        said = "; ".join(f"{name}: {value}" for name, value in origin["reading"].items())
        return [
            ("Imported", f"{origin['at'][:10]} by {origin['by']}"),
            *files,
            ("Importer's choices", said or "none"),
            ("Protocol", "not known"),
        ]
    digest = study["protocol_digest"] or "not frozen"
    return [("Protocol", f"version {study['protocol_version']}, SHA-256 {digest}")]


def _weights(run: dict[str, Any], *, is_imported: bool) -> list[tuple[str, str]]:
    if is_imported:
        return []
    weights = f"{run['weights_name']}, SHA-256 {run['weights_sha256']}" if run["weights_name"] else "none"
    machine = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    return [("First weights", weights), ("Run's seed", str(run["seed"])), ("Run's machine", machine or "not recorded")]

"""Which files there are, and their columns with what each means."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop

from screening.exports.kinds import Export as Export
from screening.exports.kinds import Result, Row
from screening.exports.sections import SECTIONS
from screening.presentation import TABLE_TWO, table_two


def _figure_rows(result: Result) -> Iterator[Row]:
    model = result["model"]
    for threshold, se, sp in zip(
        *(model["roc"][name] for name in ("thresholds", "sensitivity", "specificity")), strict=True
    ):
        yield ["roc", "model, pooled", _number(threshold), se, sp, None, None, None, None]
    for fold in model["folds"]:
        for se, sp in zip(fold["roc"]["sensitivity"], fold["roc"]["specificity"], strict=True) if fold["roc"] else ():
            yield ["roc", f"fold {fold['index'] + 1}", None, se, sp, None, None, None, None]
    for at, band in model["bands"].items():
        limits = ("lower", "upper", "simultaneous_lower", "simultaneous_upper")
        for i, where in enumerate(band["grid"]):
            se, sp = (band["estimate"][i], where) if at == "specificity" else (where, band["estimate"][i])
            yield [f"band at {at}", "model, pooled", None, se, sp, *(band[name][i] for name in limits)]
    for reader in result["readers"]:
        if not reader["has_point"]:
            continue
        se, sp = reader["rates"]["sensitivity"], reader["rates"]["specificity"]
        yield [
            "reader",
            reader["code"],
            None,
            se["value"],
            sp["value"],
            se["lower"],
            se["upper"],
            sp["lower"],
            sp["upper"],
        ]


def _number(value: Any) -> Any:
    """Infinite thresholds as R and numpy read them."""
    return {"inf": "Inf", "-inf": "-Inf"}.get(value, value)


def _table_two_rows(result: Result) -> Iterator[Row]:
    for row in table_two(result):
        counts = row["confusion"] or {}
        head = [row["who"], row["kind"], row.get("is_simulated"), row["n_read"], row["n_missing"]]
        cells = [number for cell in (*row["cells"], row["auc"]) for number in _cell(cell)]
        yield [*head, *(counts.get(name) for name in ("tp", "fn", "tn", "fp")), *cells]


def _cell(estimate: dict[str, Any] | None) -> Row:
    """value, lower, upper, sd of an estimate or a summary over folds."""
    if estimate is None:
        return [None] * 4
    if "mean" in estimate:
        return [estimate["mean"], None, None, estimate["sd"]]
    return [estimate["value"], estimate["lower"], estimate["upper"], None]


def _at(rows: dict[str, Any], name: str, j: int, i: int) -> Any:
    """Results of format 1 lack the positions and the measured exposures."""
    return rows[name][j][i] if name in rows else None


def _call_rows(result: Result) -> Iterator[Row]:
    rows = result["rows"]
    for j, reader in enumerate(result["readers"]):
        for i, number in enumerate(rows["number"]):
            call = rows["calls"][j][i]
            if "is_allocated" in rows and not rows["is_allocated"][j][i]:
                continue  # of another part: not a missing read
            yield [
                reader["code"],
                reader["seniority"],
                reader["is_simulated"],
                number,
                rows["truth"][i],
                rows["diagnosis"][i],
                rows["sex"][i],
                rows["age_months"][i],
                None if call is None else int(call),
                None if call is None else (call == 1) == rows["truth"][i],
                rows["confidence"][j][i],
                rows["response_ms"][j][i],
                _at(rows, "position", j, i),
                _at(rows, "shown_ms", j, i),
                rows["is_flagged"][j][i],
                rows["is_represented"][j][i],
                rows["score"][i],
                int(rows["fold"][i]) + 1,
                rows["threshold"][i],
                rows["model_call"][i],
            ]


FIGURE = Export(
    title=gettext_noop("Curve, band and points"),
    columns=(
        (
            "what",
            "roc = a vertex of a curve; band at specificity (at sensitivity) = the bootstrap band; reader = a point",
        ),
        ("who", "the pooled model, one fold, or the reader's code"),
        ("threshold", "a case is called GS when its score reaches it; empty for bands and readers"),
        ("sensitivity", "share of GS called GS, 0 to 1"),
        ("specificity", "share of controls called not GS, 0 to 1"),
        ("lower", "band: pointwise lower limit of the other rate; reader: lower limit of the sensitivity (Wilson)"),
        ("upper", "band: pointwise upper limit; reader: upper limit of the sensitivity"),
        ("lower_2", "band: simultaneous lower limit; reader: lower limit of the specificity"),
        ("upper_2", "band: simultaneous upper limit; reader: upper limit of the specificity"),
    ),
    rows=_figure_rows,
)
TABLE = Export(
    title=gettext_noop("Table 2"),
    columns=(
        ("who", "reader's code, or the model pooled or over its folds"),
        ("kind", "reader, model or folds"),
        ("is_simulated", "1: a program drew this reader's calls"),
        ("n_read", "cases with a primary call"),
        ("n_missing", "cases without one"),
        ("tp", "GS called GS"),
        ("fn", "GS called not GS"),
        ("tn", "controls called not GS"),
        ("fp", "controls called GS"),
        *(
            (f"{name}{ending}", f"{label}: {meaning}")
            for name, label in (
                *((name, name.capitalize()) for name, _label in TABLE_TWO),
                ("auc", "Area under the ROC curve (readers: from their confidence)"),
            )
            for ending, meaning in (
                ("", "value, 0 to 1; mean over folds in the folds row"),
                ("_lower", "lower limit of its interval"),
                ("_upper", "upper limit of its interval"),
                ("_sd", "sample SD over folds (n - 1)"),
            )
        ),
    ),
    rows=_table_two_rows,
)
CALLS = Export(
    title=gettext_noop("Every call"),
    columns=(
        ("reader", "reader's code in the study"),
        ("seniority", "senior, junior or other"),
        ("is_simulated", "1: a program drew this reader's calls"),
        ("case", "the case's number in the study; says nothing of the truth"),
        ("truth", "1: the child has a genetic syndrome"),
        ("diagnosis", "the syndrome, empty for controls"),
        ("sex", "F, M or empty"),
        ("age_months", "age at the photograph in months"),
        ("call", "1 = GS, 0 = not GS, empty = not read: the primary call (unaided, occasion 1, latest revision)"),
        ("is_right", "1: call equals truth"),
        ("confidence", "as the protocol asked for it (1 to 5 or 0 to 100), empty if not asked"),
        ("response_ms", "from the first painted frame to the call, milliseconds"),
        ("position", "the face's place in the reader's session, from 1"),
        ("shown_ms", "measured exposure of a look that was shown to the end, milliseconds"),
        ("is_flagged", "1: the exposure was not a clean one"),
        ("is_represented", "1: given when the face was shown a second time after an incident"),
        ("score", "the model's held-out score, 0 to 1, all folds on one scale where each has an offset"),
        ("fold", "the fold that held the case out, from 1"),
        ("threshold", "that fold's threshold, chosen on its validation photos"),
        ("model_call", "1: score >= threshold"),
    ),
    rows=_call_rows,
)
EXPORTS = {"figure": FIGURE, "table2": TABLE, "calls": CALLS} | SECTIONS


def _dictionary_rows(result: Result) -> Iterator[Row]:
    for name, export in EXPORTS.items():
        for column, meaning in export.columns:
            yield [f"{name}.csv", column, meaning]


EXPORTS["dictionary"] = Export(
    title=gettext_noop("Data dictionary"),
    columns=(("file", "which file"), ("column", "which column"), ("meaning", "what it holds")),
    rows=_dictionary_rows,
)

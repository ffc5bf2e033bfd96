"""The report's tables: stored numbers as text, rounded as on the page."""

from typing import Any

from screening.presentation import TABLE_TWO, population_rows, table_two
from screening.report.document import Table
from screening.templatetags.screening_numbers import level, limits, middle, p, points, rate, seconds

Result = dict[str, Any]


def cell(value: str, below: str = "") -> str:
    return f"{value}\n{below}" if below else value


def children(result: Result) -> Table:
    """Table 1 of the cases."""
    told = result["demographics"]
    gs, controls = told["gs"], told["controls"]
    sex, age = told["sex_test"], told["age_test"]
    rows = [
        ["Children", str(gs["n"]), str(controls["n"]), ""],
        ["Girls : boys", _sexes(gs), _sexes(controls), _tested(sex, "Pearson's χ²")],
        ["Age, months, mean ± SD", _ages(gs), _ages(controls), _tested(age, "Student's t")],
        ["Different syndromes", str(gs["diagnoses"]), "–", ""],
    ]
    return Table(
        caption="Table 1. The children, by truth.",
        header=["", "GS", "Controls", "p"],
        rows=rows,
        widths=[0.34, 0.22, 0.22, 0.22],
    )


def _sexes(group: dict[str, Any]) -> str:
    unknown = group["sex_not_stated"]
    return cell(f"{group['girls']} : {group['boys']}", f"{unknown} not stated" if unknown else "")


def _ages(group: dict[str, Any]) -> str:
    unknown = group["age_not_stated"]
    if group["age_mean"] is None:
        return cell("–", "not stated")
    spread = "" if group["age_sd"] is None else f" ± {group['age_sd']:.1f}"
    return cell(f"{group['age_mean']:.1f}{spread}", f"{unknown} not stated" if unknown else "")


def _tested(test: dict[str, Any] | None, name: str) -> str:
    return cell(p(test["p_value"]), name) if test else cell("–", "not testable")


def readers_and_model(result: Result) -> Table:
    """Table 2."""
    shown = table_two(result)
    rows = []
    for row in shown:
        counts = row["confusion"] or {}
        missing = f"{row['n_missing']} missing" if row["n_missing"] else ""
        numbers = [str(counts.get(name, "")) for name in ("tp", "fn", "tn", "fp")]
        cells = [cell(rate(middle(value)), limits(value)) for value in (*row["cells"], row["auc"])]
        rows.append([cell(row["who"], _detail(row)), cell(str(row["n_read"]), missing), *numbers, *cells])
    names = [label for _, label in TABLE_TWO]
    return Table(
        caption=f"Table 2. Readers and model. Values with {level(result['options']['level'])} intervals (Wilson; F1 "
        "from "
        "Wilson by transformation; AUC of the model by bootstrap, of readers from their confidence by DeLong).",
        header=["Who", "Read", "TP", "FN", "TN", "FP", *names, "AUC"],
        rows=rows,
        widths=[0.185, 0.065, 0.04, 0.04, 0.04, 0.04, *[0.0984] * 6],
        marked=frozenset(i for i, row in enumerate(shown) if row["kind"] != "reader"),
        is_dense=True,
    )


def _detail(row: dict[str, Any]) -> str:
    marks = ["simulated"] * bool(row.get("is_simulated")) + ["withdrew"] * bool(row.get("is_withdrawn"))
    return ", ".join((row["detail"], *marks))


READING = (
    ("Missing", "n_missing"),
    ("Shown, no call", "forfeited"),
    ("Flagged", "n_flagged"),
    ("Second showings", "n_represented"),
)


def reading(result: Result) -> Table:
    """How far each reader came; what was measured at the looks is unknown of a study that was read elsewhere."""
    columns = READING[:1] if result["study"].get("imported") else READING
    rows = [
        [
            reader["code"],
            str(result["cases"]["n"]),
            str(reader["n_read"]),
            *(str(reader[name]) for _, name in columns),
            seconds(reader["median_response_ms"]),
        ]
        for reader in result["readers"]
    ]
    head = ["Reader", "Cases", "Read", *(label for label, _ in columns), "Median response"]
    share = 0.84 / (len(head) - 1)
    return Table(caption="Reads, by reader.", header=head, rows=rows, widths=[0.16, *[share] * (len(head) - 1)])


def paired(result: Result) -> Table:
    rows = []
    for reader in (reader for reader in result["readers"] if reader["has_point"]):
        cells = []
        for name in ("sensitivity", "specificity"):
            found, holm = reader["paired"][name], reader["paired_holm"][name]
            span = f"{points(found['lower'])} to {points(found['upper'])}"
            cells += [cell(points(found["difference"]), span), p(found["p_value"]), p(holm)]
        rows.append([reader["code"], str(reader["n_read"]), *cells])
    return Table(
        caption="Paired case bootstrap: model minus reader in percentage points, sensitivity at the reader's "
        "specificity "
        f"and specificity at the reader's sensitivity, with {level(result['options']['level'])} intervals. Holm: "
        "corrected "
        "over the readers.",
        header=["Reader", "n", "Sensitivity", "p", "Holm", "Specificity", "p", "Holm"],
        rows=rows,
        widths=[0.16, 0.08, 0.18, 0.1, 0.1, 0.18, 0.1, 0.1],
    )


def mcnemar(result: Result) -> Table:
    rows = []
    for reader in (reader for reader in result["readers"] if reader["has_point"]):
        cells = []
        for name in ("sensitivity", "specificity"):
            found, holm = reader["mcnemar"][name], reader["mcnemar_holm"][name]
            cells += [f"{found['b']} : {found['c']}", p(found["exact_p"]), p(holm)]
        rows.append([reader["code"], *cells])
    return Table(
        caption="McNemar's exact test at the model's pre-specified thresholds. b : c, cases that the model had right "
        "and "
        "the reader wrong, and the reverse.",
        header=["Reader", "GS, b : c", "p", "Holm", "Controls, b : c", "p", "Holm"],
        rows=rows,
        widths=[0.16, 0.18, 0.12, 0.12, 0.18, 0.12, 0.12],
    )


def population(result: Result) -> Table:
    rows = [
        [
            label,
            rate(test["model"]),
            rate(test["readers_mean"]),
            cell(points(test["difference"]), f"{points(test['lower'])} to {points(test['upper'])}"),
            p(test["p_value"]),
        ]
        for label, test in population_rows(result)
    ]
    told = result["population"]
    return Table(
        caption=f"Model against {len(told['codes'])} readers on the {told['n_cases']} cases that all of them read; "
        "readers "
        "and cases both random (Obuchowski and Rockette, Hillis 2007; jackknife). Differences are model minus readers, "
        "in percentage points.",
        header=["", "Model", "Readers' mean", "Difference", "p"],
        rows=rows,
        widths=[0.28, 0.18, 0.18, 0.22, 0.14],
    )

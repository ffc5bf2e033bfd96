"""The report's tables: stored numbers as text, rounded as on the page."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from screening.analysis.words import span
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
        [_("Children"), str(gs["n"]), str(controls["n"]), ""],
        [_("Girls : boys"), _sexes(gs), _sexes(controls), _tested(sex, _("Pearson's χ²"))],
        [_("Age, months, mean ± SD"), _ages(gs), _ages(controls), _tested(age, _("Student's t"))],
        [_("Different syndromes"), str(gs["diagnoses"]), "–", ""],
    ]
    return Table(
        caption=_("Table 1. The children, by truth."),
        header=["", "GS", _("Controls"), "p"],
        rows=rows,
        widths=[0.34, 0.22, 0.22, 0.22],
    )


def _sexes(group: dict[str, Any]) -> str:
    unknown = group["sex_not_stated"]
    return cell(f"{group['girls']} : {group['boys']}", _not_stated(unknown))


def _ages(group: dict[str, Any]) -> str:
    unknown = group["age_not_stated"]
    if group["age_mean"] is None:
        return cell("–", _("not stated"))
    spread = "" if group["age_sd"] is None else f" ± {group['age_sd']:.1f}"
    return cell(f"{group['age_mean']:.1f}{spread}", _not_stated(unknown))


def _not_stated(n: int) -> str:
    return _("%(n)d not stated") % {"n": n} if n else ""


def _tested(test: dict[str, Any] | None, name: str) -> str:
    return cell(p(test["p_value"]), name) if test else cell("–", _("not testable"))


def readers_and_model(result: Result) -> Table:
    """Table 2."""
    shown = table_two(result)
    rows = []
    for row in shown:
        counts = row["confusion"] or {}
        missing = _("%(n)d missing") % {"n": row["n_missing"]} if row["n_missing"] else ""
        numbers = [str(counts.get(name, "")) for name in ("tp", "fn", "tn", "fp")]
        cells = [cell(rate(middle(value)), limits(value)) for value in (*row["cells"], row["auc"])]
        rows.append([cell(row["who"], _detail(row)), cell(str(row["n_read"]), missing), *numbers, *cells])
    names = [str(label) for name, label in TABLE_TWO]
    return Table(
        caption=_(
            "Table 2. Readers and model. Values with %(level)s intervals (Wilson; F1 from Wilson by transformation; "
            "AUC of the model by bootstrap, of readers from their confidence by DeLong)."
        )
        % {"level": level(result["options"]["level"])},
        header=[pgettext("of a row", "Who"), pgettext("how many", "Read"), "TP", "FN", "TN", "FP", *names, "AUC"],
        rows=rows,
        widths=[0.185, 0.065, 0.04, 0.04, 0.04, 0.04, *[0.0984] * 6],
        marked=frozenset(i for i, row in enumerate(shown) if row["kind"] != "reader"),
        is_dense=True,
    )


def _detail(row: dict[str, Any]) -> str:
    marks = [_("simulated")] * bool(row.get("is_simulated")) + [_("withdrew")] * bool(row.get("is_withdrawn"))
    return _(", ").join((str(row["detail"]), *marks))


READING = (
    (gettext_lazy("Missing"), "n_missing"),
    (gettext_lazy("Shown, no call"), "forfeited"),
    (gettext_lazy("Flagged"), "n_flagged"),
    (gettext_lazy("Second showings"), "n_represented"),
)


def reading(result: Result) -> Table:
    """How far each reader came; what was measured at the looks is unknown of a study that was read elsewhere."""
    columns = READING[:1] if result["study"].get("imported") else READING
    rows = [
        [
            reader["code"],
            str(result["cases"]["n"]),
            str(reader["n_read"]),
            *(str(reader[name]) for label, name in columns),
            seconds(reader["median_response_ms"]),
        ]
        for reader in result["readers"]
    ]
    head = [
        _("Reader"),
        _("Cases"),
        pgettext("how many", "Read"),
        *(str(label) for label, name in columns),
        _("Median response"),
    ]
    share = 0.84 / (len(head) - 1)
    return Table(caption=_("Reads, by reader."), header=head, rows=rows, widths=[0.16, *[share] * (len(head) - 1)])


def paired(result: Result) -> Table:
    rows = []
    for reader in (reader for reader in result["readers"] if reader["has_point"]):
        cells = []
        for name in ("sensitivity", "specificity"):
            found, holm = reader["paired"][name], reader["paired_holm"][name]
            between = span(points(found["lower"]), points(found["upper"]))
            cells += [cell(points(found["difference"]), between), p(found["p_value"]), p(holm)]
        rows.append([reader["code"], str(reader["n_read"]), *cells])
    return Table(
        caption=_(
            "Paired case bootstrap: model minus reader in percentage points, sensitivity at the reader's specificity "
            "and specificity at the reader's sensitivity, with %(level)s intervals. Holm: corrected over the readers."
        )
        % {"level": level(result["options"]["level"])},
        header=[_("Reader"), "n", _("Sensitivity"), "p", "Holm", _("Specificity"), "p", "Holm"],
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
        caption=_(
            "McNemar's exact test at the model's pre-specified thresholds. b : c, cases that the model had right and "
            "the reader wrong, and the reverse."
        ),
        header=[_("Reader"), _("GS, b : c"), "p", "Holm", _("Controls, b : c"), "p", "Holm"],
        rows=rows,
        widths=[0.16, 0.18, 0.12, 0.12, 0.18, 0.12, 0.12],
    )


def population(result: Result) -> Table:
    rows = [
        [
            str(label),
            rate(test["model"]),
            rate(test["readers_mean"]),
            cell(points(test["difference"]), span(points(test["lower"]), points(test["upper"]))),
            p(test["p_value"]),
        ]
        for label, test in population_rows(result)
    ]
    told = result["population"]
    return Table(
        caption=_(
            "Model against %(readers)d readers on the %(cases)d cases that all of them read; readers and cases both "
            "random (Obuchowski and Rockette, Hillis 2007; jackknife). Differences are model minus readers, in "
            "percentage points."
        )
        % {"readers": len(told["codes"]), "cases": told["n_cases"]},
        header=["", _("Model"), _("Readers' mean"), _("Difference"), "p"],
        rows=rows,
        widths=[0.28, 0.18, 0.18, 0.22, 0.14],
    )

"""STARD and CLAIM, item by item: answered from the data where it holds the answer, else left to the author.

Items are told in our own short words, under the guidelines' numbers: STARD 2015 (Bossuyt et al., BMJ 2015;351:h5527)
with the further topics of STARD-AI (Sounderajah et al., Nat Med 2025), which are named without a number, and CLAIM
2024 (Tejani et al., Radiol Artif Intell 2024;6:e240300).
"""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from screening.report.document import Bullets, Heading, Paragraph, Table

AUTHOR = _("Author to complete")
Item = tuple[str, str | Promise, str]  # number, what is asked, topic of the answer (empty: always the author's)

STARD: tuple[Item, ...] = (
    ("1", _("Title or abstract names a measure of accuracy"), ""),
    ("2", _("Structured abstract"), ""),
    ("3", _("Background, intended use and clinical role of the test"), ""),
    ("4", _("Objectives and hypotheses"), ""),
    ("5", _("Data collected before or after the tests (prospective, retrospective)"), ""),
    ("6", _("Eligibility criteria"), ""),
    ("7", _("On what basis participants were identified"), "source"),
    ("8", _("Where and when participants were identified"), ""),
    ("9", _("Consecutive, random or convenience series"), ""),
    ("10a", _("Index test, in detail"), "index_test"),
    ("10b", _("Reference standard, in detail"), ""),
    ("11", _("Why this reference standard"), ""),
    ("12a", _("Index test's cut-offs, pre-specified or explored"), "threshold"),
    ("12b", _("Reference standard's categories"), ""),
    ("13a", _("Whether those who did the index test knew other results"), "blinding"),
    ("13b", _("Whether those who assessed the reference standard knew the index test"), ""),
    ("14", _("Methods to estimate and compare accuracy"), "tests"),
    ("15", _("Indeterminate results"), "indeterminate"),
    ("16", _("Missing data"), "missing"),
    ("17", _("Analyses of variability, pre-specified or exploratory"), "sensitivity_analysis"),
    ("18", _("Intended sample size and how it was found"), ""),
    ("19", _("Flow of participants, diagram"), "flow"),
    ("20", _("Baseline characteristics"), "demographics"),
    ("21a", _("Spectrum of disease in those with the condition"), "spectrum"),
    ("21b", _("Other diagnoses in those without"), ""),
    ("22", _("Interval between index test and reference standard"), ""),
    ("23", _("Cross tabulation of index test and reference standard"), "fourfold"),
    ("24", _("Estimates of accuracy with their precision"), "performance"),
    ("25", _("Adverse events"), ""),
    ("26", _("Limitations, sources of bias, generalisability"), "limitations"),
    ("27", _("Implications for practice"), ""),
    ("28", _("Registration number and registry"), ""),
    ("29", _("Where the full protocol can be read"), "protocol"),
    ("30", _("Funding and role of funders"), ""),
    ("AI", _("Source, collection and pre-processing of the data"), "preprocessing"),
    ("AI", _("Partition into training, tuning and test data"), "partition"),
    ("AI", _("Version of the model and of its software"), "software"),
    ("AI", _("Readers: number, expertise, interaction with the model"), "readers"),
    ("AI", _("Bias and fairness across groups"), ""),
    ("AI", _("Commercial interests, availability of code, model and data"), ""),
)
CLAIM: tuple[Item, ...] = (
    ("1", _("Title or abstract names the AI method"), ""),
    ("2", _("Structured abstract"), ""),
    ("3", _("Background, intended use and role"), ""),
    ("4", _("Aims and hypotheses"), ""),
    ("5", _("Prospective or retrospective"), ""),
    ("6", _("Goal of the study"), ""),
    ("7", _("Data sources"), "source"),
    ("8", _("Inclusion and exclusion criteria"), ""),
    ("9", _("Pre-processing"), "preprocessing"),
    ("10", _("Selection of subsets of the data"), "flow"),
    ("11", _("De-identification"), "deidentified"),
    ("12", _("Missing data"), "missing"),
    ("13", _("How images were acquired"), ""),
    ("14", _("Reference standard"), ""),
    ("15", _("Why this reference standard"), ""),
    ("16", _("Who annotated the reference standard"), ""),
    ("17", _("Annotation of the test set"), ""),
    ("18", _("Variability between and within annotators or readers"), "agreement"),
    ("19", _("How data were assigned to partitions"), "partition"),
    ("20", _("Level at which partitions are disjoint"), "disjoint"),
    ("21", _("Intended sample size"), ""),
    ("22", _("Model in detail"), "index_test"),
    ("23", _("Software, with versions"), "versions"),
    ("24", _("Initial parameters"), "initial"),
    ("25", _("Training in detail"), "training"),
    ("26", _("How the final model was chosen"), "training"),
    ("27", _("Ensembling"), "ensemble"),
    ("28", _("Metrics of performance"), "metrics"),
    ("29", _("Significance and uncertainty"), "uncertainty"),
    ("30", _("Robustness or sensitivity analysis"), "sensitivity_analysis"),
    ("31", _("Explainability"), ""),
    ("32", _("Evaluation on internal data"), "internal"),
    ("33", _("Evaluation on external data"), ""),
    ("34", _("Registration"), ""),
    ("35", _("Numbers included and excluded"), "flow"),
    ("36", _("Demographic and clinical characteristics"), "demographics"),
    ("37", _("Performance with uncertainty"), "performance"),
    ("38", _("Estimates of accuracy with their precision"), "performance"),
    ("39", _("Failure analysis"), "disagreements"),
    ("40", _("Limitations"), "limitations"),
    ("41", _("Implications for practice"), ""),
    ("42", _("Full protocol or further technical details"), "protocol"),
    ("43", _("Availability of software, model and data"), "data"),
    ("44", _("Funding and role of funders"), ""),
)


def checklists(known: dict[str, str]) -> list[Heading | Paragraph | Bullets | Table]:
    return [
        Heading(str(_("Reporting checklists"))),
        Paragraph(
            str(
                _(
                    "Answered from the data where the data hold the answer; everything else is marked. Items are "
                    "abbreviated: check them, and the journal's own form, against the published guideline before "
                    "submission. STARD's numbers are those of STARD 2015; topics that STARD-AI adds are marked AI."
                )
            ),
            is_small=True,
        ),
        _table(str(_("STARD 2015 with topics of STARD-AI")), STARD, known),
        _table("CLAIM 2024", CLAIM, known),
    ]


def _table(name: str, items: Sequence[Item], known: dict[str, str]) -> Table:
    rows = [[number, str(asked), known.get(topic) or str(AUTHOR)] for number, asked, topic in items]
    answered = sum(row[2] != AUTHOR for row in rows)
    caption = _("%(name)s: %(answered)d of %(all)d items answered from the data.")
    return Table(
        caption=caption % {"name": name, "answered": answered, "all": len(rows)},
        header=[str(_("Item")), str(_("What is asked")), str(_("Answer"))],
        rows=rows,
        widths=[0.07, 0.38, 0.55],
        words=frozenset({1, 2}),
        marked=frozenset(i for i, row in enumerate(rows) if row[2] == AUTHOR),
        is_dense=True,
    )

"""STARD and CLAIM, item by item: answered from the data where it holds the answer, else left to the author.

Items are told in our own short words, under the guidelines' numbers: STARD 2015 (Bossuyt et al., BMJ 2015;351:h5527)
with the further topics of STARD-AI (Sounderajah et al., Nat Med 2025), which are named without a number, and CLAIM
2024 (Tejani et al., Radiol Artif Intell 2024;6:e240300).
"""

from collections.abc import Sequence

from screening.report.document import Bullets, Heading, Paragraph, Table

AUTHOR = "Author to complete"
Item = tuple[str, str, str]  # number, what is asked, topic of the answer (empty: always the author's)

STARD: tuple[Item, ...] = (
    ("1", "Title or abstract names a measure of accuracy", ""),
    ("2", "Structured abstract", ""),
    ("3", "Background, intended use and clinical role of the test", ""),
    ("4", "Objectives and hypotheses", ""),
    ("5", "Data collected before or after the tests (prospective, retrospective)", ""),
    ("6", "Eligibility criteria", ""),
    ("7", "On what basis participants were identified", "source"),
    ("8", "Where and when participants were identified", ""),
    ("9", "Consecutive, random or convenience series", ""),
    ("10a", "Index test, in detail", "index_test"),
    ("10b", "Reference standard, in detail", ""),
    ("11", "Why this reference standard", ""),
    ("12a", "Index test's cut-offs, pre-specified or explored", "threshold"),
    ("12b", "Reference standard's categories", ""),
    ("13a", "Whether those who did the index test knew other results", "blinding"),
    ("13b", "Whether those who assessed the reference standard knew the index test", ""),
    ("14", "Methods to estimate and compare accuracy", "tests"),
    ("15", "Indeterminate results", "indeterminate"),
    ("16", "Missing data", "missing"),
    ("17", "Analyses of variability, pre-specified or exploratory", "sensitivity_analysis"),
    ("18", "Intended sample size and how it was found", ""),
    ("19", "Flow of participants, diagram", "flow"),
    ("20", "Baseline characteristics", "demographics"),
    ("21a", "Spectrum of disease in those with the condition", "spectrum"),
    ("21b", "Other diagnoses in those without", ""),
    ("22", "Interval between index test and reference standard", ""),
    ("23", "Cross tabulation of index test and reference standard", "fourfold"),
    ("24", "Estimates of accuracy with their precision", "performance"),
    ("25", "Adverse events", ""),
    ("26", "Limitations, sources of bias, generalisability", "limitations"),
    ("27", "Implications for practice", ""),
    ("28", "Registration number and registry", ""),
    ("29", "Where the full protocol can be read", "protocol"),
    ("30", "Funding and role of funders", ""),
    ("AI", "Source, collection and pre-processing of the data", "preprocessing"),
    ("AI", "Partition into training, tuning and test data", "partition"),
    ("AI", "Version of the model and of its software", "software"),
    ("AI", "Readers: number, expertise, interaction with the model", "readers"),
    ("AI", "Bias and fairness across groups", ""),
    ("AI", "Commercial interests, availability of code, model and data", ""),
)
CLAIM: tuple[Item, ...] = (
    ("1", "Title or abstract names the AI method", ""),
    ("2", "Structured abstract", ""),
    ("3", "Background, intended use and role", ""),
    ("4", "Aims and hypotheses", ""),
    ("5", "Prospective or retrospective", ""),
    ("6", "Goal of the study", ""),
    ("7", "Data sources", "source"),
    ("8", "Inclusion and exclusion criteria", ""),
    ("9", "Pre-processing", "preprocessing"),
    ("10", "Selection of subsets of the data", "flow"),
    ("11", "De-identification", "deidentified"),
    ("12", "Missing data", "missing"),
    ("13", "How images were acquired", ""),
    ("14", "Reference standard", ""),
    ("15", "Why this reference standard", ""),
    ("16", "Who annotated the reference standard", ""),
    ("17", "Annotation of the test set", ""),
    ("18", "Variability between and within annotators or readers", "agreement"),
    ("19", "How data were assigned to partitions", "partition"),
    ("20", "Level at which partitions are disjoint", "disjoint"),
    ("21", "Intended sample size", ""),
    ("22", "Model in detail", "index_test"),
    ("23", "Software, with versions", "versions"),
    ("24", "Initial parameters", "initial"),
    ("25", "Training in detail", "training"),
    ("26", "How the final model was chosen", "training"),
    ("27", "Ensembling", "ensemble"),
    ("28", "Metrics of performance", "metrics"),
    ("29", "Significance and uncertainty", "uncertainty"),
    ("30", "Robustness or sensitivity analysis", "sensitivity_analysis"),
    ("31", "Explainability", ""),
    ("32", "Evaluation on internal data", "internal"),
    ("33", "Evaluation on external data", ""),
    ("34", "Registration", ""),
    ("35", "Numbers included and excluded", "flow"),
    ("36", "Demographic and clinical characteristics", "demographics"),
    ("37", "Performance with uncertainty", "performance"),
    ("38", "Estimates of accuracy with their precision", "performance"),
    ("39", "Failure analysis", "disagreements"),
    ("40", "Limitations", "limitations"),
    ("41", "Implications for practice", ""),
    ("42", "Full protocol or further technical details", "protocol"),
    ("43", "Availability of software, model and data", "data"),
    ("44", "Funding and role of funders", ""),
)


def checklists(known: dict[str, str]) -> list[Heading | Paragraph | Bullets | Table]:
    return [
        Heading("Reporting checklists"),
        Paragraph(
            "Answered from the data where the data hold the answer; everything else is marked. Items are abbreviated: "
            "check "
            "them, and the journal's own form, against the published guideline before submission. STARD's numbers are "
            "those "
            "of STARD 2015; topics that STARD-AI adds are marked AI.",
            is_small=True,
        ),
        _table("STARD 2015 with topics of STARD-AI", STARD, known),
        _table("CLAIM 2024", CLAIM, known),
    ]


def _table(name: str, items: Sequence[Item], known: dict[str, str]) -> Table:
    rows = [[number, asked, known.get(topic) or AUTHOR] for number, asked, topic in items]
    answered = sum(row[2] != AUTHOR for row in rows)
    return Table(
        caption=f"{name}: {answered} of {len(rows)} items answered from the data.",
        header=["Item", "What is asked", "Answer"],
        rows=rows,
        widths=[0.07, 0.38, 0.55],
        words=frozenset({1, 2}),
        marked=frozenset(i for i, row in enumerate(rows) if row[2] == AUTHOR),
        is_dense=True,
    )

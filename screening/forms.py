from typing import Any

from django import forms

from readerstudy.studies.models import Study
from screening import selectors
from screening.analysis.options import BY, DEFAULT_SEED, LEVELS, REPLICATES, Options


class ComparisonForm(forms.Form):
    """Which run, and how to compare."""

    run = forms.ModelChoiceField(queryset=None, empty_label=None, help_text="Finished runs on this study's cohort.")
    replicates = forms.TypedChoiceField(
        coerce=int,
        choices=[(n, f"{n:,}".replace(",", " ")) for n in REPLICATES],
        initial=2000,
        help_text="Bootstrap resamples. The paper used 200, which leaves the third decimal to chance.",
    )
    level = forms.TypedChoiceField(coerce=float, choices=[(x, f"{100 * x:g} %") for x in LEVELS], initial=0.95)
    by = forms.ChoiceField(
        label="Judge readers at their own",
        choices=[
            (BY[0], "specificity, as in the paper"),
            (BY[1], "sensitivity"),
        ],
        help_text="There the model's other rate is held against the reader's.",
    )
    margin = forms.FloatField(
        required=False,
        min_value=0.1,
        max_value=50,
        label="Non-inferiority margin, in percentage points",
        help_text="Leave empty unless the protocol fixed one before the reading.",
    )
    without_flagged = forms.BooleanField(
        required=False,
        label="Leave out calls after a flagged exposure",
        help_text="A sensitivity analysis; the primary one keeps every call.",
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**53 - 1,
        initial=DEFAULT_SEED,
        help_text="The same seed gives the same numbers; it is stored with the comparison.",
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].queryset = selectors.runs_for(study)

    def options(self) -> Options:
        """Only after ``is_valid``."""
        chosen = self.cleaned_data
        margin = chosen["margin"]
        return Options(
            replicates=chosen["replicates"],
            level=chosen["level"],
            by=chosen["by"],
            seed=chosen["seed"],
            margin=None if margin is None else margin / 100,
            without_flagged=chosen["without_flagged"],
        )


class UnblindForm(forms.Form):
    """The reason, and that the investigator knows what it means."""

    reason = forms.CharField(
        label="Why can it not wait until the reading is closed?",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stated with every later comparison and report, and in the audit trail.",
    )
    sure = forms.BooleanField(label="I know that this cannot be undone.")


class AidsForm(forms.Form):
    """Which run's held-out output readers are shown."""

    run = forms.ModelChoiceField(queryset=None, empty_label=None, help_text="Finished runs on this study's cohort.")

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].queryset = selectors.runs_for(study)

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from readerstudy.studies.models import Study
from screening import selectors
from screening.analysis.options import BY, DEFAULT_SEED, LEVELS, REPLICATES, Options

RUN = pgettext_lazy("of a training", "Run")


class ComparisonForm(forms.Form):
    """Which run, and how to compare."""

    run = forms.ModelChoiceField(
        queryset=None, label=RUN, empty_label=None, help_text=_("Finished runs on this study's cohort.")
    )
    replicates = forms.TypedChoiceField(
        label=_("Replicates"),
        coerce=int,
        choices=[(n, f"{n:,}".replace(",", " ")) for n in REPLICATES],
        initial=2000,
        help_text=_("Bootstrap resamples. The paper used 200, which leaves the third decimal to chance."),
    )
    level = forms.TypedChoiceField(
        label=_("Level"), coerce=float, choices=[(x, f"{100 * x:g} %") for x in LEVELS], initial=0.95
    )
    by = forms.ChoiceField(
        label=_("Judge readers at their own"),
        choices=[
            (BY[0], _("specificity, as in the paper")),
            (BY[1], _("sensitivity")),
        ],
        help_text=_("There the model's other rate is held against the reader's."),
    )
    margin = forms.FloatField(
        required=False,
        min_value=0.1,
        max_value=50,
        label=_("Non-inferiority margin, in percentage points"),
        help_text=_("Leave empty unless the protocol fixed one before the reading."),
    )
    without_flagged = forms.BooleanField(
        required=False,
        label=_("Leave out calls after a flagged exposure"),
        help_text=_("A sensitivity analysis; the primary one keeps every call."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**53 - 1,
        initial=DEFAULT_SEED,
        help_text=_("The same seed gives the same numbers; it is stored with the comparison."),
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
        label=_("Why can it not wait until the reading is closed?"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stated with every later comparison and report, and in the audit trail."),
    )
    sure = forms.BooleanField(label=_("I know that this cannot be undone."))


class AidsForm(forms.Form):
    """Which run's held-out output readers are shown."""

    run = forms.ModelChoiceField(
        queryset=None, label=RUN, empty_label=None, help_text=_("Finished runs on this study's cohort.")
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].queryset = selectors.runs_for(study)

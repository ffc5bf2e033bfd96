"""What is planned, in the units people speak in: percentage points and per cent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from screening.pilots import Learned, Source
from screening.planner import ANALYSES, COMPONENTS, EXAMPLE, MEASURES, MOST_CASES, MOST_READERS, Wish
from screening.statistics import Pilot

WORDS = {
    "var_tr": (_("VarTR, readers × tests"), _("How much the difference varies from reader to reader.")),
    "var": (_("Var, error"), _("Of one reader's figure with one test, from one set of cases to another.")),
    "cov1": ("Cov1", _("Between the two tests of one reader.")),
    "cov2": ("Cov2", _("Between two readers with the same test.")),
    "cov3": ("Cov3", _("Between two readers with different tests.")),
}
# Components are written with so many digits; what comes back with them is what was given.
DIGITS = 8


class PilotForm(forms.Form):
    """Which of the study's own results, and which measure, to learn the components from."""

    pilot = forms.ChoiceField(label=_("Learn from"))
    measure = forms.ChoiceField(label=_("Measure"), choices=list(MEASURES.items()), initial="sensitivity")

    def __init__(self, *args: Any, sources: list[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pilot"].choices = [(source.key, source.label) for source in sources]


class PlannerForm(forms.Form):
    """The wish; ``wish()`` gives it once valid."""

    measure = forms.ChoiceField(
        label=_("Measure"), choices=list(MEASURES.items()), initial="sensitivity", help_text=_("The primary one.")
    )
    effect = forms.FloatField(
        label=_("Difference to find"),
        min_value=0.1,
        max_value=50,
        initial=5,
        help_text=_("In percentage points: the smallest that would matter, not what the pilot happened to show."),
    )
    readers = forms.IntegerField(
        label=_("Readers"), min_value=2, max_value=MOST_READERS, initial=5, help_text=_("Each reads every case.")
    )
    cases = forms.IntegerField(
        label=_("Cases"), min_value=10, max_value=MOST_CASES, initial=200, help_text=_("With and without a syndrome.")
    )
    share = forms.FloatField(
        label=_("With a syndrome"),
        min_value=1,
        max_value=99,
        initial=50,
        help_text=_("Per cent of the cases, as in the pilot: another mix has other variances."),
    )
    target = forms.FloatField(
        label=_("Power wanted"), min_value=10, max_value=99.9, initial=80, help_text=_("Per cent.")
    )
    alpha = forms.FloatField(
        label=_("Alpha"), min_value=0.0001, max_value=0.5, initial=0.05, help_text=_("Two-sided level of the test.")
    )
    analysis = forms.ChoiceField(
        label=_("Shall hold for"), choices=[(key, words) for key, words in ANALYSES.items()], initial="RRRC"
    )
    pilot_cases = forms.IntegerField(label=_("Cases of the pilot"), min_value=2, max_value=MOST_CASES)
    var_tr, var, cov1, cov2, cov3 = (
        forms.FloatField(
            label=label, help_text=hint, min_value=-1, max_value=1, widget=forms.NumberInput({"step": "any"})
        )
        for label, hint in WORDS.values()
    )
    pilot = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        var = found.get("var")
        if var is not None and var <= 0:
            self.add_error("var", str(_("An error variance is more than zero.")))
        elif var is not None:
            for name in ("cov1", "cov2", "cov3"):
                if abs(found.get(name, 0.0)) > var:
                    self.add_error(name, str(_("A covariance is not larger than the error variance.")))
        return found

    @property
    def components(self) -> list[Any]:
        """The fields of the variance components, for a group of their own on the page."""
        return [self[name] for name in (*COMPONENTS, "pilot_cases")]

    @property
    def choices(self) -> list[Any]:
        names = ("measure", "effect", "readers", "cases", "share", "target", "alpha", "analysis")
        return [self[name] for name in names]

    def wish(self) -> Wish:
        """Only after ``is_valid``."""
        given = self.cleaned_data
        return Wish(
            pilot=Pilot(**{name: given[name] for name in COMPONENTS}, cases=given["pilot_cases"]),
            measure=given["measure"],
            effect=given["effect"] / 100,
            target=given["target"] / 100,
            alpha=given["alpha"],
            analysis=given["analysis"],
            readers=given["readers"],
            cases=given["cases"],
            share=given["share"] / 100,
        )

    def holds(self, learned: Learned) -> bool:
        """Whether the components are still those of the pilot, unchanged by hand. Only after ``is_valid``."""
        given, theirs = self.wish(), start(learned)
        same = all(float(theirs[name]) == getattr(given.pilot, name) for name in COMPONENTS)
        return same and given.measure == learned.measure and given.pilot.cases == theirs["pilot_cases"]


def start(learned: Learned | None) -> dict[str, Any]:
    """The fields' values to begin with: the pilot's, or the example's."""
    base = {name: field.initial for name, field in PlannerForm.base_fields.items() if field.initial is not None}
    if learned is None:
        return base | {"measure": "auc"} | _components(EXAMPLE)
    study = learned.study
    return (
        base
        | _components(study.pilot)
        | {
            "measure": learned.measure,
            "pilot": learned.source.key,
            "readers": study.n_readers,
            "cases": study.n_cases,
            "share": round(100 * learned.share, 1),
        }
    )


def _components(pilot: Pilot) -> dict[str, Any]:
    return {name: f"{getattr(pilot, name):.{DIGITS}g}" for name in COMPONENTS} | {"pilot_cases": pilot.cases}

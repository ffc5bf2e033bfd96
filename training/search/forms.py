"""The form of a new search: a base recipe, and for each choice the values to try."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS
from training.presets import CATALOGUE, recipe_values
from training.search.grid import OFFERS, Offer, read_axes
from training.weights import weights_names

PREFIX = "try_"


class NewSearchForm(forms.Form):
    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=gettext_lazy("Cohort"), empty_label=None)
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=120,
        help_text=gettext_lazy("For example “learning rate and head, small network”."),
    )
    preset = forms.ChoiceField(label=gettext_lazy("Base recipe"))
    weights = forms.ChoiceField(label=gettext_lazy("First weights"), required=False)
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        initial=1,
        help_text=gettext_lazy("It deals the folds, the same for every recipe."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["cohort"].queryset = cohorts_of(user, INVESTIGATOR).order_by("name")
        self.fields["preset"].choices = [(preset.name, preset.title) for preset in CATALOGUE if preset.name in PRESETS]
        self.fields["weights"].choices = [("", _("Random start")), *((name, name) for name in weights_names())]
        for offer in OFFERS:
            self.fields[PREFIX + offer.choice] = _values(offer)

    def axes(self) -> list[forms.BoundField]:
        """The fields of the choices that can be searched."""
        return [self[PREFIX + offer.choice] for offer in OFFERS]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        wanted = [(offer.choice, values[PREFIX + offer.choice]) for offer in OFFERS if values[PREFIX + offer.choice]]
        try:
            values["axes"] = read_axes(wanted)
            values["recipe"] = recipe_values(values["preset"], {"seed": values["seed"]})
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None
        return values


def _values(offer: Offer) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=offer.label,
        help_text=offer.hint,
        required=False,
        choices=[(str(value), label) for value, label in offer.values.items()],
        widget=forms.CheckboxSelectMultiple,
    )

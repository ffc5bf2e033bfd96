"""The form of the augmentation preview: the choices that decide what a face looks like in training."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS, Recipe, RecipeError
from training.presets import CATALOGUE, recipe_values

SHOWN = {
    "rotation": (gettext_lazy("Rotation"), gettext_lazy("Largest turn in degrees.")),
    "scale": (gettext_lazy("Scale"), gettext_lazy("Largest change of size, as a share.")),
    "shift": (gettext_lazy("Shift"), gettext_lazy("Largest move, as a share of the side.")),
    "brightness": (gettext_lazy("Light"), gettext_lazy("Largest change of brightness and colour, as a share.")),
    "crop": (gettext_lazy("Crop"), gettext_lazy("Share of the aligned face that is used.")),
}
CARRIED = ("input_size", "batch_size", "balanced")  # they change size and order of the pictures, not their look
MIRRORED = [("", gettext_lazy("as in the recipe")), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]


class PreviewForm(forms.Form):
    """Empty fields keep the recipe's own value; ``recipe`` is in the cleaned data."""

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=gettext_lazy("Cohort"), empty_label=None)
    preset = forms.ChoiceField(label=gettext_lazy("Recipe"))
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=2**31 - 1, initial=1)
    flip = forms.ChoiceField(label=gettext_lazy("Mirror images"), choices=MIRRORED, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["cohort"].queryset = cohorts_of(user, INVESTIGATOR).order_by("name")
        self.fields["preset"].choices = [(each.name, each.title) for each in CATALOGUE if each.name in PRESETS]
        for key, (label, hint) in SHOWN.items():
            widget = forms.TextInput(attrs={"inputmode": "decimal"})
            self.fields[key] = forms.CharField(label=label, help_text=hint, required=False, widget=widget)
        for key in CARRIED:
            self.fields[key] = forms.CharField(required=False, widget=forms.HiddenInput)

    def show_own_values(self, preset: str) -> None:
        """The recipe's own numbers in grey."""
        own = PRESETS[preset].to_dict()
        for key in SHOWN:
            self.fields[key].widget.attrs["placeholder"] = own[key]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("preset") and not self.errors:
            changes = {key: values[key] for key in (*SHOWN, *CARRIED, "flip") if values.get(key)}
            try:
                chosen = recipe_values(values["preset"], {**changes, "seed": values["seed"]})
                values["recipe"] = Recipe.from_dict(chosen)
            except (Refused, RecipeError) as refusal:
                raise forms.ValidationError(said(f"{refusal}".rstrip(".") + ".")) from None
        return values

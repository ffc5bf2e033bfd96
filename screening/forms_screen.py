"""The forms of screening one new photo: what is sent in, the prevalence to reckon with, and why it may be kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from screening.new_photo import PREVALENCE
from training.access import runs_to_screen
from training.models import TrainingRun
from training.services import screen

OLDEST_YEARS = 120
NOT_TO_ASK = _(
    "This run cannot be asked. It has to be a finished one of your studies, on a cohort of which you read no face, and "
    "trained here: of imported scores no network is there."
)


class RunField(forms.ModelChoiceField):
    """A run is told from the others by its cohort too."""

    def label_from_instance(self, run: TrainingRun) -> str:
        return f"{run.name} ({run.cohort.name})"


class NewPhotoForm(forms.Form):
    run = RunField(
        TrainingRun.objects.none(),
        label=_("Run"),
        empty_label=None,
        help_text=_("Finished runs of your studies."),
        error_messages={"invalid_choice": NOT_TO_ASK},
    )
    photo = forms.FileField(
        label=_("Photo"),
        help_text=_("One face, from the front. Drop a file, choose one, or take a picture on a phone."),
        widget=forms.FileInput(attrs={"accept": "image/*,.heic,.heif"}),
        error_messages={"required": _("Choose a photo."), "empty": _("The file is empty: choose another.")},
    )
    age_years = forms.FloatField(
        label=_("Age of the child in years, if you know it"),
        required=False,
        min_value=0,
        max_value=OLDEST_YEARS,
        help_text=_("For example 0.5 or 7. Only compared with the ages of the cohort; the networks do not see it."),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["run"].queryset = runs_to_screen(user).select_related("cohort")

    def clean_photo(self) -> Any:
        """Refused before a byte of it is read."""
        file = self.cleaned_data["photo"]
        if file.size > screen.MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(mb)d MB: send a smaller copy."),
                params={"mb": screen.MOST_BYTES // 1_000_000},
            )
        return file

    @property
    def age_months(self) -> float | None:
        years = self.cleaned_data.get("age_years")
        return None if years is None else 12 * years


class PrevalenceForm(forms.Form):
    prevalence = forms.FloatField(
        label=_("Prevalence of GS among those who are screened, in per cent"),
        min_value=0.001,
        max_value=99,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )

    def fraction(self) -> float:
        """The usual one where none or a wrong one was stated."""
        return self.cleaned_data["prevalence"] / 100 if self.is_valid() else PREVALENCE


class KeepForm(forms.Form):
    consent = forms.CharField(
        label=_("Whose consent allows it to be kept?"),
        min_length=screen.SHORTEST_STATEMENT,
        max_length=screen.LONGEST_STATEMENT,
        help_text=_("In words, without names: “both parents signed form B of protocol 12/2026, filed in ward 3”."),
    )
    is_stated = forms.BooleanField(
        label=_("I state that those who care for this child agreed to photo and scores being kept here for research.")
    )

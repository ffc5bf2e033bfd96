"""Forms of the import door."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy, pgettext_lazy

from readerstudy.said import said
from readerstudy.studies.models import Cohort, Subject
from readerstudy.studies.services.facts import read_fact

Points = Sequence[Sequence[float]]
POINTS = (
    gettext_lazy("Eye on the left"),
    gettext_lazy("Eye on the right"),
    gettext_lazy("Tip of the nose"),
    gettext_lazy("Mouth, left corner"),
    gettext_lazy("Mouth, right corner"),
)


class NewCohortForm(forms.ModelForm):
    class Meta:
        model = Cohort
        fields = ("name", "kind", "description")
        labels = {
            "name": pgettext_lazy("of a thing", "Name"),
            "kind": gettext_lazy("What it holds"),
            "description": gettext_lazy("Description (optional)"),
        }
        help_texts = {
            "name": gettext_lazy("As it will stand in lists and reports, for example “Genetics clinic 2024–2026”."),
            "kind": gettext_lazy("Phantoms and test pictures are labelled as such wherever the cohort is listed."),
            "description": gettext_lazy("Where the photographs come from, inclusion criteria, the ethics reference."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/input.html"


class ManyFilesField(forms.FileField):
    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) and data else [data or None]
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class ImportForm(forms.Form):
    photos = ManyFilesField(
        label=gettext_lazy("Photos"),
        max_length=255,
        allow_empty_file=True,
        help_text=gettext_lazy("One ZIP archive, single photos or a folder. JPEG, PNG, WebP, TIFF, BMP, HEIC or AVIF."),
    )
    manifest = forms.FileField(
        label=gettext_lazy("Manifest"),
        max_length=255,
        allow_empty_file=True,
        help_text=gettext_lazy("A CSV file with one row for each photo: who is on it, GS or control."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def archive(self) -> UploadedFile | list[UploadedFile]:
        """One ZIP as it came, or the single photos."""
        photos: list[UploadedFile] = self.cleaned_data["photos"]
        is_single_photo = photos[0].name.rpartition(".")[2].casefold() in {"jpg", "jpeg", "png", "heic", "webp"}
        return photos[0] if len(photos) == 1 and not is_single_photo else photos


class RefuseForm(forms.Form):
    reason = forms.CharField(max_length=300, label=gettext_lazy("Why is it refused?"))


class LandmarksForm(forms.Form):
    """Five points: ``x0``, ``y0`` ... ``x4``, ``y4``, pixels of the stored photo."""

    def __init__(self, *args: Any, points: Points | None = None, **options: Any) -> None:
        options.setdefault("initial", {f"{axis}{i}": round(point[k], 1) for i, point in enumerate(points or [])
                                       for k, axis in enumerate("xy")})  # fmt: skip
        super().__init__(*args, **options)
        for i, name in enumerate(POINTS):
            for axis in "xy":
                widget = forms.NumberInput(attrs={"step": "any", "aria-label": f"{name}, {axis}"})
                self.fields[f"{axis}{i}"] = forms.FloatField(label=f"{name}, {axis}", widget=widget)

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [(name, self[f"x{i}"], self[f"y{i}"]) for i, name in enumerate(POINTS)]

    def landmarks(self) -> list[tuple[float, float]]:
        return [(self.cleaned_data[f"x{i}"], self.cleaned_data[f"y{i}"]) for i in range(len(POINTS))]


class FactsForm(forms.ModelForm):
    """Read as the manifest's columns are."""

    class Meta:
        model = Subject
        fields = ("orpha", "omim", "confirmation", "confirmed_on")
        labels = {
            "orpha": gettext_lazy("ORPHA code"),
            "omim": gettext_lazy("OMIM code"),
            "confirmation": gettext_lazy("Confirmed by"),
            "confirmed_on": gettext_lazy("Confirmed on"),
        }
        help_texts = {
            "orpha": gettext_lazy("For example ORPHA:648, or the bare number."),
            "omim": gettext_lazy("For example OMIM:163950, or the bare number."),
            "confirmed_on": gettext_lazy("2024-03-17, 2024-03 or 2024."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("orpha", "omim"):
            self.fields[name].max_length = None  # “Orphanet: 648” is longer than what is stored
            self.fields[name].validators = []
            self.fields[name].widget.attrs.pop("maxlength", None)
            if not self.instance.has_syndrome:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for name in set(told) & set(self.fields):
            try:
                told[name] = read_fact(name, told[name])
            except ValueError as error:
                self.add_error(name, said(str(error)))
        return told


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        max_length=300, required=False, label=gettext_lazy("Note for the audit log (optional, no names)")
    )
    sure = forms.BooleanField(label=gettext_lazy("Erase this subject's photos now. This cannot be undone."))

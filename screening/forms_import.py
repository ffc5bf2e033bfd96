"""The form of the import door."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from readerstudy.studies.models import Cohort
from screening.imports.content import Reading
from screening.imports.files import MOST_BYTES, MOST_FILES, File
from screening.imports.services import NAME, Wishes


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        """Every chosen file with its bytes; sizes are looked at before anything is read."""
        chosen = data if isinstance(data, list | tuple) else [data] if data else []
        if not chosen:
            raise forms.ValidationError(_("Choose the files."))
        if len(chosen) > MOST_FILES or any(file.size > MOST_BYTES for file in chosen):
            raise forms.ValidationError(
                _("At most %(files)d files of at most %(mb)d MB each."),
                params={"files": MOST_FILES, "mb": MOST_BYTES // 2**20},
            )
        return [File(name=file.name[:255], data=file.read()) for file in chosen]


class ImportForm(forms.Form):
    name = forms.CharField(max_length=NAME, label=_("Name of the study"))
    kind = forms.ChoiceField(
        label=_("Whose faces these were"),
        choices=[("", pgettext_lazy("nothing chosen yet", "Choose")), *Cohort.Kind.choices],
        help_text=_("Shown with every result."),
    )
    files = FilesField(
        label=_("Files"),
        help_text=_(
            "A table of reads (CSV, iMRMC, RJafroc or MRMCaov) and, for a comparison, the model's scores (CSV)."
        ),
    )
    threshold = forms.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        label=_("The model calls GS from this score on"),
        help_text=_("Only where the scores have no column threshold; 0.5 is usual for a probability."),
    )
    gs_from = forms.FloatField(
        required=False,
        label=_("A reader calls GS from this rating on"),
        help_text=_("Only for ratings in a package's file that are neither 0 and 1 nor signed."),
    )
    unaided = forms.CharField(
        required=False,
        max_length=40,
        label=_("Modality read without the model"),
        help_text=_("Only where there are several."),
    )
    aided = forms.CharField(required=False, max_length=40, label=_("Modality read with the model's output"))
    description = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("How the study was read"),
        help_text=_("In your words; printed in the report as the importer's statement."),
    )

    def wishes(self) -> Wishes:
        """Only after ``is_valid``."""
        told = self.cleaned_data
        reading = Reading(**{name: told[name] for name in ("threshold", "gs_from", "unaided", "aided")})
        return Wishes(name=told["name"], kind=told["kind"], description=told["description"], reading=reading)

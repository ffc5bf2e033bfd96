"""Small forms of a study's own pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from readerstudy.studies.models import Study
from readerstudy.studies.services.invitation_lists import LARGEST_BYTES


class CopyForm(forms.Form):
    name = forms.CharField(label=_("Name of the copy"), max_length=120)
    with_cases = forms.BooleanField(label=_("Take the chosen faces over"), required=False, initial=True)

    @classmethod
    def for_study(cls, study: Study) -> "CopyForm":
        return cls(initial={"name": _free_name(study.name)}, auto_id="copy_%s")

    def choice(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "with_cases": self.cleaned_data["with_cases"]}


class ListForm(forms.Form):
    """A list of readers as a file or as pasted text."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("… or paste it here"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "email,name,seniority", "spellcheck": "false"}),
        max_length=LARGEST_BYTES,
        strip=False,
    )

    def data_bytes(self) -> bytes:
        file = self.cleaned_data["file"]
        if file is None:
            return str(self.cleaned_data["text"]).encode()
        return bytes(file.read(LARGEST_BYTES + 1))


class ReplaceForm(forms.Form):
    email = forms.EmailField()
    name = forms.CharField(max_length=120, required=False)
    reason = forms.CharField(max_length=400, required=False)


def _free_name(name: str) -> str:
    """``Study -> Study, copy -> Study, copy 2``: the first that no study has."""
    base = str(_("%(name)s, copy") % {"name": name[:105]})
    taken = set(Study.objects.filter(name__startswith=base).values_list("name", flat=True))
    names = [base, *(f"{base} {n}" for n in range(2, len(taken) + 3))]
    return next(free for free in names if free not in taken)


class AnonymiseForm(forms.Form):
    """The reader's code, typed, and what is kept of the profile."""

    code = forms.CharField(max_length=20)
    keeps_profile = forms.BooleanField(
        label=_("Keep the years of experience and the genetics training"),
        required=False,
        help_text=_("Results by experience need them; in a small department they may tell who somebody is."),
    )

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Type the code %(code)s to confirm") % {"code": code}
        self.fields["code"].widget.attrs["autocomplete"] = "off"

"""Small forms of a study's own pages."""

from typing import Any

from django import forms

from readerstudy.studies.models import Study


class CopyForm(forms.Form):
    name = forms.CharField(label="Name of the copy", max_length=120)
    with_cases = forms.BooleanField(label="Take the chosen faces over", required=False, initial=True)

    @classmethod
    def for_study(cls, study: Study) -> "CopyForm":
        return cls(initial={"name": _free_name(study.name)}, auto_id="copy_%s")

    def choice(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "with_cases": self.cleaned_data["with_cases"]}


def _free_name(name: str) -> str:
    """``Study -> Study, copy -> Study, copy 2``: the first that no study has."""
    base = f"{name[:105]}, copy"
    taken = set(Study.objects.filter(name__startswith=base).values_list("name", flat=True))
    names = [base, *(f"{base} {n}" for n in range(2, len(taken) + 3))]
    return next(free for free in names if free not in taken)

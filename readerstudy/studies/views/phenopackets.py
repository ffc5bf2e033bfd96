"""Phenopackets of a cohort: out as a ZIP, in as a manifest."""

import base64
import tempfile

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.models import Cohort
from readerstudy.studies.phenopackets.reading import Reading, read_packets
from readerstudy.studies.phenopackets.writing import write_zip
from readerstudy.studies.views.cohorts import cohort_page

IN_MEMORY = 5_000_000  # bytes of a ZIP, then it goes to disk


class PacketsForm(forms.Form):
    packets = forms.FileField(
        label=gettext_lazy("Phenopackets"), help_text=gettext_lazy("One JSON file, or a ZIP of them. Schema version 2.")
    )


def zip_of(request: HttpRequest, cohort: Cohort) -> FileResponse:
    """The cohort's packets as a download; audited."""
    held = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    n = write_zip(cohort, held)
    held.seek(0)
    record("cohort.exported", actor=request.user, target=f"cohort:{cohort.pk}", file="phenopackets.zip", subjects=n)
    response = FileResponse(held, as_attachment=True, filename=f"cohort-{cohort.pk}-phenopackets.zip")
    response["Content-Type"], response["Cache-Control"] = "application/zip", "no-store"
    return response


def reading_of(request: HttpRequest, cohort: Cohort, upload) -> Reading:
    """What an upload holds; audited. Nothing is stored."""
    found = read_packets(upload, name=upload.name)
    record(
        "phenopackets.read",
        actor=request.user,
        target=f"cohort:{cohort.pk}",
        subjects=len(found.rows),
        refused=len(found.problems),
    )
    return found


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def packets_zip(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    return zip_of(request, cohort)


@cohort_page(COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def packets(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """Upload packets, see what became of each, take the manifest along."""
    form = PacketsForm(request.POST, request.FILES) if request.method == "POST" else PacketsForm()
    context = {"cohort": cohort, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            found = reading_of(request, cohort, form.cleaned_data["packets"])
        except Refused as refused:
            form.add_error("packets", refused.message)
        else:
            manifest = base64.b64encode(("\ufeff" + found.manifest).encode()).decode()
            context |= {"found": found, "manifest": manifest}
    return render(request, "cohorts/phenopackets.html", context, status=400 if form.errors else 200)

"""The files of a study: for its investigators, and for its coordinators once the reading is closed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, studies_of
from readerstudy.studies.models import Study
from screening import selectors
from screening.downloads import DOWNLOADS, Download, Pieces, fetch
from screening.exports.columns import columns_of, explained
from training.models import TrainingRun


@login_required
@require_GET
def files(request: HttpRequest, study: int) -> HttpResponse:
    found = selectors.study_to_export(request.user, study)
    chosen = chosen_run(found, request.GET.get("run", ""))
    context = {
        "study": found,
        "may_analyse": studies_of(request.user, INVESTIGATOR).filter(pk=found.pk).exists(),
        "runs": selectors.runs_for(found),
        "chosen": chosen,
        "groups": GROUPS,
        "columns": [(column, explained(column)) for column in columns_of(with_model=True)],
    }
    return render(request, "screening/exports.html", context)


@login_required
@require_GET
def file(request: HttpRequest, study: int, name: str) -> HttpResponse:
    found = selectors.study_to_export(request.user, study)
    download = download_or_404(name)
    run = chosen_run(found, request.GET.get("run", ""))
    try:
        pieces = fetch(download=download, study=found, run=run, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("screening:files", found.pk)
    return as_file(found, download, pieces)


def _some(*names: str) -> list[Download]:
    return [DOWNLOADS[name] for name in names]


GROUPS = (
    (_("Every read"), _some("reads.csv", "reads.parquet", "reads.jsonl", "dictionary.csv")),
    (_("For reader-study packages"), _some("study.imrmc", "mrmcaov.csv", "rjafroc.xlsx")),
    (_("For REDCap"), _some("redcap-dictionary.csv", "redcap.csv")),
)


def download_or_404(name: str) -> Download:
    if name not in DOWNLOADS:
        raise Http404(str(_("No such file.")))
    return DOWNLOADS[name]


def chosen_run(study: Study, wanted: str) -> TrainingRun | None:
    """The finished run on the study's own cohort that was asked for by number; empty: none."""
    if not wanted:
        return None
    run = selectors.runs_for(study).filter(pk=wanted).first() if wanted.isdigit() else None
    if run is None:
        raise Http404(str(_("No such run on this cohort.")))
    return run


def as_file(study: Study, download: Download, pieces: Pieces) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=download.kind)
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}-{download.name}"'
    response["Cache-Control"] = "no-store"
    return response

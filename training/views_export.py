"""What an investigator may take along of a finished run: its model card and its networks."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from readerstudy.refusal import Refused
from training import exports, onnx_export
from training.access import run_for
from training.ensembles import ensemble_of
from training.model_card import model_card, stored_digests


@require_GET
@login_required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    try:
        ensemble_of(run)
    except Refused as refusal:
        return _back(request, pk, refusal)
    page = {"run": run, "card": model_card(run, stored_digests(run)), "onnx": onnx_export.onnx_state(run)}
    response = render(request, "training/card.html", page)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@login_required
def package(request: HttpRequest, pk: int) -> HttpResponseBase:
    run = run_for(request.user, pk)
    try:
        given = exports.package(run, by=request.user)
    except Refused as refusal:
        return _back(request, pk, refusal)
    response = StreamingHttpResponse(given, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-ensemble.zip"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def ask_for_onnx(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    try:
        onnx_export.ask_for_onnx(run=run, by=request.user)
    except Refused as refusal:
        return _back(request, pk, refusal)
    messages.success(request, _("A worker writes the ONNX model; it appears on this page."), extra_tags="good")
    return redirect("training:card", pk)


@require_GET
@login_required
def onnx(request: HttpRequest, pk: int, name: str) -> FileResponse:
    run = run_for(request.user, pk)
    file = onnx_export.taken(run=run, name=name, by=request.user)
    if file is None:
        raise Http404(_("The run has no such file."))
    response = FileResponse(file.open("rb"), as_attachment=True, filename=name)
    response["Content-Type"] = "application/octet-stream"
    response["Cache-Control"] = "no-store"
    return response


def _back(request: HttpRequest, pk: int, refusal: Refused) -> HttpResponse:
    messages.error(request, refusal.message, extra_tags="bad")
    return redirect("training:run", pk)

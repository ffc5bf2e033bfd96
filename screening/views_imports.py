"""The page of the import door: choose files, look at what was found in them, confirm."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from screening.forms_import import ImportForm
from screening.imports import services
from screening.imports.files import FilesRefused
from screening.models import StudyImport


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Checks the files and keeps them for the confirmation; nothing of a study is stored here."""
    if not services.may_import(request.user):
        raise PermissionDenied(_("Studies are imported by investigators and coordinators."))
    form = ImportForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = services.stage(files=form.cleaned_data["files"], wishes=form.wishes(), by=request.user)
            return redirect("screening:import", made.pk)
        except FilesRefused as refusal:
            problems = refusal.problems
        except Refused as refusal:
            form.add_error(None, refusal.message)
    status = 400 if request.method == "POST" else 200
    return render(request, "screening/import_new.html", {"form": form, "problems": problems}, status=status)


@login_required
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "screening/import.html", {"made": own_import(request.user, pk)})


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes stores the study; no throws the files away."""
    waiting = own_import(request.user, pk)
    try:
        if request.POST.get("decision") == "store":
            stored = services.confirm(waiting)
            messages.success(request, _("The study is stored."), extra_tags="good")
            return redirect("screening:study", stored.study_id)
        services.discard(waiting)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("screening:import", pk)
    return redirect("screening:import_new")


def own_import(user: User, pk: int) -> StudyImport:
    """Nobody but the importer sees it: to everybody else it does not exist."""
    return get_object_or_404(StudyImport.objects.select_related("study", "created_by"), pk=pk, created_by=user)

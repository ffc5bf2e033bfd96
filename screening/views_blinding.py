"""Opening results before the reading is closed: a page that says what it means, and the one button."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, study_for
from readerstudy.studies.selectors.blinding import results_wait, unblinding_of
from readerstudy.studies.services.blinding import unblind_study
from screening.forms import UnblindForm


@login_required
@require_http_methods(["GET", "POST"])
def unblind(request: HttpRequest, study: int) -> HttpResponse:
    found = study_for(request.user, study, INVESTIGATOR)
    form = UnblindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            unblind_study(study=found, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The results are open. Every later comparison says so."), extra_tags="good")
            return redirect("screening:study", found.pk)
    context = {"study": found, "form": form, "waits": results_wait(found), "early": unblinding_of(found)}
    return render(request, "screening/unblind.html", context, status=400 if form.errors else 200)

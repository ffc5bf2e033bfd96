"""The coordinator's list of one reader's trials, and the button that voids one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from readerstudy.reading.models import Trial
from readerstudy.reading.services.voids import void_trial
from readerstudy.reading.trial_list import ONLY, lines_of, trials_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study
from readerstudy.studies.views.doors import study_page

PAGE = 100


@study_page
@require_safe
def trials(request: HttpRequest, study: Study, reader_pk: int) -> HttpResponse:
    """Answers stay closed: only how each look went, and what is void."""
    reader = get_object_or_404(study.readers.select_related("user"), pk=reader_pk)
    only = request.GET.get("only", "all")
    only = only if only in ONLY else "all"
    at = request.GET.get("position", "")
    found = trials_of(reader, only=only, position=int(at) if at.isdecimal() and len(at) < 7 else None)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "reader": reader,
        "page": page,
        "lines": lines_of(list(page)),
        "only": only,
        "choices": [("all", _("All faces")), ("marked", _("Marked ones")), ("void", _("Void ones"))],
        "position": at,
        "query": urlencode({"only": only}) + "&",
    }
    return render(request, "reading/trials.html", context)


@study_page
@require_POST
def void(request: HttpRequest, study: Study, trial_pk: int) -> HttpResponse:
    trial = get_object_or_404(Trial.objects.select_related("session"), pk=trial_pk, session__reader__study=study)
    again = request.POST.get("show_again") == "on"
    try:
        void_trial(trial=trial, by=request.user, reason=request.POST.get("reason", ""), show_again=again)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
    else:
        done = _("The trial at position %(position)s is void; it is kept, and the analysis leaves it out.")
        done %= {"position": trial.position}
        if again:
            done = f"{done} {_('The face comes once more at the end.')}"
        messages.success(request, done, extra_tags="good")
    return redirect("reading:trials", study.pk, trial.session.reader_id)

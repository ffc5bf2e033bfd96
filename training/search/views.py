"""The search desk: list, new search, one search, its end, and the run made from what it chose."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.refusal import Refused
from training.access import enter_desk
from training.search import create, ends, page
from training.search.access import search_for
from training.search.forms import NewSearchForm
from training.search.grid import MOST_AXES, MOST_POINTS
from training.search.models import Search
from training.search.results import searches_for


@require_GET
@login_required
def search_list(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    return render(request, "training/search/list.html", {"searches": searches_for(request.user)})


@require_http_methods(["GET", "POST"])
@login_required
def new_search(request: HttpRequest) -> HttpResponse:
    enter_desk(request.user)
    first = {"preset": "demo", "cohort": request.GET.get("cohort")}
    form = NewSearchForm(request.POST or None, user=request.user, initial=first)
    if form.is_valid() and (search := _created(request, form)):
        messages.success(request, _("The search waits for a worker; this page follows it."), extra_tags="good")
        return redirect("training:search", search.pk)
    shown = {
        "form": form,
        "most_axes": MOST_AXES,
        "most_points": MOST_POINTS,
        "facts": page.facts_for_form(form.fields["cohort"].queryset),
    }
    return render(request, "training/search/new.html", shown, status=400 if form.errors else 200)


def _created(request: HttpRequest, form: NewSearchForm) -> Search | None:
    values = form.cleaned_data
    try:
        return create.create_search(
            cohort=values["cohort"],
            name=values["name"],
            recipe=values["recipe"],
            axes=values["axes"],
            weights_name=values["weights"],
            created_by=request.user,
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None


@require_GET
@login_required
def search_page(request: HttpRequest, pk: int) -> HttpResponse:
    response = render(request, "training/search/search.html", page.search_page(search_for(request.user, pk)))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    search = search_for(request.user, pk)
    if ends.cancel_search(search=search, by=request.user):
        messages.warning(request, _("Cancelled. Its workers stop at the next batch."), extra_tags="warn")
    else:
        messages.warning(request, _("The search had already come to its end."), extra_tags="warn")
    return redirect("training:search", search.pk)


@require_POST
@login_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    search = search_for(request.user, pk)
    try:
        made = create.make_run(search=search, rule=request.POST.get("rule", ""), created_by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("training:search", search.pk)
    messages.success(request, _("The run with the chosen recipe waits for a worker."), extra_tags="good")
    return redirect("training:run", made.pk)

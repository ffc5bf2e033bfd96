"""Photos of different subjects that look the same, side by side."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from readerstudy.refusal import Refused
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR
from readerstudy.studies.imports.likeness import BITS
from readerstudy.studies.models import Cohort
from readerstudy.studies.selectors import cohorts as selectors
from readerstudy.studies.selectors.likeness import alike_pairs
from readerstudy.studies.services.likeness import decide_resemblance
from readerstudy.studies.views.cohorts import cohort_page

PAGE = 20
ANSWERS = {"same": True, "different": False}


@cohort_page(COORDINATOR, INVESTIGATOR)
@require_safe
def likeness(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    pairs = alike_pairs(cohort)
    context = {
        "cohort": cohort,
        "pairs": Paginator(pairs, PAGE).get_page(request.GET.get("page")),
        "n_open": sum(pair.decision is None for pair in pairs),
        "of_bits": BITS,
        "may_edit": selectors.may_coordinate(request.user, cohort),
    }
    return render(request, "cohorts/likeness.html", context)


@cohort_page(COORDINATOR)
@require_POST
def likeness_decide(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    pks = [int(pk) for pk in (request.POST.get("one", ""), request.POST.get("other", "")) if pk.isdecimal()]
    subjects = list(cohort.subjects.filter(pk__in=pks).order_by("pk"))
    is_same_child = ANSWERS.get(request.POST.get("answer", ""))
    try:
        if len(subjects) != 2 or is_same_child is None:
            raise Refused(_("Choose two subjects of this cohort, and say whether they are the same child."))
        decide_resemblance(one=subjects[0], other=subjects[1], is_same_child=is_same_child, by=request.user)
    except Refused as refused:
        messages.error(request, refused.message, extra_tags="bad")
    else:
        same, different = (
            _("%(one)s and %(other)s are the same child."),
            _("%(one)s and %(other)s are different children."),
        )
        codes = {"one": subjects[0].code, "other": subjects[1].code}
        messages.success(request, (same if is_same_child else different) % codes, extra_tags="good")
    return redirect("studies:likeness", cohort.pk)

"""Links to files: made and revoked by whoever may have the files, opened by whoever holds one."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, studies_of
from readerstudy.studies.models import Study
from screening import links, selectors
from screening.models import DownloadLink


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def links_of(request: HttpRequest, study: int) -> HttpResponse:
    """The links of a study that still open something; by POST a new one, which is shown this once."""
    found = selectors.study_to_export(request.user, study)
    made = None
    if request.method == "POST":
        try:
            path = request.POST.get("path", "")
            _require_right(request.user, path)
            made = links.make_link(study=found, path=path, by=request.user)
        except Refused as refused:
            messages.error(request, refused.message, extra_tags="bad")
            return redirect("screening:files", found.pk)
    return render(request, "screening/links.html", _page(request, found, made))


def _require_right(user: User, path: str) -> None:
    """404 or 403 where the file's own page would answer so: a link that opens nothing is not made."""
    match = links.match_of(path)
    if match and "pk" in match.kwargs:
        selectors.comparison_for(user, match.kwargs["study"], match.kwargs["pk"])
    elif match and match.view_name == "screening:answers":
        selectors.study_with_results(user, match.kwargs["study"])


def _page(request: HttpRequest, study: Study, made: DownloadLink | None) -> dict[str, object]:
    address = ""
    if made:
        path = reverse("screening:link", args=[study.pk, made.pk, links.token_of(made)])
        address = f"{settings.SITE_URL.rstrip('/')}{path}"
    return {
        "study": study,
        "made": made,
        "address": address,
        "links": links.live_links(study),
        "hours": settings.LINK_HOURS,
        "is_once": settings.LINK_ONCE,
        "may_analyse": studies_of(request.user, INVESTIGATOR).filter(pk=study.pk).exists(),
    }


@login_required
@require_POST
def revoke(request: HttpRequest, study: int) -> HttpResponse:
    """One link of the study, or all of them."""
    found = selectors.study_to_export(request.user, study)
    one = request.POST.get("link", "")
    n = links.revoke_links(study=found, by=request.user, pk=int(one) if one.isdecimal() and len(one) < 10 else None)
    said = ngettext("%(n)d link opens nothing any more.", "%(n)d links open nothing any more.", n) % {"n": n}
    messages.success(request, said, extra_tags="good")
    return redirect("screening:links", found.pk)


@require_GET
def link(request: HttpRequest, study: int, pk: int, token: str) -> HttpResponseBase:
    """The file, as whoever made the link gets it now: the file's own view asks for that person's right."""
    try:
        found = links.open_link(study=study, pk=pk, token=token)
        return _file(request, found)
    except Refused as refused:
        page = render(request, "screening/link_over.html", {"sentence": refused.message}, status=refused.status)
        page["Cache-Control"] = "no-store"
        return page


def _file(request: HttpRequest, found: DownloadLink) -> HttpResponseBase:
    match = links.match_of(found.path)
    over = Refused(_("This link is over: whoever made it may not have this file any more."), status=links.GONE)
    if match is None:
        raise over
    request.user = found.made_by
    request.GET = QueryDict(urlsplit(found.path).query)
    try:
        answer = match.func(request, *match.args, **match.kwargs)
    except (Http404, PermissionDenied):
        raise over from None
    if answer.status_code != 200:  # the view leads to a page that says why; who holds the link would have to sign in
        raise Refused(_("This file cannot be had just now. Ask whoever sent the link."), status=409)
    return answer

"""Many readers at once: a list checked line by line, cards to print, reminders, replacements."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from readerstudy.refusal import Refused
from readerstudy.studies.forms.desk import ListForm, ReplaceForm
from readerstudy.studies.models import Invitation, Study
from readerstudy.studies.qr import qr_svg
from readerstudy.studies.services import invitations as services
from readerstudy.studies.services.invitation_lists import check_list, invite_list
from readerstudy.studies.services.reminders import remind_readers
from readerstudy.studies.views.doors import study_page
from readerstudy.studies.views.people import hand_over

FRESH_CARDS = "fresh_cards"  # session: [study, [(invitation, token, whether it was mailed), ...]], shown once


@study_page
def invite_many(request: HttpRequest, study: Study) -> HttpResponse:
    """Nothing is sent before the coordinator has seen what would be done with each line."""
    form = ListForm(request.POST or None, request.FILES or None)
    lines, text = [], ""
    if request.method == "POST" and form.is_valid():
        try:
            data = form.data_bytes()
            if request.POST.get("do") == "invite":
                return _send(request, study, data)
            lines = check_list(study=study, data=data)
            text = data.decode("utf-8-sig")
        except Refused as refusal:
            form.add_error(None, refusal.message)
    page = {"study": study, "form": form, "lines": lines, "text": text, "fine": sum(line.is_fine for line in lines)}
    return render(request, "studies/list_of_readers.html", page)


def _send(request: HttpRequest, study: Study, data: bytes) -> HttpResponse:
    made = invite_list(study=study, data=data, by=request.user)
    cards = [
        [invitation.pk, token, services.mail_invitation(invitation=invitation, token=token)]
        for invitation, token in made
    ]
    request.session[FRESH_CARDS] = [study.pk, cards]
    return redirect("studies:cards", study.pk)


@study_page
@require_safe
@never_cache
def cards(request: HttpRequest, study: Study) -> HttpResponse:
    """One card a page for every invitation just made; the links are shown this once."""
    fresh = request.session.get(FRESH_CARDS)
    shown = []
    if fresh and fresh[0] == study.pk:
        del request.session[FRESH_CARDS]
        found = study.invitations.in_bulk([pk for pk, _token, _is_mailed in fresh[1]])
        shown = [card_of(found[pk], token, is_mailed=mailed) for pk, token, mailed in fresh[1] if pk in found]
    unmailed = [str(card["invitation"].email) for card in shown if not card["is_mailed"]]
    page = {"study": study, "cards": shown, "unmailed": unmailed, "unmailed_addresses": ", ".join(unmailed)}
    return render(request, "studies/cards.html", page)


def card_of(invitation: Invitation, token: str, *, is_mailed: bool) -> dict[str, Any]:
    """What one printed card holds."""
    link = services.link_for(token)
    code = qr_svg(link, label=_("The link of this invitation as a QR code"))
    return {"invitation": invitation, "link": link, "qr": code, "is_mailed": is_mailed}


@study_page
@require_POST
def remind(request: HttpRequest, study: Study) -> HttpResponse:
    try:
        done = remind_readers(study=study, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:monitor", study.pk)
    if done.mailed:
        messages.success(
            request, _("A reminder went to %(readers)s.") % {"readers": ", ".join(done.mailed)}, extra_tags="good"
        )
    if done.too_soon:
        told = _("%(readers)s: reminded within the last day, so nothing was sent.")
        told %= {"readers": ", ".join(done.too_soon)}
        messages.warning(request, told, extra_tags="warn")
    if done.failed:
        told = _("The mail server did not take the reminder to %(readers)s.") % {"readers": ", ".join(done.failed)}
        messages.error(request, told, extra_tags="bad")
    if not (done.mailed or done.too_soon or done.failed):
        messages.success(request, _("Nobody has to be reminded: all have finished or rest."), extra_tags="good")
    return redirect("studies:monitor", study.pk)


@study_page
@require_POST
def replace(request: HttpRequest, study: Study, reader_pk: int) -> HttpResponse:
    reader = get_object_or_404(study.readers.select_related("study"), pk=reader_pk)
    form = ReplaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the e-mail address of the person who takes the place."), extra_tags="bad")
        return redirect("studies:people", study.pk)
    try:
        invitation, token = services.replace_reader(reader=reader, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, refusal.message, extra_tags="bad")
        return redirect("studies:people", study.pk)
    return hand_over(request, invitation, token)

"""Where the site asks for a second factor, who has none is led to the page that sets one up, and nowhere else."""

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from readerstudy.accounts.factors import has_factor

# What stays open: the account itself, so that a factor can be added or one can leave; scripts, styles and wordings.
OPEN = ("accounts:", "account_", "mfa_", "jsi18n", "healthz", "help", "handbook:")


class SecondFactorRequired:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponseBase | None:
        if settings.REQUIRE_SECOND_FACTOR == "none" or not needs_one(request):
            return None
        sentence = _("This site asks for a second step at sign-in. Set one up to go on.")
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": sentence, "code": "second_factor"}, status=403)
        messages.warning(request, sentence, extra_tags="warn")
        return redirect("mfa_activate_totp")


def needs_one(request: HttpRequest) -> bool:
    """A script's key needs none: there the user is known to the API only. Nor does whom the hospital has let in."""
    user, match = request.user, request.resolver_match
    if not user.is_authenticated or (match and match.view_name.startswith(OPEN)):
        return False
    if settings.REQUIRE_SECOND_FACTOR == "staff" and not (user.is_staff or user.may_coordinate):
        return False
    if not user.has_usable_password():  # the demo's people, and those who come through the hospital alone
        return False
    came_by = {one["method"] for one in get_authentication_records(request, user)}
    return "socialaccount" not in came_by and not has_factor(user)

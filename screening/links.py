"""Signed links to a study's files, for a download manager or an e-mail: they end, and can be revoked at any time.

A link opens one file as the person who made it would get it at that moment: whoever lost the right, was switched off,
or changed the password takes their links with them. The row is what is revoked; the address stands nowhere.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study
from screening.models import DownloadLink

# Files of numbers. No picture of a face is ever among them.
FILES = {"screening:file", "screening:report_file", "screening:export", "screening:results", "screening:answers"}
LONGEST_PATH = 300
GONE = 410


def make_link(*, study: Study, path: str, by: User) -> DownloadLink:
    """``path`` is the address of a file of this study, with its query; whether ``by`` may have it was asked before."""
    match = match_of(path)
    if match is None or match.kwargs.get("study") != study.pk or len(path) > LONGEST_PATH:
        raise Refused(_("A link can be made to a file of this study only."))
    with transaction.atomic():
        expires_at = timezone.now() + timedelta(hours=settings.LINK_HOURS)
        link = DownloadLink.objects.create(study=study, path=path, made_by=by, expires_at=expires_at)
        record(
            "link.made", actor=by, target=f"study:{study.pk}", link=link.pk, file=link.name, hours=settings.LINK_HOURS
        )
    return link


def match_of(path: str) -> ResolverMatch | None:
    """The door of a file that may be linked to, or None."""
    parts = urlsplit(path)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    return match if match.view_name in FILES and not parts.scheme and not parts.netloc else None


def token_of(link: DownloadLink) -> str:
    return _signer(link).sign(str(link.pk)).partition(":")[2]


def _signer(link: DownloadLink) -> TimestampSigner:
    """Bound to study, file, person, and the person's password of now."""
    bound = (link.study_id, link.path, link.made_by_id, link.made_by.get_session_auth_hash())
    return TimestampSigner(salt=":".join(map(str, ("readerstudy.link", *bound))))


def open_link(*, study: int, pk: int, token: str) -> DownloadLink:
    """The link, counted as used once more.

    Raises
    ------
    Refused
        404: there is no such link. 410: it is over, revoked, used up, or whoever made it is no longer here.
    """
    link = DownloadLink.objects.select_related("made_by", "study").filter(pk=pk, study=study).first()
    if link is None:
        raise Refused(_("There is no such link."), status=404)
    try:
        _signer(link).unsign(f"{pk}:{token}", max_age=settings.LINK_HOURS * 3600)
    except SignatureExpired:
        raise Refused(_("This link is over. Ask whoever sent it for a new one."), status=GONE) from None
    except BadSignature:
        raise Refused(_("There is no such link."), status=404) from None
    _count(link)
    return link


def _count(link: DownloadLink) -> None:
    usable = live_links(link.study).filter(pk=link.pk, made_by__is_active=True)
    if settings.LINK_ONCE:
        usable = usable.filter(used=0)
    with transaction.atomic():
        if not usable.update(used=F("used") + 1):
            raise Refused(_("This link is over or was revoked. Ask whoever sent it for a new one."), status=GONE)
        record("link.used", target=f"study:{link.study_id}", link=link.pk, made_by=f"user:{link.made_by_id}")


def live_links(study: Study) -> QuerySet[DownloadLink]:
    unused = Q(used=0) if settings.LINK_ONCE else Q()
    found = DownloadLink.objects.filter(unused, study=study, revoked_at=None, expires_at__gt=timezone.now())
    return found.select_related("made_by").order_by("-id")


@transaction.atomic
def revoke_links(*, study: Study, by: User, pk: int | None = None) -> int:
    """One link, or all of the study; how many there were."""
    found = live_links(study) if pk is None else live_links(study).filter(pk=pk)
    pks = list(found.values_list("pk", flat=True))
    DownloadLink.objects.filter(pk__in=pks).update(revoked_at=timezone.now())
    if pks:
        record("link.revoked", actor=by, target=f"study:{study.pk}", links=pks)
    return len(pks)

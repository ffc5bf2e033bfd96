"""Studies and their people under /api/v1/: what the coordinator's pages do, for scripts."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies import serializers as s
from readerstudy.studies.access import COORDINATOR, cohort_for, studies_of, study_for
from readerstudy.studies.api_pages import Filter, listed, paged, parameters, search
from readerstudy.studies.models import Invitation, Reader, Study
from readerstudy.studies.selectors.monitor import incidents_of, progress_of
from readerstudy.studies.services import invitations, people, studies
from readerstudy.studies.services.copies import copy_study

OF_STUDIES = (
    Filter(name="status", choices=Study.Status.values),
    Filter(name="cohort", looks_at=["cohort_id"], kind=int),
    search("name__icontains"),
)
OF_CASES = (Filter(name="is_practice", kind=bool),)
OF_READERS = (
    Filter(name="seniority", choices=Reader.Seniority.values),
    Filter(name="is_simulated", kind=bool),
    Filter(name="is_active", looks_at=["withdrawn_at__isnull"], kind=bool, says="false: was withdrawn"),
)
OF_INVITATIONS = (
    Filter(name="role", choices=Invitation.Role.values),
    Filter(name="is_accepted", looks_at=["accepted_at__isnull"], kind=bool, is_turned=True),
    Filter(name="is_revoked", looks_at=["revoked_at__isnull"], kind=bool, is_turned=True),
)
OF_INCIDENTS = (
    Filter(name="kind"),
    Filter(name="reader", looks_at=["session__reader__code__iexact"], says="the reader's code: SP 1"),
)


class DeskView(APIView):
    """Answers a refusal of the rules with its sentence and status."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refused):
            return Response({"detail": exc.message}, status=exc.status)
        return super().handle_exception(exc)

    def study(self, pk: int) -> Study:
        return study_for(self.request.user, pk, COORDINATOR)

    def given(self, serializer: type, **options: Any) -> dict[str, Any]:
        """The request's body, validated."""
        checked = serializer(data=self.request.data, **options)
        checked.is_valid(raise_exception=True)
        return checked.validated_data


class Studies(DeskView):
    @extend_schema(
        operation_id="studies_list",
        parameters=parameters(*OF_STUDIES),
        responses=paged("StudyPage", s.StudySerializer),
    )
    def get(self, request: Request) -> Response:
        mine = studies_of(request.user, COORDINATOR).select_related("cohort").order_by("id")
        return listed(mine, request, s.StudySerializer, *OF_STUDIES)

    @extend_schema(request=s.NewStudySerializer, responses={201: s.StudyDetailSerializer})
    def post(self, request: Request) -> Response:
        if not request.user.may_coordinate:
            raise PermissionDenied(_("This account may not make studies."))
        data = self.given(s.NewStudySerializer)
        cohort = cohort_for(request.user, data.pop("cohort"), COORDINATOR)
        rules = data.pop("protocol", {})
        study = studies.create_study(cohort=cohort, created_by=request.user, **data, **rules)
        return Response(s.StudyDetailSerializer(study).data, status=status.HTTP_201_CREATED)


class StudyDetail(DeskView):
    @extend_schema(responses=s.StudyDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(s.StudyDetailSerializer(self.study(pk)).data)

    @extend_schema(request=s.EditStudySerializer, responses=s.StudyDetailSerializer)
    @transaction.atomic
    def patch(self, request: Request, pk: int) -> Response:
        """A draft: words and rules. An open study: rules only, as a new version with a reason."""
        study, words = self.study(pk), self.given(s.EditStudySerializer, partial=True)
        rules, reason = words.pop("protocol", {}), words.pop("reason", "")
        if words:
            study = studies.update_study(study=study, by=request.user, **words)
        if rules:
            studies.update_protocol(study=study, by=request.user, reason=reason, **rules)
        return Response(s.StudyDetailSerializer(study).data)


class Protocols(DeskView):
    @extend_schema(responses=s.ProtocolSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Every version of the rules, the one in force first."""
        return Response(s.ProtocolSerializer(self.study(pk).protocols.order_by("-version"), many=True).data)


class Cases(DeskView):
    @extend_schema(parameters=parameters(*OF_CASES), responses=paged("CasePage", s.CaseSerializer))
    def get(self, request: Request, pk: int) -> Response:
        """The faces of the study, by the number that stands for each of them."""
        cases = self.study(pk).cases.select_related("photo__subject").order_by("number")
        return listed(cases, request, s.CaseSerializer, *OF_CASES)

    @extend_schema(request=s.CasesSerializer, responses=s.StudyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Choose the faces of a draft, replacing an earlier choice."""
        study = self.study(pk)
        studies.choose_cases(study=study, by=request.user, **self.given(s.CasesSerializer))
        return Response(s.StudyDetailSerializer(study).data)


class Open(DeskView):
    @extend_schema(request=None, responses=s.StudyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        return Response(s.StudyDetailSerializer(studies.open_study(study=self.study(pk), by=request.user)).data)


class Close(DeskView):
    @extend_schema(request=None, responses=s.StudyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        return Response(s.StudyDetailSerializer(studies.close_study(study=self.study(pk), by=request.user)).data)


class Reopen(DeskView):
    @extend_schema(request=s.ReasonSerializer, responses=s.StudyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        study = studies.reopen_study(study=self.study(pk), by=request.user, **self.given(s.ReasonSerializer))
        return Response(s.StudyDetailSerializer(study).data)


class Copy(DeskView):
    """A new draft with the words, rules and, unless ``with_cases`` is false, the faces of this study."""

    @extend_schema(request=s.CopySerializer, responses={201: s.StudyDetailSerializer})
    def post(self, request: Request, pk: int) -> Response:
        made = copy_study(study=self.study(pk), by=request.user, **self.given(s.CopySerializer))
        return Response(s.StudyDetailSerializer(made).data, status=status.HTTP_201_CREATED)


class Readers(DeskView):
    @extend_schema(parameters=parameters(*OF_READERS), responses=paged("ReaderPage", s.ReaderSerializer))
    def get(self, request: Request, pk: int) -> Response:
        readers = self.study(pk).readers.select_related("user", "replaces")
        return listed(readers, request, s.ReaderSerializer, *OF_READERS)

    @extend_schema(request=s.ReaderSerializer, responses={201: s.ReaderSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Give somebody who has an account a reader's place."""
        study, data = self.study(pk), self.given(s.ReaderSerializer)
        user = account_of(data.pop("user")["email"])
        reader = people.add_reader(study=study, user=user, by=request.user, **data)
        return Response(s.ReaderSerializer(reader).data, status=status.HTTP_201_CREATED)


class WithdrawReader(DeskView):
    @extend_schema(request=s.ReasonSerializer, responses=s.ReaderSerializer)
    def post(self, request: Request, pk: int, reader_pk: int) -> Response:
        reader = get_object_or_404(self.study(pk).readers, pk=reader_pk)
        people.withdraw_reader(reader=reader, by=request.user, **self.given(s.ReasonSerializer))
        return Response(s.ReaderSerializer(reader).data)


class Invitations(DeskView):
    @extend_schema(parameters=parameters(*OF_INVITATIONS), responses=paged("InvitationPage", s.InvitationSerializer))
    def get(self, request: Request, pk: int) -> Response:
        return listed(self.study(pk).invitations.order_by("id"), request, s.InvitationSerializer, *OF_INVITATIONS)

    @extend_schema(request=s.InvitationSerializer, responses={201: s.NewInvitationSerializer})
    def post(self, request: Request, pk: int) -> Response:
        study = self.study(pk)
        data = {"role": Invitation.Role.READER} | self.given(s.InvitationSerializer)
        made = invitations.invite(study=study, by=request.user, **data)
        return Response(handed_over(*made), status=status.HTTP_201_CREATED)


class RenewInvitation(DeskView):
    @extend_schema(request=None, responses=s.NewInvitationSerializer)
    def post(self, request: Request, pk: int, invitation_pk: int) -> Response:
        invitation = get_object_or_404(self.study(pk).invitations, pk=invitation_pk)
        return Response(handed_over(*invitations.renew_invitation(invitation=invitation, by=request.user)))


class RevokeInvitation(DeskView):
    @extend_schema(request=None, responses=s.InvitationSerializer)
    def post(self, request: Request, pk: int, invitation_pk: int) -> Response:
        invitation = get_object_or_404(self.study(pk).invitations, pk=invitation_pk)
        revoked = invitations.revoke_invitation(invitation=invitation, by=request.user)
        return Response(s.InvitationSerializer(revoked).data)


class Monitor(DeskView):
    @extend_schema(responses=s.MonitorSerializer)
    def get(self, request: Request, pk: int) -> Response:
        study = self.study(pk)
        return Response(s.monitor_data(study, progress_of(study)))


class Incidents(DeskView):
    @extend_schema(parameters=parameters(*OF_INCIDENTS), responses=paged("IncidentPage", s.IncidentSerializer))
    def get(self, request: Request, pk: int) -> Response:
        return listed(incidents_of(self.study(pk)), request, s.IncidentSerializer, *OF_INCIDENTS)


def handed_over(invitation: Invitation, token: str) -> dict[str, Any]:
    # The link lives on the instance for this one answer only.
    invitation.link = invitations.link_for(token)
    invitation.is_mailed = invitations.mail_invitation(invitation=invitation, token=token)
    return s.NewInvitationSerializer(invitation).data


def account_of(email: str) -> User:
    """Somebody who can sign in, by the exact address: the list of all accounts is nobody's business."""
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise Refused(_("There is no account for %(email)s. Send an invitation instead.") % {"email": email})
    return user

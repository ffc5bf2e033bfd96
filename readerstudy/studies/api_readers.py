"""People of a study under /api/v1/: readers in bulk, reminded, replaced; coordinators and investigators."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.studies import serializers as s
from readerstudy.studies.api import DeskView, account_of, handed_over
from readerstudy.studies.api_pages import Filter, listed, paged, parameters
from readerstudy.studies.models import Membership
from readerstudy.studies.services import people
from readerstudy.studies.services.invitation_lists import LARGEST_BYTES, check_list, invite_list
from readerstudy.studies.services.invitations import replace_reader
from readerstudy.studies.services.reminders import remind_readers

OF_MEMBERS = (Filter(name="role", choices=Membership.Role.values),)


class ListSerializer(serializers.Serializer):
    csv = serializers.CharField(max_length=LARGEST_BYTES, trim_whitespace=False, help_text="email,name,seniority")
    dry_run = serializers.BooleanField(default=True, help_text="Only tell what would be done with each line.")


class InvitationLineSerializer(serializers.Serializer):
    number = serializers.IntegerField(help_text="The header is line 1.")
    email = serializers.CharField()
    name = serializers.CharField()
    seniority = serializers.CharField()
    problem = serializers.CharField(help_text="Why this line is refused; empty where it is invited.")


class ListAnswerSerializer(serializers.Serializer):
    lines = InvitationLineSerializer(many=True)
    invitations = s.NewInvitationSerializer(many=True, help_text="Empty after a dry run.")


class RemindedSerializer(serializers.Serializer):
    mailed = serializers.ListField(child=serializers.CharField())
    failed = serializers.ListField(child=serializers.CharField())
    too_soon = serializers.ListField(child=serializers.CharField())


class ReplaceSerializer(serializers.Serializer):
    email = serializers.EmailField()
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class Members(DeskView):
    @extend_schema(parameters=parameters(*OF_MEMBERS), responses=paged("MemberPage", s.MemberSerializer))
    def get(self, request: Request, pk: int) -> Response:
        """The coordinators and investigators."""
        members = self.study(pk).memberships.select_related("user").order_by("role", "id")
        return listed(members, request, s.MemberSerializer, *OF_MEMBERS)

    @extend_schema(request=s.MemberSerializer, responses={201: s.MemberSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Make somebody who has an account coordinator or investigator."""
        study, data = self.study(pk), self.given(s.MemberSerializer)
        user = account_of(data["user"]["email"])
        member = people.add_member(study=study, user=user, role=data["role"], by=request.user)
        return Response(s.MemberSerializer(member).data, status=status.HTTP_201_CREATED)


class RemoveMember(DeskView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, pk: int, member_pk: int) -> Response:
        """Take the role away; the last coordinator stays."""
        member = get_object_or_404(self.study(pk).memberships.select_related("user"), pk=member_pk)
        people.remove_member(membership=member, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class InviteMany(DeskView):
    @extend_schema(request=ListSerializer, responses=ListAnswerSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Readers from a CSV: checked first, and invited only with ``dry_run`` false."""
        study, given = self.study(pk), self.given(ListSerializer)
        data = given["csv"].encode()
        lines = check_list(study=study, data=data)
        made = [] if given["dry_run"] else invite_list(study=study, data=data, by=request.user)
        told = InvitationLineSerializer(lines, many=True).data
        return Response({"lines": told, "invitations": [handed_over(*one) for one in made]})


class Remind(DeskView):
    @extend_schema(request=None, responses=RemindedSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Mail the readers who have not finished, each at most once a day."""
        return Response(RemindedSerializer(remind_readers(study=self.study(pk), by=request.user)).data)


class ReplaceReader(DeskView):
    @extend_schema(request=ReplaceSerializer, responses={201: s.NewInvitationSerializer})
    def post(self, request: Request, pk: int, reader_pk: int) -> Response:
        """Withdraw a reader, keeping every answer, and invite somebody in their place."""
        reader = get_object_or_404(self.study(pk).readers.select_related("study"), pk=reader_pk)
        made = replace_reader(reader=reader, by=request.user, **self.given(ReplaceSerializer))
        return Response(handed_over(*made), status=status.HTTP_201_CREATED)

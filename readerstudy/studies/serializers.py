"""What the API takes and gives for studies and their people."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from readerstudy.studies.models import Case, Invitation, Membership, Protocol, Reader, Study
from readerstudy.studies.selectors.monitor import Progress
from readerstudy.studies.selectors.studies import case_counts, current_protocol, opening_checks
from readerstudy.studies.selectors.summary import protocol_sentences


class ProtocolSerializer(serializers.ModelSerializer):
    class Meta:
        model = Protocol
        exclude = ["id", "study"]
        read_only_fields = ["version", "frozen_at", "digest"]


class CasesSerializer(serializers.Serializer):
    how = serializers.ChoiceField(choices=["all", "sample"], default="all")
    n = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    practice = serializers.IntegerField(min_value=0, default=0)
    seed = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    with_unstated = serializers.BooleanField(default=False)
    diagnoses = serializers.ListField(
        child=serializers.CharField(max_length=200), default=list, help_text="Only these syndromes; controls stay."
    )


class CaseSerializer(serializers.ModelSerializer):
    subject_code = serializers.CharField(source="photo.subject.code")

    class Meta:
        model = Case
        fields = ["number", "photo", "subject_code", "is_practice"]


class CopySerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    with_cases = serializers.BooleanField(default=True)


class CountsSerializer(serializers.Serializer):
    reading = serializers.IntegerField()
    practice = serializers.IntegerField()


class NewStudySerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    cohort = serializers.IntegerField()
    description = serializers.CharField(required=False, allow_blank=True)
    consent_text = serializers.CharField(required=False)
    instructions = serializers.CharField(required=False)
    protocol = ProtocolSerializer(required=False, help_text="What is left out is as in the published study.")


class EditStudySerializer(serializers.Serializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(required=False, allow_blank=True)
    consent_text = serializers.CharField(required=False)
    instructions = serializers.CharField(required=False)
    protocol = ProtocolSerializer(required=False, help_text="Only the rules that change.")
    reason = serializers.CharField(max_length=400, required=False, help_text="Needed once the study is open.")


class CheckSerializer(serializers.Serializer):
    label = serializers.CharField()
    state = serializers.ChoiceField(choices=["ok", "warn", "stop"], help_text="stop: it cannot be opened")
    sentence = serializers.CharField()


class StudySerializer(serializers.ModelSerializer):
    cohort_name = serializers.CharField(source="cohort.name")
    cohort_kind = serializers.CharField(source="cohort.kind")
    protocol = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = [
            "id",
            "name",
            "description",
            "cohort",
            "cohort_name",
            "cohort_kind",
            "status",
            "created_at",
            "opened_at",
            "closed_at",
            "protocol",
        ]

    @extend_schema_field(ProtocolSerializer)
    def get_protocol(self, study: Study) -> dict[str, Any]:
        return ProtocolSerializer(current_protocol(study)).data


class StudyDetailSerializer(StudySerializer):
    cases = serializers.SerializerMethodField()
    sentences = serializers.SerializerMethodField(help_text="The rules in plain words, for the ethics committee.")
    checks = serializers.SerializerMethodField(help_text="What stands before opening a draft.")

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "consent_text", "instructions", "cases", "sentences", "checks"]

    def get_sentences(self, study: Study) -> list[str]:
        return protocol_sentences(current_protocol(study), case_counts(study))

    @extend_schema_field(CheckSerializer(many=True))
    def get_checks(self, study: Study) -> list[dict[str, str]]:
        return CheckSerializer(opening_checks(study) if study.status == Study.Status.DRAFT else [], many=True).data

    @extend_schema_field(CountsSerializer)
    def get_cases(self, study: Study) -> dict[str, int]:
        return CountsSerializer(case_counts(study)).data


class ReaderSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="user.email", allow_null=True, help_text="null: anonymised")
    name = serializers.CharField(source="user.name", read_only=True, default="")
    replaces = serializers.CharField(source="replaces.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Reader
        fields = [
            "id",
            "code",
            "email",
            "name",
            "seniority",
            "years_of_experience",
            "has_genetics_training",
            "part",
            "is_simulated",
            "joined_at",
            "consented_at",
            "withdrawn_at",
            "anonymised_at",
            "reminded_at",
            "replaces",
        ]
        read_only_fields = ["code", "part", "is_simulated", "joined_at", "consented_at", "withdrawn_at"]
        read_only_fields += ["anonymised_at", "reminded_at"]

    def validate_email(self, email: str | None) -> str:
        if email is None:
            raise serializers.ValidationError(_("Say whose account it is."))
        return email


class MemberSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "email", "name", "role"]


class InvitationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Invitation
        fields = ["id", "email", "name", "role", "seniority", "created_at", "expires_at", "accepted_at", "revoked_at"]
        read_only_fields = ["created_at", "expires_at", "accepted_at", "revoked_at"]


class NewInvitationSerializer(InvitationSerializer):
    """Right after making or renewing one: the only answer that holds the link."""

    link = serializers.CharField(read_only=True)
    is_mailed = serializers.BooleanField(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link", "is_mailed"]


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class ProgressSerializer(serializers.Serializer):
    """One reader's line of the monitor: never truth, never accuracy."""

    id = serializers.IntegerField(source="reader.pk")
    code = serializers.CharField(source="reader.code")
    part = serializers.IntegerField(source="reader.part", allow_null=True, help_text="Of the faces; null: reads all.")
    is_simulated = serializers.BooleanField(source="reader.is_simulated")
    state = serializers.CharField()
    done = serializers.IntegerField()
    called = serializers.IntegerField()
    forfeited = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()
    last_seen = serializers.DateTimeField(allow_null=True)
    median_response_ms = serializers.FloatField(allow_null=True)
    incidents = serializers.IntegerField()
    flagged = serializers.IntegerField()
    voided = serializers.IntegerField()
    is_hasty = serializers.BooleanField(help_text="Over all answers, or over the last 30, mostly under one second.")
    is_straight = serializers.BooleanField(help_text="The last 30 answers are alike; which one is not told.")


class MonitorSerializer(serializers.Serializer):
    status = serializers.CharField()
    readers = ProgressSerializer(many=True)


def monitor_data(study: Study, rows: list[Progress]) -> dict[str, Any]:
    return MonitorSerializer({"status": study.status, "readers": rows}).data


class IncidentSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    reader = serializers.CharField(source="session.reader.code")
    position = serializers.IntegerField(source="trial.position", allow_null=True, default=None)
    kind = serializers.CharField()
    detail = serializers.JSONField(source="told")
    at = serializers.DateTimeField()

"""What the reading page may say. Everything else is refused with a sentence."""

from typing import Any

from rest_framework import serializers

from readerstudy.reading.flags import Look
from readerstudy.reading.measures import problem_with
from readerstudy.reading.models import Call, Exposure
from readerstudy.reading.services.notes import KINDS

LONGEST_MS = 1e9


class MeasuresField(serializers.DictField):
    """Whatever else the page measured: the known names checked, the rest kept as it came, within bounds."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        measures = super().to_internal_value(data)
        if problem := problem_with(measures):
            raise serializers.ValidationError(problem)
        return measures


class PageIn(serializers.Serializer):
    """``key`` lives in the memory of one page: the same one to ask for a face and to start its look."""

    key = serializers.CharField(max_length=64, required=False, default="")


class LookIn(serializers.Serializer):
    """Milliseconds of the page's own clock, performance.now()."""

    end = serializers.ChoiceField(choices=Exposure.End.choices)
    kind = serializers.SlugField(max_length=40, required=False, default="", allow_blank=True)
    onset_ms = serializers.FloatField(min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None)
    offset_ms = serializers.FloatField(min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None)
    frames = serializers.IntegerField(min_value=0, max_value=10_000_000, allow_null=True, required=False, default=None)
    frame_period_ms = serializers.FloatField(
        min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None
    )
    longest_gap_ms = serializers.FloatField(
        min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None
    )
    measures = MeasuresField(required=False, default=dict)

    def look(self) -> Look:
        return Look(**{name: value for name, value in self.validated_data.items() if name != "kind"})


class CallIn(serializers.Serializer):
    """One answer; ``is_complete`` false: its confidence follows, ``supersedes``: the key of the call it replaces."""

    is_gs = serializers.BooleanField()
    confidence = serializers.IntegerField(min_value=0, max_value=100, allow_null=True, required=False, default=None)
    response_ms = serializers.FloatField(
        min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None
    )
    input = serializers.ChoiceField(choices=["key", "mouse", "touch", "pen", ""], required=False, default="")
    idempotency_key = serializers.CharField(min_length=8, max_length=64)
    stage = serializers.ChoiceField(choices=Call.Stage.choices, required=False, default=None, allow_null=True)
    is_complete = serializers.BooleanField(required=False, default=True)
    supersedes = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)
    syndrome = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    side = serializers.ChoiceField(choices=["left", "right", ""], required=False, default="")
    key = serializers.CharField(max_length=20, required=False, default="", allow_blank=True, trim_whitespace=False)


class UndoIn(serializers.Serializer):
    key = serializers.CharField(max_length=64)


class NoteIn(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    trial = serializers.UUIDField(required=False, allow_null=True, default=None)
    detail = MeasuresField(required=False, default=dict)


class DeviceIn(serializers.Serializer):
    device = MeasuresField()

"""What the reading page may say. Everything else is refused with a sentence."""

import json
from typing import Any

from rest_framework import serializers

from readerstudy.reading.flags import Look
from readerstudy.reading.models import Exposure

MEASURES_LIMIT = 16_000  # characters of JSON; the page sends about 1 500
LONGEST_MS = 1e9


class MeasuresField(serializers.DictField):
    """Whatever else the page measured: kept as it came, within bounds."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        measures = super().to_internal_value(data)
        if len(json.dumps(measures)) > MEASURES_LIMIT:
            raise serializers.ValidationError(f"More than {MEASURES_LIMIT} characters of measures.")
        return measures


class StartIn(serializers.Serializer):
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
    is_gs = serializers.BooleanField()
    confidence = serializers.IntegerField(min_value=0, max_value=100, allow_null=True, required=False, default=None)
    response_ms = serializers.FloatField(
        min_value=0, max_value=LONGEST_MS, allow_null=True, required=False, default=None
    )
    input = serializers.ChoiceField(choices=["key", "mouse", "touch", "pen", ""], required=False, default="")
    idempotency_key = serializers.CharField(min_length=8, max_length=64)


class DeviceIn(serializers.Serializer):
    device = MeasuresField()

"""Who was sent which face of a cohort, under /api/v1/."""

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from readerstudy.audit.models import FaceView
from readerstudy.audit.selectors import Names, day_of
from readerstudy.audit.views_log import by_person
from readerstudy.studies.api_cohorts import CohortView
from readerstudy.studies.api_pages import Filter, listed, paged, parameters


def _on(text: str) -> Q:
    first, end = day_of(text)
    if first is None:
        raise serializers.ValidationError(
            {"detail": _("The filter day takes a day, 2027-03-31, not “%(text)s”.") % {"text": text[:20]}}
        )
    return Q(at__gte=first, at__lt=end)


FILTERS = (
    Filter(name="person", finds=by_person, says="part of a name or an address, or the number: user:7"),
    Filter(name="case", looks_at=["subject__icontains"], says="part of the subject's code"),
    Filter(name="day", finds=_on, says="2027-03-31"),
)


class FaceViewSerializer(serializers.ModelSerializer):
    """``who`` is a number; ``who_today`` how that person is called now."""

    who_today = serializers.SerializerMethodField()
    case = serializers.CharField(source="subject")

    class Meta:
        model = FaceView
        fields = ["at", "who", "who_today", "case", "face", "kind", "door"]

    def get_who_today(self, view: FaceView) -> str:
        return self.context.setdefault("names", Names())[view.who]


class FaceViews(CohortView):
    @extend_schema(
        operation_id="face_views_list",
        parameters=parameters(*FILTERS),
        responses=paged("FaceViewPage", FaceViewSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Each face that was sent to a person, newest first: at most one entry a person, face and quarter of an hour.

        What readers saw are rows of their own, in the files of the study.
        """
        cohort = self.cohort(pk)
        return listed(FaceView.objects.filter(cohort=cohort.pk), request, FaceViewSerializer, *FILTERS)

"""What the analysis pages read."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, studies_of, study_for
from readerstudy.studies.models import Case, Face, Photo, Reader, Study
from readerstudy.studies.selectors.blinding import results_wait, waiting_words
from screening.models import LIVE, Comparison, ComparisonJob
from training import gallery
from training.models import State, TrainingRun


def studies_to_analyse(user: User) -> QuerySet[Study]:
    """The investigator's studies with what there is to compare, newest first. One query."""

    def counted(rows: QuerySet) -> Coalesce:
        per_study = rows.order_by().values("study").annotate(n=Count("id")).values("n")
        return Coalesce(Subquery(per_study), 0)

    runs = TrainingRun.objects.filter(cohort=OuterRef("cohort"), state=State.FINISHED).order_by()
    return (
        Study.objects.filter(pk__in=studies_of(user, INVESTIGATOR))
        .select_related("cohort")
        .annotate(
            n_cases=counted(Case.objects.filter(study=OuterRef("pk"), is_practice=False)),
            n_readers=counted(Reader.objects.filter(study=OuterRef("pk"))),
            n_comparisons=counted(Comparison.objects.filter(study=OuterRef("pk"))),
            n_runs=Coalesce(Subquery(runs.values("cohort").annotate(n=Count("id")).values("n")), 0),
        )
        .order_by("-created_at")
    )


def study_with_results(user: User, pk: int) -> Study:
    """Study ``pk`` for an investigator who wants to see its results: 403 while they wait, as for the wrong role."""
    study = study_for(user, pk, INVESTIGATOR)
    if results_wait(study):
        raise PermissionDenied(waiting_words(study))
    return study


def study_to_export(user: User, pk: int) -> Study:
    """Study ``pk`` for its files: investigators once results are open, coordinators once nobody reads any more."""
    study = study_for(user, pk, INVESTIGATOR, COORDINATOR)
    if study.status != Study.Status.CLOSED:
        study_with_results(user, pk)  # 403 for a coordinator, who sees results only when the reading is closed
    return study


def runs_for(study: Study) -> QuerySet[TrainingRun]:
    """Finished runs on the study's cohort, newest first."""
    return TrainingRun.objects.filter(cohort=study.cohort_id, state=State.FINISHED).order_by("-finished_at", "-id")


def unfinished_runs(study: Study) -> int:
    return TrainingRun.objects.filter(cohort=study.cohort_id, state__in=[State.QUEUED, State.RUNNING]).count()


def comparisons_of(study: Study) -> QuerySet[Comparison]:
    """Newest first, without the weight of the results but with the AUC out of them."""
    return (
        Comparison.objects.filter(study=study)
        .select_related("run", "created_by")
        .annotate(
            auc=F("result__model__auc__delong__value"),
            was_open=Q(result__study__status="open"),
        )
        .defer("result")
        .order_by("-created_at", "-id")
    )


def photos_with_crop(photos: list[int]) -> set[int]:
    """Those of ``photos`` (ids) whose aligned face is still there to be looked at."""
    kept = Face.objects.filter(photo__in=photos).exclude(crop="").exclude(photo__status=Photo.Status.ERASED)
    return set(kept.values_list("photo", flat=True))


def photos_with_heat_map(run: TrainingRun, photos: list[int]) -> dict[int, UUID]:
    """By id, the token of those of ``photos`` of which ``run`` keeps a heat map that may be looked at."""
    kept = gallery.shown(run).filter(photo__in=photos).exclude(heat_map="")
    return dict(kept.values_list("photo_id", "photo__token"))


def comparison_for(user: User, study: int, pk: int) -> Comparison:
    """Comparison ``pk`` of ``study`` if ``user`` is an investigator in it and its results are open; else 403 or 404."""
    found = study_with_results(user, study)
    comparison = Comparison.objects.filter(study=found, pk=pk).select_related("run", "created_by").first()
    if comparison is None:
        raise Http404(_("No such comparison."))
    comparison.study = found
    return comparison


def live_jobs(study: Study) -> QuerySet[ComparisonJob]:
    """Comparisons of the study that a worker has or will have in hand, oldest first."""
    found = ComparisonJob.objects.filter(study=study, state__in=LIVE)
    return found.select_related("run", "created_by").order_by("id")


def job_for(user: User, study: int, pk: int) -> ComparisonJob:
    """Job ``pk`` of ``study`` if ``user`` is an investigator in it; 403 and 404 as everywhere."""
    found = study_for(user, study, INVESTIGATOR)
    job = ComparisonJob.objects.filter(study=found, pk=pk).select_related("run", "created_by").first()
    if job is None:
        raise Http404(_("No such comparison."))
    job.study = found
    return job

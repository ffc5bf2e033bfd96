"""A reader's own result, shown to that reader alone once the study is closed, beside the model's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.reading.selectors import place_of, reader_for
from readerstudy.studies.models import Reader, Study
from screening import tables
from screening.models import Comparison
from screening.statistics import Confusion, to_plain
from screening.statistics.rates import rates

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class OwnResult:
    """``stages``: one entry for the calls without and, where there were any, with the model's output."""

    reader: Reader
    study: Study
    stages: list[dict[str, Any]]
    model: dict[str, Any] | None


def own_result(user: User, study: int) -> OwnResult:
    """404 for strangers, 403 for other roles and before its time: nobody sees a result while others still read."""
    reader = reader_for(user, study)
    place = place_of(reader)
    if not place.protocol.shows_own_result or place.study.is_preview:
        raise PermissionDenied(_("By its protocol this study shows readers no result."))
    if place.study.status != Study.Status.CLOSED:
        raise PermissionDenied(_("Your result can be seen once the study is closed."))
    if place.step != "finished":
        raise PermissionDenied(_("A result can be seen by readers who have read all faces."))
    titles = {tables.UNAIDED: _("On your own"), tables.AIDED: _("With the model's output")}
    found = (_stage(reader, stage, title) for stage, title in titles.items())
    stages = [entry for entry in found if entry is not None]
    return OwnResult(reader=reader, study=place.study, stages=stages, model=_model(place.study, stages))


def _stage(reader: Reader, stage: str, title: str) -> dict[str, Any] | None:
    truth, call = tables.own_reads(reader=reader, stage=stage)
    if not truth.size:
        return None
    counts = Confusion(
        tp=int(np.sum(truth & call)),
        fn=int(np.sum(truth & ~call)),
        tn=int(np.sum(~truth & ~call)),
        fp=int(np.sum(~truth & call)),
    )
    figures = rates(counts, LEVEL)
    return {
        "stage": stage,
        "title": title,
        "counts": to_plain(counts),
        "n_gs": counts.n_cases,
        "n_controls": counts.n_controls,
        "sensitivity": to_plain(figures.sensitivity),
        "specificity": to_plain(figures.specificity),
    }


def _model(study: Study, stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The model's rates out of the newest comparison made with the reading closed; None where there is none."""
    made = Comparison.objects.filter(study=study, result__study__status="closed").order_by("-created_at", "-id").first()
    if made is None:
        return None
    model = made.result["model"]
    own = next((entry["specificity"]["value"] for entry in stages if entry["stage"] == tables.UNAIDED), None)
    return {
        "sensitivity": model["rates"]["sensitivity"],
        "specificity": model["rates"]["specificity"],
        "at_own_specificity": None if own is None else _at(model["bands"]["specificity"], own),
        "network": made.result["run"]["network"],
        "is_phantom": made.result["study"]["is_phantom"],
    }


def _at(band: dict[str, Any], where: float) -> dict[str, float]:
    """The model's sensitivity with its pointwise band where its specificity is ``where``; between two points linear."""
    grid = np.asarray(band["grid"], dtype=float)
    names = {"value": "estimate", "lower": "lower", "upper": "upper"}
    return {name: float(np.interp(where, grid, np.asarray(band[key], dtype=float))) for name, key in names.items()}

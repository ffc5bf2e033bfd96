"""A whole study in the database from the golden files: 456 cases, five folds, five readers with the paper's counts."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from readerstudy.accounts.models import User
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Case, Cohort, Membership, Photo, Protocol, Reader, Study, Subject
from training.engine.recipe import PRESETS
from training.models import Fold, Prediction, State, TrainingRun

GOLDEN = Path(__file__).parents[1] / "golden"
CODES = {"SP1": "SP 1", "SP2": "SP 2", "JP1": "JP 1", "JP2": "JP 2", "JP3": "JP 3"}


@dataclass
class Paperlike:
    study: Study
    run: TrainingRun
    investigator: User
    coordinator: User


def rows(name: str) -> list[dict[str, str]]:
    with (GOLDEN / "data" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def build(
    *, status: str = "closed", kind: str = "test", readers: bool = True, name: str = "Paper-like", n: int = 456
) -> Paperlike:
    """Rows written in bulk; no files, nothing random. ``n`` takes only the first cases of the files.

    Where the reading is open, its protocol allows interim results.
    """
    people = {
        role: User.objects.create(email=f"{role}-{name}@example.org".lower().replace(" ", "-"), name=f"{role} {name}")
        for role in ("coordinator", "investigator")
    }
    scores = rows("paperlike_scores.csv")[:n]
    cohort = Cohort.objects.create(name=f"Cohort {name}", kind=kind, created_by=people["coordinator"])
    study = Study.objects.create(
        cohort=cohort,
        name=name,
        status=status,
        created_by=people["coordinator"],
        opened_at=timezone.now(),
        closed_at=timezone.now() if status == "closed" else None,
    )
    is_blinded = status != "open"
    Protocol.objects.create(study=study, frozen_at=timezone.now(), digest="ab" * 32, is_blinded_until_closed=is_blinded)
    Membership.objects.bulk_create(Membership(study=study, user=user, role=role) for role, user in people.items())
    photos = _photos(cohort, scores)
    cases = Case.objects.bulk_create(
        Case(study=study, photo=photo, number=i + 1) for i, photo in enumerate(photos.values())
    )
    run = _run(cohort, photos, scores, people["investigator"])
    if readers:
        _readers(study, dict(zip(photos, cases, strict=True)))
    count_rows()
    return Paperlike(study, run, people["investigator"], people["coordinator"])


def count_rows() -> None:
    """PostgreSQL plans by counts that it takes now and then; of rows written a moment ago it knows nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _photos(cohort: Cohort, scores: list[dict[str, str]]) -> dict[str, Photo]:
    subjects = Subject.objects.bulk_create(
        Subject(
            cohort=cohort,
            code=row["case_id"],
            has_syndrome=row["truth"] == "1",
            diagnosis=("Williams-Beuren", "Noonan", "Down")[i % 3] if row["truth"] == "1" else "",
            sex="FM"[i % 2],
            age_months=6.0 + i % 120,
        )
        for i, row in enumerate(scores)
    )
    photos = Photo.objects.bulk_create(
        Photo(
            subject=subject,
            cohort=cohort,
            original_name=f"{subject.code}.png",
            sha256=f"{cohort.pk:08d}{subject.pk:056d}",
            width=224,
            height=224,
            status=Photo.Status.READY,
        )
        for subject in subjects
    )
    return {row["case_id"]: photo for row, photo in zip(scores, photos, strict=True)}


def _run(cohort: Cohort, photos: dict[str, Photo], scores: list[dict[str, str]], by: User) -> TrainingRun:
    now = timezone.now()
    run = TrainingRun.objects.create(
        cohort=cohort,
        name="Five folds",
        state=State.FINISHED,
        recipe=PRESETS["demo"].to_dict(),
        seed=1,
        created_by=by,
        finished_at=now,
    )
    folds = Fold.objects.bulk_create(
        Fold(run=run, index=i, state=State.FINISHED, threshold=0.5, finished_at=now) for i in range(5)
    )
    Prediction.objects.bulk_create(
        Prediction(run=run, fold=folds[int(row["fold"]) - 1], photo=photos[row["case_id"]], score=float(row["score"]))
        for row in scores
    )
    return run


def _readers(study: Study, cases: dict[str, Case]) -> None:
    reads = rows("paperlike_reads.csv")
    for golden, code in CODES.items():
        senior = golden.startswith("SP")
        user = User.objects.create(email=f"{golden}-{study.pk}@example.org", name=code, is_simulated=True)
        reader = Reader.objects.create(
            study=study,
            user=user,
            code=code,
            seniority="senior" if senior else "junior",
            years_of_experience=14 if senior else 3,
            is_simulated=True,
        )
        mine = [row for row in reads if row["reader"] == golden and row["case_id"] in cases]
        read_all(reader, [(cases[row["case_id"]], row["decision"] == "1") for row in mine])


def read_all(reader: Reader, decisions: list[tuple[Case, bool]], **session: Any) -> ReadingSession:
    """A finished session with one complete exposure and one call a case."""
    now = timezone.now()
    protocol = reader.study.protocols.get()
    held = ReadingSession.objects.create(
        reader=reader, protocol=protocol, seed=1, started_at=now, finished_at=now, **session
    )
    trials = Trial.objects.bulk_create(
        Trial(session=held, case=case, position=i + 1, issued_at=now) for i, (case, _) in enumerate(decisions)
    )
    Exposure.objects.bulk_create(
        Exposure(
            trial=trial,
            started_at=now,
            ended_at=now,
            end="complete",
            requested_ms=10_000,
            onset_ms=100.0,
            offset_ms=10_100.0,
        )
        for trial in trials
    )
    Call.objects.bulk_create(
        Call(
            trial=trial,
            is_gs=is_gs,
            confidence=1 + (trial.position * 7) % 5,
            response_ms=2500.0 + trial.position,
            input="key",
            idempotency_key=f"{trial.token}",
        )
        for trial, (_, is_gs) in zip(trials, decisions, strict=True)
    )
    return held

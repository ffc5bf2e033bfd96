"""The readers of an imported study and what they called. No exposure is written: nobody here saw one."""

import uuid
from typing import Any

from readerstudy.accounts.models import User
from readerstudy.reading.models import Call, ReadingSession, Trial
from readerstudy.studies.models import Case, Reader, Study
from screening.imports.content import AIDED, UNAIDED, Content
from screening.imports.parts import ReadLine

BATCH = 2000
UNKNOWN_ORDER = "imported"  # order_version: positions follow the numbers of the cases, not the order of reading


def store_readers(content: Content, study: Study, cases: dict[str, Case]) -> None:
    protocol = study.protocols.get()
    reads: dict[tuple[str, str], list[ReadLine]] = {}
    for line in content.reads:
        reads.setdefault((line.reader, line.modality), []).append(line)
    for code, facts in content.readers.items():
        reader = _reader(study, code, facts)
        for arm in (UNAIDED, AIDED):
            if mine := reads.get((code, arm)):
                session = ReadingSession.objects.create(
                    reader=reader, protocol=protocol, arm=arm, seed=0, order_version=UNKNOWN_ORDER
                )
                _calls(session, mine, cases)


def _reader(study: Study, code: str, facts: dict[str, Any]) -> Reader:
    """A place in the study needs a user row; this one has no password, no address that exists, and is not active."""
    user = User(email=f"{uuid.uuid4()}@imported.invalid", name=f"{code} (imported)", is_active=False)
    user.set_unusable_password()
    user.save()
    return Reader.objects.create(
        study=study,
        user=user,
        code=code,
        seniority=facts.get("seniority") or Reader.Seniority.OTHER,
        years_of_experience=facts.get("years_of_experience"),
    )


def _calls(session: ReadingSession, reads: list[ReadLine], cases: dict[str, Case]) -> None:
    ordered = sorted(reads, key=lambda line: cases[line.case].number)
    trials = Trial.objects.bulk_create(
        (Trial(session=session, case=cases[line.case], position=i) for i, line in enumerate(ordered, 1)),
        batch_size=BATCH,
    )
    Call.objects.bulk_create(
        (
            Call(
                trial=trial,
                stage=session.arm,
                is_gs=line.is_gs,
                confidence=line.confidence,
                response_ms=line.response_ms,
                idempotency_key=str(trial.token),
            )
            for trial, line in zip(trials, ordered, strict=True)
        ),
        batch_size=BATCH,
    )

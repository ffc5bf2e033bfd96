"""Split-plot: the faces divided into parts that look alike, and a part dealt to every reader.

Both are stored: a face's part when the study opens, under the protocol's fingerprint; a reader's part at consent.
"""

import random
import secrets

from readerstudy.audit.services import record
from readerstudy.studies.models import Case, Protocol, Reader, Study


def divide_faces(*, study: Study, protocol: Protocol, seed: int | None = None) -> dict[int, int]:
    """Deal every face to read one of the protocol's parts; gives their sizes. With one part nobody holds any.

    Faces are lined up by group and diagnosis, at random within, and dealt out one by one: parts differ by one face at
    most, in all and of every diagnosis. Readers who hold a part lose it and are dealt one of the new ones.
    """
    study.readers.exclude(part=None).update(part=None)
    if protocol.parts == 1:
        study.cases.exclude(part=None).update(part=None)
        return {}
    faces = list(study.cases.filter(is_practice=False).select_related("photo__subject"))
    seed = secrets.randbelow(2**31) if seed is None else seed
    dealt = _deal(faces, protocol.parts, random.Random(seed))
    for face in faces:
        face.part = dealt[face.pk]
    Case.objects.bulk_update(faces, ["part"], batch_size=500)
    held = list(dealt.values())
    sizes = {part: held.count(part) for part in range(1, protocol.parts + 1)}
    record("cases.divided", target=f"study:{study.pk}", parts=sizes, seed=seed)
    return sizes


def _deal(faces: list[Case], parts: int, dice: random.Random) -> dict[int, int]:
    luck = {face.pk: dice.random() for face in sorted(faces, key=lambda face: face.number)}
    line = sorted(faces, key=lambda face: (*_stratum(face), luck[face.pk]))
    order = list(range(1, parts + 1))
    dice.shuffle(order)  # so that it is not always the first part that gets the odd face
    return {face.pk: order[i % parts] for i, face in enumerate(line)}


def _stratum(face: Case) -> tuple[str, str]:
    subject = face.photo.subject
    return str(subject.has_syndrome), subject.diagnosis


def deal_part(*, reader: Reader, protocol: Protocol) -> Reader:
    """Give ``reader`` a part: of the reader whose place it takes, else the one with the fewest readers of that kind.

    Counted are readers who have not withdrawn: first those of the same seniority, then all.
    """
    Study.objects.select_for_update(of=("self",)).get(pk=reader.study_id)
    inherited = reader.replaces.part if reader.replaces else None
    reader.part = inherited or _emptiest(reader, protocol.parts)
    reader.save(update_fields=["part"])
    record("reader.allocated", target=f"study:{reader.study_id}", code=reader.code, part=reader.part)
    return reader


def _emptiest(reader: Reader, parts: int) -> int:
    held = Reader.objects.filter(study=reader.study_id, withdrawn_at=None).exclude(part=None).exclude(pk=reader.pk)
    all_of_them = list(held.values_list("part", "seniority"))
    alike = [part for part, seniority in all_of_them if seniority == reader.seniority]
    anybody = [part for part, _ in all_of_them]
    return min(range(1, parts + 1), key=lambda part: (alike.count(part), anybody.count(part), part))

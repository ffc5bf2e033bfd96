"""Which faces a reader reads: all of them or, in a split-plot study, those of the reader's own part."""

from django.db.models import Count, QuerySet

from readerstudy.studies.models import Case, Protocol, Reader, Study


def faces_of(reader: Reader, protocol: Protocol) -> QuerySet[Case]:
    """The faces that are to be read by ``reader``, who has been dealt a part where there are parts."""
    faces = Case.objects.filter(study=reader.study_id, is_practice=False)
    return faces if protocol.parts == 1 else faces.filter(part=reader.part)


def part_sizes(study: Study) -> dict[int | None, int]:
    """Faces to read by part; under None those that everybody reads, or that are not dealt yet. One query."""
    faces = study.cases.filter(is_practice=False).order_by("part")
    return dict(faces.values_list("part").annotate(n=Count("id")))


def faces_each(n: int, parts: int) -> tuple[int, int]:
    """The fewest and the most faces that one reader meets when ``n`` are divided into ``parts``.

    >>> faces_each(10, 3)
    (3, 4)
    """
    return n // parts, -(-n // parts)


def faces_for(reader: Reader, sizes: dict[int | None, int], parts: int) -> int:
    """How many faces ``reader`` has to read; before a part is dealt, the most it can be."""
    return sizes.get(reader.part) or faces_each(sum(sizes.values()), parts)[1]

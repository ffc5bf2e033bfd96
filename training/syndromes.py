"""Which syndromes the network's neighbours suggest for held-out faces called GS, and how often that is right."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from readerstudy.studies.models import Photo
from training.engine.neighbours import rank_by_frequency
from training.models import State, TrainingRun

PLACES = (1, 5, 10)
FEWEST = 3  # children with a syndrome that get a row of their own


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Of ``called`` faces with this syndrome that the model called GS, how many had it among the first 1, 5, 10."""

    syndrome: str
    held_out: int
    called: int
    hits: tuple[int, ...]

    @property
    def shares(self) -> list[tuple[int, float | None]]:
        """(faces, per cent) for the first 1, 5 and 10 places."""
        return [(count, 100 * count / self.called if self.called else None) for count in self.hits]


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """By syndrome, the most frequent first; together; and together when the most frequent syndrome is said first.

    ``rare`` are the rows of syndromes with one or two children, ``rare_total`` is their sum.
    """

    rows: list[Hits]
    rare: list[Hits]
    rare_total: Hits | None
    total: Hits
    by_frequency: Hits
    syndromes: int
    controls_called: int


def syndrome_ranking(run: TrainingRun) -> Ranking | None:
    """None for a run that is not finished, or whose model ranks no syndromes."""
    if run.state != State.FINISHED:
        return None
    wanted = run.predictions.filter(score__isnull=False, photo__subject__has_syndrome__isnull=False)
    fields = ("photo__subject__has_syndrome", "photo__subject__diagnosis", "fold_id", "syndromes")
    called = list(wanted.filter(score__gte=F("fold__threshold"), syndromes__isnull=False).values_list(*fields))
    faces = [(name, fold, ranked) for has, name, fold, ranked in called if has and name]
    if not faces:
        return None
    held_out = Counter(wanted.exclude(photo__subject__diagnosis="").values_list("photo__subject__diagnosis", flat=True))
    frequent = _frequencies(run)
    looked = [(name, ranked) for name, _, ranked in faces]
    guessed = [(name, frequent[fold]) for name, fold, _ in faces]
    rows = [_hits(name, [face for face in looked if face[0] == name], held_out[name]) for name in held_out]
    rows.sort(key=lambda row: (-row.held_out, row.syndrome))
    rare = [row for row in rows if row.held_out < FEWEST]
    return Ranking(
        rows=[row for row in rows if row.held_out >= FEWEST],
        rare=rare,
        rare_total=_sum(rare) if rare else None,
        total=_hits(_("All"), looked, held_out.total()),
        by_frequency=_hits(_("By frequency alone"), guessed, held_out.total()),
        syndromes=len(held_out),
        controls_called=sum(not has for has, *_ in called),
    )


def _hits(label: str, faces: list[tuple[str, list[str]]], held_out: int) -> Hits:
    hits = tuple(sum(name in ranked[:places] for name, ranked in faces) for places in PLACES)
    return Hits(syndrome=label, held_out=held_out, called=len(faces), hits=hits)


def _sum(rows: list[Hits]) -> Hits:
    label = ngettext("%(n)s rarer one", "%(n)s rarer ones", len(rows)) % {"n": len(rows)}
    hits = tuple(sum(row.hits[place] for row in rows) for place in range(len(PLACES)))
    return Hits(
        syndrome=label, held_out=sum(row.held_out for row in rows), called=sum(row.called for row in rows), hits=hits
    )


def _frequencies(run: TrainingRun) -> dict[int, list[str]]:
    """By fold id the syndromes of its training part, the most frequent first."""
    named = dict(Photo.objects.filter(cohort=run.cohort_id).values_list("pk", "subject__diagnosis"))
    return {fold.pk: rank_by_frequency([named.get(pk, "") for pk in fold.train_photos]) for fold in run.folds.all()}

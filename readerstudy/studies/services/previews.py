"""A preview: the reader's pages of a study, played by its coordinator on drawn faces.

It is a study of its own under the same rules, with the real pages, services and constraints, so that nothing in it can
differ from what readers meet. Nobody is a member of it, it stands in no list, and it is deleted afterwards: by its
player, by the player's next preview, or after a day by anybody's.
"""

import io
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.apps import apps
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies import pictures
from readerstudy.studies.models import Aid, Case, Cohort, Face, Photo, Protocol, Reader, Study, Subject
from readerstudy.studies.selectors.studies import current_protocol
from readerstudy.studies.services.faces import put

FOLDER = Path(__file__).resolve().parents[1] / "preview_faces"
PRACTICE = ("gs-1", "control-1")  # where the study has practice faces; else nothing is practised
WORDS = ("description", "consent_text", "instructions")
BLOCK = 3  # faces up to the rest, so that a short preview meets one
KEPT = timedelta(days=1)
LABEL = "made up for the preview"


@transaction.atomic
def make_preview(*, study: Study, by: User) -> Study:
    """An open throw-away study under ``study``'s rules, with ``by`` as its only reader."""
    if study.is_preview:
        raise Refused(_("A preview has no preview of its own."))
    words = {name: getattr(study, name) for name in WORDS}
    preview = _empty(name=f"Preview {study.pk} for {by.pk}", by=by, preview_of=study, **words)
    has_practice = study.cases.filter(is_practice=True).exists()
    return _filled(preview, current_protocol(study), has_practice=has_practice, by=by)


@transaction.atomic
def preview_rules(*, rules: Protocol, by: User, has_practice: bool = False, **words: str) -> Study:
    """The same for rules and words that are typed and not stored yet. Such a preview is nobody's but its own."""
    preview = _empty(name=f"Preview of a new study for {by.pk}", by=by, **words)
    preview.preview_of = preview
    preview.save(update_fields=["preview_of"])
    return _filled(preview, rules, has_practice=has_practice, by=by)


def _empty(*, name: str, by: User, **fields: Any) -> Study:
    """Open, and without faces; the player's last preview and everybody's old ones make room."""
    _delete(Study.objects.filter(preview_of__isnull=False, readers__user=by))
    _delete(Study.objects.filter(preview_of__isnull=False, created_at__lt=timezone.now() - KEPT))
    return Study.objects.create(
        name=name,
        cohort=preview_cohort(by=by),
        status=Study.Status.OPEN,
        opened_at=timezone.now(),
        created_by=by,
        **fields,
    )


def _filled(preview: Study, rules: Protocol, *, has_practice: bool, by: User) -> Study:
    protocol = _protocol(rules, preview)
    cases = _cases(preview, has_practice=has_practice)
    if protocol.design != Protocol.Design.UNAIDED:
        _aids([case for case in cases if not case.is_practice], by=by)
    Reader.objects.create(study=preview, user=by, code="Preview")
    return preview


@transaction.atomic
def end_preview(*, preview: Study) -> None:
    """Delete everything of it. The drawn faces stay for the next one."""
    if not preview.is_preview:
        raise Refused(_("Only a preview can be deleted."), status=409)
    _delete([preview])


def _protocol(rules: Protocol, preview: Study) -> Protocol:
    """The same rules, but for a washout, which nobody can wait for, parts, and a rest that comes within a few faces."""
    same = model_to_dict(rules, exclude=["id", "study", "version", "frozen_at", "digest"])
    same |= {"parts": 1, "washout_days": 0, "block_length": BLOCK if rules.block_length else 0}
    return Protocol.objects.create(study=preview, frozen_at=timezone.now(), **same)


def _cases(preview: Study, *, has_practice: bool) -> list[Case]:
    photos = list(Photo.objects.filter(cohort=preview.cohort).order_by("original_name"))
    practice = [photo for photo in photos if has_practice and photo.original_name in PRACTICE]
    reading = [photo for photo in photos if photo.original_name not in PRACTICE]
    random.Random(preview.pk).shuffle(reading)
    return Case.objects.bulk_create(
        Case(study=preview, photo=photo, number=number, is_practice=photo in practice)
        for number, photo in enumerate([*reading, *practice], 1)
    )


def _aids(cases: Iterable[Case], *, by: User) -> None:
    """Numbers and blots that look like a model's; they mean nothing."""
    for n, case in enumerate(cases):
        dice = np.random.default_rng(n)
        aid = Aid(case=case, probability=float(dice.uniform(0.05, 0.95)), is_calibrated=True, label=LABEL, made_by=by)
        put(aid.heat_map, f"preview-{case.pk}.png", _blot(dice))
        aid.save()


def _blot(dice: np.random.Generator) -> bytes:
    side = pictures.CROP_SIDE
    y, x = np.mgrid[:side, :side]
    heat = np.zeros((side, side))
    for _blot_number in range(3):
        row, column = dice.uniform(0.25, 0.75, 2) * side
        heat += dice.uniform(0.4, 1) * np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * (0.1 * side) ** 2))
    out = io.BytesIO()
    Image.fromarray((255 * heat / heat.max()).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def preview_cohort(*, by: User) -> Cohort:
    """The drawn faces, taken into the database with the first preview."""
    cohort, is_new = Cohort.objects.get_or_create(
        is_preview=True,
        defaults={"name": "Drawn faces for previews", "kind": Cohort.Kind.PHANTOM, "created_by": by},
    )
    if is_new:
        for file in sorted(FOLDER.glob("*.webp")):
            _take_in(cohort, file)
    return cohort


def _take_in(cohort: Cohort, file: Path) -> None:
    has_syndrome = file.stem.startswith("gs")
    subject = Subject.objects.create(cohort=cohort, code=file.stem, has_syndrome=has_syndrome)
    shown = Image.open(file).convert("RGB").resize(pictures.CANVAS, Image.Resampling.LANCZOS)
    width, height = pictures.CANVAS
    photo = Photo.objects.create(
        subject=subject,
        cohort=cohort,
        original_name=file.stem,
        sha256=file.stem.ljust(64, "-"),  # no photo came in: the name stands for the bytes
        width=width,
        height=height,
        status=Photo.Status.READY,
    )
    face = Face(photo=photo, is_found=True, detector_version="drawn")
    put(face.rendition, f"{photo.token}.jpg", pictures.constant_length(shown))
    face.save()


def _delete(previews: Iterable[Study]) -> None:
    for preview in previews:
        for aid in Aid.objects.filter(case__study=preview).exclude(heat_map=""):
            aid.heat_map.delete(save=False)
        # Sessions are rows of readerstudy.reading, a room above this one: reached by name, not imported.
        sessions: Any = apps.get_model("reading", "ReadingSession")
        sessions.objects.filter(reader__study=preview).delete()
        preview.readers.all().delete()
        preview.delete()

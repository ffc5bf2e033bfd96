"""Weight files: the pretrained ones of the server's weights directory and no others, and those that a run makes."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from readerstudy import __version__
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.said import said
from training.engine import weights_own

SUFFIXES = {".mat", ".h5", ".hdf5", ".npz"}


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A file of our own format in the weights directory, and what was found in its source.

    `twins` are other imported files that hold the same network.
    """

    path: Path
    facts: weights_own.Facts
    layers: tuple[str, ...]
    twins: tuple[str, ...]


def weights_directory() -> Path:
    """Where whoever runs the server puts weight files."""
    return Path(settings.DATA_DIR) / "weights"


def weights_names() -> list[str]:
    """The names of the files that can be chosen; a .npz only if `import_weights` made it."""
    folder = weights_directory()
    if not folder.is_dir():
        return []
    files = (file for file in folder.iterdir() if file.is_file() and file.suffix.lower() in SUFFIXES)
    return sorted(file.name for file in files if file.suffix.lower() != ".npz" or facts_of(file))


def weights_choices() -> list[tuple[str, str]]:
    """(name, label) of the files that can be chosen; a file that was never checked says so."""
    return [(name, _label(weights_directory() / name)) for name in weights_names()]


def _label(file: Path) -> str:
    facts = facts_of(file)
    return (
        f"{file.stem}: {facts.kind}"
        if facts
        else _("%(name)s (not imported: its format is checked at the start)") % {"name": file.name}
    )


def facts_of(file: Path) -> weights_own.Facts | None:
    """What a file of our own format says of itself; None for any other file."""
    if file.suffix.lower() != ".npz":
        return None
    try:
        return weights_own.facts_of(file)
    except weights_own.OwnFileError:
        return None


def weights_path(name: str) -> Path:
    """The file of that name; anything that is not in the listing is refused, paths included."""
    if name not in weights_names():
        raise Refused(
            _("There is no weights file %(name)s in %(name2)s/: choose one of the list.")
            % {"name": f"{name!r}", "name2": weights_directory().name}
        )
    return weights_directory() / name


def fingerprint(file: Path) -> str:
    """SHA-256 (hex) of the file, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_sha256(file: Path, sha256: str) -> bool:
    """Whether a recipe that names this SHA-256 means this file: by the file's own, or by that of its source."""
    facts = facts_of(file)
    return bool(facts and facts.source_sha256 == sha256) or fingerprint(file) == sha256


def find_weights(name: str, sha256: str) -> Path | None:
    """The file a recipe means: that of the name, else one that was imported from it. None when neither is there."""
    folder = weights_directory()
    names = [name] if name in weights_names() else []
    imported = [
        file for file in weights_names() if (facts := facts_of(folder / file)) and facts.source_sha256 == sha256
    ]
    return next((folder / file for file in [*names, *imported] if has_sha256(folder / file, sha256)), None)


def import_weights(*, file: Path, name: str = "") -> Imported:
    """Check a file of pretrained weights, write it in our own format into the weights directory, and say what it is.

    The shapes, the names and the answer to a fixed picture are checked; anything else is refused with a sentence.
    """
    from training.engine.fingerprint import fingerprint as answer_to_picture
    from training.engine.fingerprint import is_same
    from training.engine.weights import WeightsError, read_vgg_face

    target = _target(name or file.stem)
    try:
        weights = read_vgg_face(file)
        answer = answer_to_picture(weights)
    except WeightsError as error:
        raise Refused(_("%(name)s was not imported: %(error)s.") % {"name": file.name, "error": said(error)}) from None
    if weights.fingerprint and not is_same(answer, weights.fingerprint):
        raise Refused(
            _("%(name)s answers its test picture otherwise than when it was made: import its source again.")
            % {"name": file.name}
        )
    facts = weights_own.Facts(
        kind=weights.kind,
        source=file.name,
        source_sha256=weights.source_sha256 or weights.sha256,
        mean=weights.mean,
        fingerprint=answer,
        made_with=f"readerstudy {__version__}",
    )
    _refuse_another(target, facts)
    others = [(other.name, known) for other in map(weights_path, weights_names()) if (known := facts_of(other))]
    twins = [other for other, known in others if other != target.name and is_same(known.fingerprint, answer)]
    target.parent.mkdir(parents=True, exist_ok=True)
    weights_own.write(target, weights.layers, facts)
    record("weights.imported", target=f"weights:{target.name}", source=file.name, sha256=facts.source_sha256)
    return Imported(path=target, facts=facts, layers=tuple(weights.layers), twins=tuple(twins))


def _target(name: str) -> Path:
    stem = name.removesuffix(".npz")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", stem):
        raise Refused(f"{name!r} cannot name a file: use letters, digits, dots and hyphens.")
    return weights_directory() / f"{stem}.npz"


def _refuse_another(target: Path, facts: weights_own.Facts) -> None:
    if not target.exists():
        return
    known = facts_of(target)
    if known is None or known.source_sha256 != facts.source_sha256:
        raise Refused(f"{target.name} is there already and holds other weights: choose another name with --name.")


def files_of(run_id: int) -> Path:
    """Where a run keeps its folds' weights."""
    return Path(settings.DATA_DIR) / "runs" / str(run_id)

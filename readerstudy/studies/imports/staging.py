"""Checked photos between the check and somebody's yes: the clean picture and what is known of it, two files a line."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from readerstudy.sealed import sealed_if_asked, unseal
from readerstudy.studies.imports.archive import Entry
from readerstudy.studies.imports.manifest import Row
from readerstudy.studies.imports.pictures import CleanPicture
from readerstudy.studies.imports.plan import Step


@dataclass(frozen=True)
class Staging:
    """``folder`` holds ``<line>.jpg`` and ``<line>.json``. The second is written last, so what has one is whole."""

    folder: Path

    def keep(self, step: Step, picture: CleanPicture) -> None:
        self.folder.mkdir(exist_ok=True)
        self._picture(step.number).write_bytes(sealed_if_asked(picture.data, name=self._name(step.number)))
        facts = asdict(picture)
        del facts["data"]
        told = {"name": step.entry.name, "row": asdict(step.row), "picture": facts}
        self._facts(step.number).write_text(json.dumps(told))

    def step(self, number: int) -> Step:
        """The step again, with its row and the name the photo had."""
        told = self._told(number)
        row = Row(**told["row"])
        return Step(number=number, name=row.file, row=row, entry=Entry(told["name"], self._picture(number)))

    def picture(self, number: int) -> CleanPicture:
        data = unseal(self._picture(number).read_bytes(), name=self._name(number))
        return CleanPicture(data=data, **self._told(number)["picture"])

    def hashes(self, number: int) -> tuple[str, str]:
        """SHA-256 of the bytes as they came and the perceptual fingerprint."""
        facts = self._told(number)["picture"]
        return facts["sha256"], facts["fingerprint"]

    def forget(self, number: int) -> None:
        self._facts(number).unlink(missing_ok=True)
        self._picture(number).unlink(missing_ok=True)

    def _told(self, number: int) -> dict:
        return json.loads(self._facts(number).read_text())

    def _picture(self, number: int) -> Path:
        return self.folder / f"{number:06d}.jpg"

    def _name(self, number: int) -> str:
        """``incoming/<batch>/checked/<line>.jpg``, as `manage.py seal_photos` finds it: the seal vouches for it."""
        return "/".join(self._picture(number).parts[-4:])

    def _facts(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"

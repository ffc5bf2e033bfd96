"""The script of docs/api.md does what it says: its cells are run, in their order, against a live server."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readerstudy.accounts.keys import make_key
from readerstudy.accounts.models import User
from readerstudy.studies.faces import FaceFinding
from readerstudy.studies.models import Photo, Reader, Study
from readerstudy.studies.services.cohorts import run_import, store_face
from readerstudy.studies.services.invitations import accept_invitation
from tests.screening.app.paperlike import read_all

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker(monkeypatch):
    """Does at once what a worker would do, with a face finder that finds a face wherever it looks; one is doubtful."""

    def find(photo_ids: list[int]) -> None:
        for pk in photo_ids:
            photo = Photo.objects.get(pk=pk)
            status = "review" if photo.original_name == "03.jpg" else "ready"
            store_face(photo=photo, finding=finding(status))

    def do(name: str, args: tuple) -> None:
        {"studies.import_cohort": lambda pk: run_import(batch_id=pk), "training.find_faces": find}[name](*args)

    monkeypatch.setattr("readerstudy.queue._publish", do)


def finding(status: str) -> FaceFinding:
    return FaceFinding(
        is_found=True,
        status=status,
        detector_version="double",
        reason="" if status == "ready" else "The face may be turned.",
        box=(90, 110, 200, 260),
        landmarks=[(140, 200), (240, 200), (190, 260), (150, 310), (230, 310)],
        confidence=0.99,
        faces_found=1,
        eye_distance=100.0,
        crop=np.full((224, 224, 3), 120, np.uint8),
    )


def write_material(folder: Path) -> None:
    """Twelve pictures unlike one another, and one line whose photograph is missing."""
    lines = ["subject_id,file,label,sex,age_months"]
    with zipfile.ZipFile(folder / "photos.zip", "w") as packed:
        for n in range(12):
            noise = np.random.default_rng(n).integers(0, 255, (10, 8, 3), dtype=np.uint8)
            out = io.BytesIO()
            Image.fromarray(noise).resize((384, 480), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
            packed.writestr(f"{n:02d}.jpg", out.getvalue())
            lines.append(f"K-{n:02d},{n:02d}.jpg,{('GS', 'control')[n % 2]},{'FM'[n // 2 % 2]},{20 + n}")
    (folder / "manifest.csv").write_text("\n".join([*lines, "K-99,99.jpg,GS,F,30"]))


def test_the_script_of_the_docs_runs(live_server, coordinator, worker, monkeypatch, tmp_path, capsys):
    write_material(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READERSTUDY_SITE", live_server.url)
    monkeypatch.setenv(
        "READERSTUDY_KEY", make_key(user=coordinator, name="Docs", role="coordinator", can_write=True)[1]
    )
    names: dict = {}
    for heading, cell in cells():
        if heading == "While they read":
            they_read(names["links"])
        exec(compile(cell, f"{DOCS.name}: {heading}", "exec"), names)
    said = capsys.readouterr().out
    assert "99.jpg" in said
    assert "SP 1 6 of 6" in said
    assert len(names["answered"]) == 12
    assert names["right"] == 6
    assert names["table_1"]["unstated"] == 0
    assert Study.objects.get().status == "closed"


def cells() -> list[tuple[str, str]]:
    """The Python cells, each under its heading."""
    found, heading = [], ""
    for part in re.split(r"^(#+ .*)$", DOCS.read_text(), flags=re.MULTILINE):
        if part.startswith("#"):
            heading = part.lstrip("# ")
        found += [(heading, cell) for cell in re.findall(r"```python\n(.*?)```", part, re.DOTALL)]
    # A line of code that begins with # would end a cell here.
    assert len(found) == DOCS.read_text().count("```python")
    return found


def they_read(links: dict[str, str]) -> None:
    """Both accept; the first calls everybody GS, the second nobody: half of all answers are right."""
    for email, link in links.items():
        user = User.objects.create_user(email, "correct horse battery", name=email)
        accept_invitation(token=link.rstrip("/").split("/")[-1], user=user, seniority="senior")
    for reader, is_gs in zip(Reader.objects.order_by("id"), (True, False), strict=True):
        read_all(reader, [(case, is_gs) for case in reader.study.cases.filter(is_practice=False)])

"""A phantom cohort as files: the public import format, the origin of every picture, the command."""

from __future__ import annotations

import csv
import io
import multiprocessing
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from readerstudy.phantoms import cohort as cohort_module
from readerstudy.phantoms.cohort import default_processes, read_origins, write_cohort
from readerstudy.phantoms.gestalts import SCORES
from readerstudy.phantoms.render import render


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cohort")
    seen = []
    phantoms = write_cohort(
        directory, n=8, seed=3, on_progress=lambda done, total: seen.append((done, total)), processes=1
    )
    return SimpleNamespace(directory=directory, phantoms=phantoms, seen=seen)


def rows(path):
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_the_manifest_is_in_the_public_import_format(written):
    manifest = rows(written.directory / "manifest.csv")
    header = "subject_id,file,label,syndrome,confirmation,sex,age_months,consent,index_photo"
    assert ",".join(manifest[0]) == header
    assert {row["label"] for row in manifest} == {"GS", "control"}
    for row in manifest:
        is_case = row["label"] == "GS"
        assert bool(row["syndrome"]) == bool(row["confirmation"]) == is_case
        assert row["sex"] in {"F", "M"}
        assert len(row["age_months"].split(".")[1]) == 1
        assert row["index_photo"] == "yes"
        assert row["consent"] == "phantom-no-consent-needed"


def test_every_row_has_its_photo_and_every_photo_its_row(written):
    photos = {path.name for path in (written.directory / "photos").iterdir()}
    assert photos == {row["file"] for row in rows(written.directory / "manifest.csv")}
    for name in photos:
        with Image.open(written.directory / "photos" / name) as photo:
            assert (photo.format, photo.size, photo.mode) == ("JPEG", (480, 600), "RGB")
            assert not photo.getexif()


def test_the_origins_hold_scores_and_landmarks_of_every_picture(written):
    origins = read_origins(written.directory / "phantoms.csv")
    for phantom in written.phantoms:
        origin = origins[phantom.code]
        assert [origin[score] for score in SCORES] == pytest.approx(phantom.scores, abs=1e-4)
        assert (origin["llr"], origin["difficulty"]) == pytest.approx((phantom.llr, phantom.difficulty), abs=1e-5)
        assert (origin["seed"], origin["preset"], origin["version"]) == (3, "demo", phantom.version)
        points = render(phantom)[1]
        assert (origin["left_eye_x"], origin["mouth_right_y"]) == pytest.approx((points[0, 0], points[4, 1]), abs=0.006)


def test_progress_counts_every_picture(written):
    assert written.seen == [(done, 8) for done in range(1, 9)]


def test_the_same_seed_gives_the_same_bytes_with_one_process_or_two(written, tmp_path):
    write_cohort(tmp_path, n=8, seed=3, processes=2)
    for table in ("manifest.csv", "phantoms.csv"):
        assert (tmp_path / table).read_bytes() == (written.directory / table).read_bytes()
    for phantom in written.phantoms:
        once, twice = (folder / "photos" / phantom.file for folder in (written.directory, tmp_path))
        assert once.read_bytes() == twice.read_bytes()


def test_a_folder_with_other_photos_is_refused(tmp_path):
    write_cohort(tmp_path, n=2, seed=3, processes=1)
    write_cohort(tmp_path, n=2, seed=3, processes=1)  # the same cohort again is fine
    with pytest.raises(FileExistsError, match="Choose an empty folder"):
        write_cohort(tmp_path, n=2, seed=4, processes=1)
    assert len(rows(tmp_path / "manifest.csv")) == 2


def test_an_interrupted_cohort_leaves_no_manifest(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_cohort(tmp_path, n=4, seed=3, processes=1, on_progress=stop)
    assert not (tmp_path / "manifest.csv").exists()


def test_a_daemonic_process_draws_alone(monkeypatch):
    assert default_processes(4) == 1
    daemon = SimpleNamespace(daemon=True)
    monkeypatch.setattr(cohort_module.multiprocessing, "current_process", lambda: daemon)
    assert default_processes(456) == 1


def _draw_as_a_worker_does(directory):
    write_cohort(directory, n=24, seed=3)


def test_a_daemonic_process_can_write_a_cohort(tmp_path):
    """As in a Celery prefork worker, where starting a child would be refused."""
    child = multiprocessing.get_context("spawn").Process(target=_draw_as_a_worker_does, args=(tmp_path,), daemon=True)
    child.start()
    child.join(120)
    assert child.exitcode == 0
    assert len(rows(tmp_path / "manifest.csv")) == 24


def test_the_command_writes_a_cohort_and_says_so(tmp_path):
    said = io.StringIO()
    call_command("phantoms", out=str(tmp_path / "new"), n=4, seed=2, preset="null", processes=1, stdout=said)
    assert len(rows(tmp_path / "new" / "manifest.csv")) == 4
    assert "4/4 phantoms drawn" in said.getvalue()
    assert "2 GS, 2 controls" in said.getvalue()


def test_the_command_explains_what_it_cannot_do(tmp_path):
    with pytest.raises(CommandError, match="2 to 9999"):
        call_command("phantoms", out=str(tmp_path), n=1, stdout=io.StringIO())


def test_the_command_offers_every_preset():
    from readerstudy.phantoms.design import PRESETS
    from readerstudy.studies.management.commands import phantoms as command

    assert tuple(PRESETS) == command.PRESETS

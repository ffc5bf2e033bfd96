"""Photos from the command line against a run or an exported file."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from training import services
from training.models import NewPhoto

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PICTURES = Path(__file__).parents[2] / "data" / "bad-inputs" / "images"
FACE, NO_FACE = PICTURES / "duplicate-a.jpg", PICTURES / "no-face.jpg"


def told(capsys, *args, **options):
    call_command("predict", *(str(arg) for arg in args), json=True, **options)
    return json.loads(capsys.readouterr().out)


def test_the_command_says_what_the_page_says(real_run, investigator, capsys):
    photo = services.submit_new_photo(run=real_run, data=FACE.read_bytes(), created_by=investigator)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    assert photo.problem == ""
    document = told(capsys, real_run.pk, FACE)
    assert "not for diagnosis" in document["notice"]
    (outcome,) = document["photos"]
    assert [(net["score"], net["calibrated"]) for net in outcome["networks"]] == [
        (pytest.approx(entry["score"], abs=1e-6), pytest.approx(entry["calibrated"], abs=1e-6))
        for entry in photo.scores
    ]
    assert outcome["is_calibrated"]
    assert NewPhoto.objects.count() == 1


def test_words_for_every_photo_and_the_one_without_a_face_takes_none_down(real_run, capsys, tmp_path):
    call_command("predict", str(real_run.pk), str(NO_FACE), str(FACE), str(tmp_path / "gone.jpg"))
    out = capsys.readouterr().out
    assert "No score: " in out
    assert "No score: The file cannot be read (No such file or directory)." in out
    assert "probability of GS (calibrated) 0." in out
    assert "of 3 networks call GS" in out
    assert "fold 3: probability 0." in out
    assert "threshold 0.600" in out
    assert "For research only, not for diagnosis." in out


def test_heat_maps_are_written_beside(real_run, capsys, tmp_path):
    (outcome,) = told(capsys, real_run.pk, FACE, heat_map=tmp_path / "maps")["photos"]
    with Image.open(outcome["heat_map"]) as picture:
        assert (picture.size, picture.mode) == ((224, 224), "RGB")


def test_no_photo_that_could_be_scored_is_a_failure(real_run):
    with pytest.raises(CommandError, match="No photo could be scored"):
        call_command("predict", str(real_run.pk), str(NO_FACE))


def test_it_refuses_what_is_no_finished_run(real_run, make_run, tmp_path):
    waiting = make_run(name="Waiting")
    with pytest.raises(CommandError, match="The run Waiting has not finished"):
        call_command("predict", str(waiting.pk), str(FACE))
    with pytest.raises(CommandError, match="There is no run 999"):
        call_command("predict", "999", str(FACE))
    with pytest.raises(CommandError, match="there is no run and no file"):
        call_command("predict", str(tmp_path / "gone.zip"), str(FACE))
    real_run.folds.filter(index=1).update(weights="elsewhere/fold-1.weights.h5")
    with pytest.raises(CommandError, match="The weights of fold 2 are not in the data directory"):
        call_command("predict", str(real_run.pk), str(FACE))

"""``manage.py screen``: the page's numbers on paper, and nothing stored."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from screening.new_photo import answer, question_of
from training import services
from training.models import NewPhoto

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PICTURES = Path(__file__).parents[2] / "data" / "bad-inputs" / "images"
FACE, NO_FACE, TWO = (PICTURES / name for name in ("duplicate-a.jpg", "no-face.jpg", "two-faces.jpg"))


@pytest.fixture
def scored_run(real_run):
    for number, row in enumerate(real_run.predictions.order_by("photo_id")):
        score = 0.02 + 0.04 * number
        real_run.predictions.filter(pk=row.pk).update(score=score, calibrated=score)
    return real_run


def test_it_says_what_the_page_says_and_stores_nothing(scored_run, investigator, capsys, settings):
    photo = services.submit_new_photo(run=scored_run, data=FACE.read_bytes(), created_by=investigator, age_months=20)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    assert photo.problem == ""
    stored = sorted(Path(settings.MEDIA_ROOT).rglob("*"))
    call_command("screen", str(FACE), str(NO_FACE), str(TWO), json=True, age_months=20, prevalence=0.02)
    document = json.loads(capsys.readouterr().out)
    assert "not a diagnosis" in document["notice"]
    assert document["run"] == scored_run.pk
    first, second, third = document["photos"]
    expected = answer(question_of(photo), prevalence=0.02)
    assert [net["score"] for net in first["networks"]] == pytest.approx([net["score"] for net in expected["networks"]])
    assert first["rates"] == expected["rates"]
    assert first["predictive"] == expected["predictive"]
    assert [row["verdict"] for row in first["familiarity"]] == [row["verdict"] for row in expected["familiarity"]]
    assert {row["name"] for row in first["familiarity"]} >= {"age", "eye_distance", "aside", "down", "distance"}
    assert second["problem"].startswith("No face was found")
    assert "faces" in third["problem"]
    assert NewPhoto.objects.count() == 1
    assert sorted(Path(settings.MEDIA_ROOT).rglob("*")) == stored


def test_it_says_it_in_words(scored_run, capsys, tmp_path):
    call_command("screen", str(FACE), str(tmp_path / "gone.jpg"), run=scored_run.pk)
    out = capsys.readouterr().out
    for part in (
        "probability of GS (calibrated) 0.",
        "of 3 networks call GS",
        "faces with a syndrome held out by the run scored lower",
        "sensitivity ",
        "PPV at a prevalence of 1.00%: ",
        "to the nearest held-out face: ",
        "No score: The file cannot be read (No such file or directory).",
        "For research only, not a diagnosis.",
    ):
        assert part in out


def test_it_refuses_what_it_cannot_do(scored_run, make_run):
    with pytest.raises(CommandError, match="No photo could be scored"):
        call_command("screen", str(NO_FACE))
    with pytest.raises(CommandError, match="has not finished"):
        call_command("screen", str(FACE), run=make_run(name="Waiting").pk)
    with pytest.raises(CommandError, match="There is no run 999"):
        call_command("screen", str(FACE), run=999)
    with pytest.raises(CommandError, match="between 0 and 1"):
        call_command("screen", str(FACE), prevalence=5)


def test_without_a_run_that_was_trained_here_it_says_so(finished, imported):
    finished.delete()
    with pytest.raises(CommandError, match="No run has finished yet"):
        call_command("screen", str(FACE))
    with pytest.raises(CommandError, match="was imported with its scores only"):
        call_command("screen", str(FACE), run=imported.pk)

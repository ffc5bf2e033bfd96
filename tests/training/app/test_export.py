"""The networks of a run as one file with a model card: for investigators, audited, whole or not at all."""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Subject
from training import exports
from training.engine.card import markdown, page
from training.model_card import model_card
from training.models import Prediction

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FACE = Path(__file__).parents[2] / "data" / "bad-inputs" / "images" / "duplicate-a.jpg"


@pytest.fixture
def scored(real_run):
    """Held-out scores that tell the classes apart, but not without error."""
    draw = np.random.default_rng(1)
    for row in Prediction.objects.filter(run=real_run).select_related("photo__subject").order_by("pk"):
        row.score = float(np.clip(0.35 + 0.3 * row.photo.subject.has_syndrome + draw.normal(0, 0.15), 0.01, 0.99))
        row.calibrated = row.score
        row.save()
    return real_run


def test_an_investigator_downloads_the_networks_and_asks_them_without_the_database(
    client, scored, investigator, tmp_path, capsys
):
    client.force_login(investigator)
    response = client.get(reverse("training:package", args=[scored.pk]))
    assert response.streaming
    assert response["Content-Disposition"] == f'attachment; filename="run-{scored.pk}-ensemble.zip"'
    file = tmp_path / "ensemble.zip"
    file.write_bytes(b"".join(response.streaming_content))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {
            "fold-1.weights.h5", "fold-2.weights.h5", "fold-3.weights.h5", "model-card.md", "model-card.html",
            "recipe.json", "manifest.json",
        }  # fmt: skip
        manifest = json.loads(archive.read("manifest.json"))
        assert json.loads(archive.read("recipe.json")) == scored.recipe
        assert manifest["networks"][2]["sha256"] in archive.read("model-card.md").decode()
    assert [network["temperature"] for network in manifest["networks"]] == [1.5, 0.8, 2.5]
    assert np.shape(manifest["crop"]["template"]) == (5, 2)
    event = AuditEvent.objects.get(action="run.exported")
    assert (event.actor, event.target) == (f"user:{investigator.pk}", f"run:{scored.pk}")
    call_command("predict", str(scored.pk), str(FACE), json=True)
    of_run = capsys.readouterr().out
    scored.folds.update(weights="gone")
    call_command("predict", str(file), str(FACE), json=True)
    assert capsys.readouterr().out == of_run


def test_the_card_says_what_matters_and_names_nobody(scored):
    Subject.objects.filter(cohort=scored.cohort, code="T000").update(diagnosis="Rare syndrome")
    Subject.objects.filter(cohort=scored.cohort, code="T001").update(consent="written, 2021")
    card = model_card(scored, {0: "ab" * 32})
    for text in (markdown(card), page(card)):
        assert "For research only, not for diagnosis." in text
        assert "No diagnosis, no decision about a child, and no genetic test may depend on a score." in text
        assert "20: 10 with a genetic syndrome, 10 controls" in text
        assert "Noonan 9, others (fewer than 5 faces each, or not named) 1" in text
        assert "Rare syndrome" not in text
        assert "recorded for 1 of 20 subjects" in text
        assert "The faces are test pictures" in text
        assert "not the paper's full network" in text
        assert "ab" * 32 in text
        assert "20 faces, each scored by the network not taught it" in text
        assert "DeLong" in text
        for subject in Subject.objects.filter(cohort=scored.cohort):
            assert subject.code not in text
    row = next(line for line in markdown(card).splitlines() if line.startswith("| AUC"))
    low, high = row.split("|")[4].split(" to ")
    assert 0.5 < float(low) < float(row.split("|")[3]) < float(high) < 1


def test_a_card_of_phantoms_says_that_they_show_nobody(scored):
    scored.cohort.kind = "phantom"
    text = markdown(model_card(scored, {}))
    assert "The networks have never seen a human face" in text
    assert "none needed: the faces show nobody" in text


def test_what_a_user_wrote_stays_text(scored):
    scored.name = "<script>alert(1)</script> | *run*"
    card = model_card(scored, {})
    assert "<script>" not in page(card)
    assert "# Model card: &lt;script&gt;alert(1)&lt;/script&gt; \\| \\*run\\*" in markdown(card)


def test_the_page_shows_the_card_and_offers_the_file(client, scored, investigator):
    client.force_login(investigator)
    text = client.get(reverse("training:card", args=[scored.pk])).content.decode()
    assert "How good it was on held-out faces" in text
    assert reverse("training:package", args=[scored.pk]) in text
    run_page = client.get(reverse("training:run", args=[scored.pk])).content.decode()
    assert reverse("training:card", args=[scored.pk]) in run_page


def test_others_get_nothing(client, real_run, request, neighbour):
    others = [request.getfixturevalue(name) for name in ("coordinator", "reader_user", "stranger")]
    others.append(neighbour.memberships.get(role="investigator").user)
    for user, status in zip(others, (403, 403, 404, 404), strict=True):
        client.force_login(user)
        for name in ("card", "package"):
            assert client.get(reverse(f"training:{name}", args=[real_run.pk])).status_code == status
    assert not AuditEvent.objects.filter(action="run.exported").exists()


def test_a_run_without_all_its_networks_sends_nobody_half_a_file(client, real_run, make_run, investigator):
    client.force_login(investigator)
    real_run.folds.filter(index=1).update(weights="gone.weights.h5")
    waiting = make_run(name="Waiting")
    for run, sentence in ((real_run, "The weights of fold 2 are not"), (waiting, "The run Waiting has not finished")):
        answer = client.get(reverse("training:package", args=[run.pk]), follow=True)
        assert sentence in answer.content.decode()
    assert not AuditEvent.objects.filter(action="run.exported").exists()


def test_the_command_writes_the_same_bytes_whole_or_not_at_all(scored, tmp_path, capsys, monkeypatch):
    file = tmp_path / "run.zip"
    call_command("export_model", scored.pk, file)
    assert "Ask it with manage.py predict" in capsys.readouterr().out
    assert file.read_bytes() == b"".join(exports.package(scored, by="test"))
    assert AuditEvent.objects.filter(action="run.exported").first().actor == "manage.py export_model"
    whole = file.read_bytes()

    def broken(*args, **kwargs):
        yield b"PK"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "pieces", broken)
    with pytest.raises(CommandError, match="cannot be written: No space left on device"):
        call_command("export_model", scored.pk, file)
    assert file.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_the_command_refuses_with_a_sentence(real_run, tmp_path):
    with pytest.raises(CommandError, match="There is no run 999"):
        call_command("export_model", 999, tmp_path / "a.zip")
    with pytest.raises(CommandError, match=r"a\.txt: give a name that ends in \.zip or \.onnx"):
        call_command("export_model", real_run.pk, tmp_path / "a.txt")
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_model", real_run.pk, tmp_path / "absent" / "a.zip")


def test_the_command_writes_an_onnx_model_that_carries_the_card(scored, tmp_path, capsys):
    onnx = pytest.importorskip("onnx", reason="the package onnx is in the extra dev, not installed here")
    file = tmp_path / "run.onnx"
    call_command("export_model", scored.pk, file)
    assert f"{file}: " in capsys.readouterr().out
    told = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    assert told["model_card"].startswith("# Model card: Small")
    assert len(json.loads(told["crop"])["template"]) == 5
    event = AuditEvent.objects.get(action="run.exported")
    assert (event.actor, event.detail["form"]) == ("manage.py export_model", "onnx")


def test_without_the_onnx_library_the_command_says_how_to_get_it(scored, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CommandError, match=r"pip install 'readerstudy\[onnx\]'"):
        call_command("export_model", scored.pk, tmp_path / "run.onnx")


def test_the_page_of_the_card_needs_nothing_beside_it(scored):
    text = page(model_card(scored, {}))
    assert io.StringIO(text).readline() == "<!DOCTYPE html>\n"
    assert "http" not in text.lower().replace("http-equiv", "")


def test_where_several_networks_speak_together_no_epoch_is_called_the_best(client, scored, investigator):
    client.force_login(investigator)
    page_of_run = reverse("training:run", args=[scored.pk])
    scored.folds.update(best_epoch=5, epochs=6)
    assert ", best epoch 5" in client.get(page_of_run).content.decode()
    assert " 5 |" in markdown(model_card(scored, {}))
    scored.folds.update(best_epoch=None)
    assert ", best epoch" not in client.get(page_of_run).content.decode()
    assert " 5 |" not in markdown(model_card(scored, {}))

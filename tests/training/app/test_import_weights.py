"""Pretrained weights come in by `manage.py import_weights`, in whatever format, and are offered as one of ours."""

import hashlib
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from tests.training.vgg_files import THEIRS, as_bgr, struct, write_h5, write_mat
from training import services
from training.engine import weights_own
from training.engine.recipe import PRESETS
from training.forms import NewRunForm
from training.weights import facts_of, find_weights, import_weights, weights_choices, weights_directory, weights_names

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def rcmalli(kernels, tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "rcmalli_vggface_tf_notop_vgg16.h5"
    write_h5(path, dict(zip(THEIRS, as_bgr(kernels), strict=True)))
    return path


def test_the_command_says_what_the_file_is_and_the_new_run_offers_it(rcmalli, investigator, capsys):
    call_command("import_weights", rcmalli, name="vgg-face")
    out = capsys.readouterr().out
    digest = hashlib.sha256(rcmalli.read_bytes()).hexdigest()
    assert "rcmalli Keras h5 (BGR)." in out
    assert "13 convolutions, no fully connected ones." in out
    assert "129.186, 104.762, 93.594" in out
    assert f"SHA-256 of the source: {digest}" in out
    assert "Stored as vgg-face.npz (59 MB)" in out
    assert weights_names() == ["vgg-face.npz"]
    assert NewRunForm(user=investigator).fields["weights"].choices[1] == (
        "vgg-face.npz", "vgg-face: rcmalli Keras h5 (BGR)",
    )  # fmt: skip
    event = AuditEvent.objects.get(action="weights.imported")
    assert (event.target, event.detail["sha256"]) == ("weights:vgg-face.npz", digest)


def test_the_same_network_in_two_formats_is_recognised_and_other_channels_are_not(kernels, rcmalli, tmp_path):
    import_weights(file=rcmalli, name="one")
    matconvnet, swapped = tmp_path / "vgg-face.mat", tmp_path / "swapped.h5"
    write_mat(matconvnet, kernels)
    write_h5(swapped, dict(zip(THEIRS, kernels, strict=True)))
    again = import_weights(file=matconvnet)
    assert again.twins == ("one.npz",)
    assert import_weights(file=swapped).twins == ()
    layers = weights_own.read(again.path)[1]
    np.testing.assert_array_equal(layers["block1_conv1"][0], kernels[0][0])
    assert len(facts_of(again.path).fingerprint) == 5


def test_the_mean_of_a_matconvnet_file_is_its_own(kernels, tmp_path):
    from training.engine.weights import read_vgg_face

    path = tmp_path / "vgg.mat"
    average = np.zeros((4, 4, 3)) + np.array([120.0, 110.0, 100.0])
    write_mat(path, kernels, meta=struct(normalization=struct(averageImage=average)))
    assert read_vgg_face(path).mean == (120.0, 110.0, 100.0)


def test_our_own_file_can_be_read_imported_again_and_is_the_same_byte_for_byte(rcmalli, tmp_path):
    from training.engine.weights import read_vgg_face

    first = import_weights(file=rcmalli, name="first").path
    data = first.read_bytes()
    digest = hashlib.sha256(rcmalli.read_bytes()).hexdigest()
    assert import_weights(file=rcmalli, name="first").path.read_bytes() == data
    elsewhere = tmp_path / "copy.npz"
    elsewhere.write_bytes(data)
    found = import_weights(file=elsewhere, name="second")
    assert found.facts.source_sha256 == digest
    weights = read_vgg_face(found.path)
    assert weights.answers_to(digest)
    assert weights.answers_to(weights.sha256)
    assert not weights.answers_to("")


def test_a_recipe_that_names_the_source_still_finds_its_weights(cohort, investigator, rcmalli, data_dir):
    folder = weights_directory()
    folder.mkdir(parents=True)
    source = folder / rcmalli.name
    source.write_bytes(rcmalli.read_bytes())
    recipe = {**PRESETS["smoke"].to_dict(), "width": 1.0}
    run = services.create_run(
        cohort=cohort, name="Old", recipe=recipe, created_by=investigator, weights_name=source.name
    )
    assert weights_choices()[0][1].endswith("(not imported: its format is checked at the start)")
    import_weights(file=source, name="vgg-face")
    source.unlink()
    assert find_weights(run.weights_name, run.weights_sha256) == folder / "vgg-face.npz"
    again = services.repeat_run(run=run, created_by=investigator)
    assert (again.weights_name, again.weights_sha256) == ("vgg-face.npz", run.weights_sha256)
    (folder / "vgg-face.npz").unlink()
    assert find_weights(run.weights_name, run.weights_sha256) is None


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "a.h5",
            b"nonsense",
            r"^a\.h5 was not imported: a\.h5 is neither an HDF5 nor a MATLAB 5 file",
        ),
        ("a.npz", b"PK\x03\x04 torn", r"is no whole weights file of readerstudy's own format"),
        ("gone.h5", None, "there is no file"),
    ],
)
def test_other_files_are_refused_with_a_sentence(name, content, sentence, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        call_command("import_weights", tmp_path / name)
    assert weights_names() == []


def test_weights_that_answer_nothing_are_refused(kernels, tmp_path):
    dead = tmp_path / "dead.h5"
    kernel, bias = kernels[6]
    write_h5(dead, dict(zip(THEIRS, [*kernels[:6], (kernel * 0, bias * 0 - 1), *kernels[7:]], strict=True)))
    with pytest.raises(Refused, match="block3_conv3 answers a test picture with 0 throughout"):
        import_weights(file=dead)


def test_a_file_that_was_changed_and_an_array_file_of_another_kind_are_refused(rcmalli, tmp_path):
    good = import_weights(file=rcmalli, name="good").path
    with np.load(good) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["block1_conv1/kernel"] = arrays["block1_conv1/kernel"][:, :, ::-1]
    np.savez(tmp_path / "swapped.npz", **arrays)
    with pytest.raises(Refused, match="has been changed since it was imported"):
        import_weights(file=tmp_path / "swapped.npz")
    other = weights_directory() / "other.npz"
    np.savez(other, facts=np.array(json.dumps({"format": "something"})))
    assert weights_names() == ["good.npz"]
    with pytest.raises(Refused, match="is no whole weights file"):
        import_weights(file=other, name="third")


def test_another_network_does_not_take_a_name_that_is_in_use(kernels, rcmalli, tmp_path):
    import_weights(file=rcmalli, name="mine")
    deepface = tmp_path / "deepface.h5"
    write_h5(deepface, {f"conv2d_{k}": pair for k, pair in enumerate(kernels, 1)})
    with pytest.raises(Refused, match="holds other weights: choose another name"):
        import_weights(file=deepface, name="mine")
    with pytest.raises(Refused, match="cannot name a file"):
        import_weights(file=deepface, name="../outside")

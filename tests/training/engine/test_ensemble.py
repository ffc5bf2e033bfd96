"""What the networks of a run say together, and the same out of an exported file."""

import json
import zipfile

import numpy as np
import pytest

from training.engine.ensemble import Answer, Verdict
from training.engine.package import MANIFEST, PackageError, opened, pieces
from training.engine.scale import Scale


def verdict(*rows):
    return Verdict(
        answers=tuple(Answer(fold=k, score=s, calibrated=c, threshold=t) for k, (s, c, t) in enumerate(rows))
    )


def test_the_probability_is_the_mean_of_the_calibrated_ones_and_the_call_that_of_most_networks():
    told = verdict((0.9, 0.7, 0.5), (0.6, 0.55, 0.7), (0.8, 0.4, 0.3)).summary()
    assert told["mean"] == pytest.approx(0.55)
    assert told["raw_mean"] == pytest.approx(2.3 / 3)
    assert (told["low"], told["high"], told["is_calibrated"]) == (0.4, 0.7, True)
    assert told["sd"] == pytest.approx(0.15)
    assert (told["calls"], told["folds"], told["is_gs"]) == (2, 3, True)


def test_without_a_temperature_in_every_fold_the_raw_scores_speak():
    told = verdict((0.9, 0.7, 0.5), (0.1, None, 0.5)).summary()
    assert (told["mean"], told["is_calibrated"]) == (pytest.approx(0.5), False)


def test_half_of_the_networks_are_not_most_of_them():
    assert not verdict((0.9, 0.9, 0.5), (0.1, 0.1, 0.5)).is_gs
    assert verdict((0.5, 0.5, 0.5)).is_gs


def test_json_numbers_the_folds_as_the_pages_do():
    told = verdict((0.9, None, 0.5)).to_dict()
    assert json.loads(json.dumps(told))["networks"] == [
        {"fold": 1, "score": 0.9, "calibrated": None, "threshold": 0.5, "is_gs": True}
    ]


@pytest.fixture(scope="module")
def ensemble(small_networks):
    return small_networks


@pytest.fixture(scope="module")
def package(ensemble, tmp_path_factory):
    path = tmp_path_factory.mktemp("package") / "run.zip"
    given = pieces(ensemble, crop={"size": 224}, made_with="test", documents=lambda digests: {"card.md": str(digests)})
    path.write_bytes(b"".join(given))
    return path


@pytest.mark.slow
def test_an_exported_ensemble_says_the_same_as_the_run(ensemble, package):
    from tests.training.networks import faces
    from training.engine.ensemble import ask

    before = ask(ensemble, faces())
    with opened(package) as again:
        assert again.recipe == ensemble.recipe
        assert ask(again, faces()) == before
        folder = again.members[0].weights.parent
        assert folder.is_dir()
    assert not folder.exists()
    first = before[0].answers[0]
    assert first.calibrated == pytest.approx(Scale(temperature=1.5, offset=0.3).of(np.array([first.score]))[0])
    assert len({answer.score for answer in before[0].answers}) == 3


@pytest.mark.slow
def test_heat_maps_of_the_networks_are_averaged(ensemble):
    from tests.training.networks import faces
    from training.engine.ensemble import ask, ask_with_maps

    verdicts, maps = ask_with_maps(ensemble, faces(2))
    assert [found.summary() for found in verdicts] == [found.summary() for found in ask(ensemble, faces(2))]
    assert (maps.shape, maps.dtype) == ((2, 56, 56), np.uint8)
    assert maps.max() > 0


@pytest.mark.slow
def test_a_package_that_is_torn_changed_or_something_else_is_refused(package, tmp_path):
    def refused(match, data):
        path = tmp_path / "other.zip"
        path.write_bytes(data)
        with pytest.raises(PackageError, match=match), opened(path):
            raise AssertionError("it was opened")

    whole = package.read_bytes()
    refused("no whole ensemble", whole[: len(whole) // 2])
    refused("no whole ensemble", b"no zip")
    place = whole.index(b"layers") + 6000
    refused("no whole ensemble", whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    refused("no whole ensemble", (tmp_path / "w.zip").read_bytes())
    with pytest.raises(PackageError, match="there is no run and no file"), opened(tmp_path / "gone.zip"):
        raise AssertionError("it was opened")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"version": 99}, "version 99"),
        ({"format": "x"}, "is no ensemble"),
        ({"networks": [{"fold": 1, "weights": "fold-2.weights.h5", "sha256": "0" * 64}]}, "weights of fold 1 are not"),
    ],
)
def test_a_package_whose_manifest_does_not_fit_is_refused(package, tmp_path, change, match):
    path = tmp_path / "changed.zip"
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, json.dumps(json.loads(data) | change) if name == MANIFEST else data)
    with pytest.raises(PackageError, match=match), opened(path):
        raise AssertionError("it was opened")


@pytest.mark.slow
def test_the_same_ensemble_gives_the_same_bytes_in_small_pieces(ensemble, package):
    given = list(
        pieces(ensemble, crop={"size": 224}, made_with="test", documents=lambda found: {"card.md": str(found)})
    )
    assert b"".join(given) == package.read_bytes()
    assert max(len(piece) for piece in given) < 1_100_000

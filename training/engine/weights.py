"""Read pretrained VGG-16 weights in the formats in use, check every shape, and put them into the network.

Ports disagree on the order of the channels, the mean and the names, so all are explicit here. Whatever the file, the
kernels are handed on for RGB input minus the mean of their source, with fc6 as a 7 x 7 convolution.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

from training.engine import weights_own
from training.engine.layout import BLOCKS, convolutions
from training.engine.weights_own import Floats, Layers

VGG_FACE_MEAN = (129.1863, 104.7624, 93.5940)
"""Mean red, green, blue (0..255) of the faces that Parkhi et al. 2015 trained VGG-Face on."""

IMAGENET_MEAN = (123.68, 116.779, 103.939)
"""The same of ImageNet (Simonyan and Zisserman 2015), as `keras.applications.vgg16.preprocess_input` takes it off."""

NAMES = [name for name, _ in convolutions(1.0)]
"""Our names of the 13 convolutions; fc6 and fc7 follow when the file has them."""


class WeightsError(ValueError):
    """The file is no weights file of a VGG-16 that can be read; the message says what was found."""


@dataclass(frozen=True, kw_only=True)
class VggFace:
    """`layers[name]` = kernel (h, w, in, out) for RGB, bias (out,); `kind` says where they came from.

    `mean` (red, green, blue in 0..255) is what the network they were trained in took off its pictures. `source_sha256`
    is that of the file once imported, where this is our own; `fingerprint` comes with our own file only.
    """

    layers: Layers
    kind: str
    sha256: str
    mean: tuple[float, float, float] = VGG_FACE_MEAN
    source_sha256: str = ""
    fingerprint: tuple[float, ...] = ()

    def answers_to(self, sha256: str) -> bool:
        """Whether a recipe that names this SHA-256 means these weights: the file's own, or that of its source."""
        return sha256 in {self.sha256, self.source_sha256} - {""}


def read_vgg_face(path: Path | str) -> VggFace:
    """The weights of a MatConvNet `vgg-face.mat`, an rcmalli Keras h5, DeepFace's h5, Keras' ImageNet `vgg16` h5 or of
    our own `.npz`.

    The two Keras files come with or without their top; `fc8` and `predictions` are left aside.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"there is no file {path}")
    digest = sha256(path)
    with path.open("rb") as file:
        start = file.read(128)
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        kind, layers = _read_h5(path)
        found = VggFace(
            layers=layers, kind=kind, sha256=digest, mean=IMAGENET_MEAN if kind == IMAGENET else VGG_FACE_MEAN
        )
    elif start.startswith(b"MATLAB 5.0"):
        layers, mean = _read_mat(path)
        found = VggFace(layers=layers, kind="MatConvNet vgg-face.mat (RGB)", sha256=digest, mean=mean)
    elif start.startswith(b"PK"):
        found = _read_own(path, digest)
    else:
        raise WeightsError(f"{path.name} is neither an HDF5 nor a MATLAB 5 file: {_WANTED}")
    _refuse_other_shapes(found.layers, path.name)
    return found


def _read_own(path: Path, digest: str) -> VggFace:
    try:
        facts, layers = weights_own.read(path)
    except weights_own.OwnFileError as error:
        raise WeightsError(f"{error}: {_WANTED}") from error
    missing = [name for name in NAMES if name not in layers]
    if missing:
        raise WeightsError(f"{path.name} lacks the layers {', '.join(missing)}")
    return VggFace(
        layers=layers,
        kind=facts.kind,
        sha256=digest,
        mean=facts.mean,
        source_sha256=facts.source_sha256,
        fingerprint=facts.fingerprint,
    )


_WANTED = (
    "give vgg-face.mat (Oxford), rcmalli_vggface_tf_vgg16.h5 (with or without top), DeepFace's "
    "vgg_face_weights.h5, Keras' ImageNet vgg16 h5 (with or without top) or a .npz made by manage.py import_weights"
)


def sha256(path: Path) -> str:
    """Of the file, read in pieces: these files are half a gigabyte."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_into(model: Any, weights: VggFace) -> list[str]:
    """Put the weights into the layers of the same name; returns the names of those that the model has."""
    known = {layer.name: layer for layer in model.layers}
    if "vgg_face_input" not in known:
        raise WeightsError("the network was built for a random start: its recipe must name the weights' SHA-256")
    loaded = [name for name in weights.layers if name in known]
    for name in loaded:
        known[name].set_weights(list(weights.layers[name]))
    known["vgg_face_input"].mean.assign(np.array(weights.mean, np.float32))
    return loaded


IMAGENET = "Keras ImageNet h5 (BGR)"


def _read_h5(path: Path) -> tuple[str, Layers]:
    try:
        return _read_layers(path)
    except (OSError, KeyError, RuntimeError) as error:
        raise WeightsError(f"{path.name} is torn or no whole HDF5 file ({error}): copy it again") from error


def _read_layers(path: Path) -> tuple[str, Layers]:
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        found = {name: arrays for name in root if len(arrays := list(_arrays(root[name]))) == 2}
        order = [_text(name) for name in root.attrs.get("layer_names", list(root))]
        if "conv1_1" in found:
            names = [
                f"conv{block}_{number}" for block, (count, _) in enumerate(BLOCKS, 1) for number in range(1, count + 1)
            ]
            return "rcmalli Keras h5 (BGR)", _collect(found, [*names, "fc6", "fc7"], flip=True, file=path.name)
        if "block1_conv1" in found:
            return IMAGENET, _collect(found, [*NAMES, "fc1", "fc2"], flip=True, file=path.name)
        names = [name for name in order if name in found]
        convolutional = names and all(found[name][0].ndim == 4 for name in names)
        if convolutional:
            return "DeepFace h5 (RGB)", _collect(found, names[:15], flip=False, file=path.name)
    raise WeightsError(f"{path.name} holds the layers {', '.join(order[:4]) or 'none'}...: {_WANTED}")


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _arrays(group: Any) -> Iterator[Floats]:
    """The data sets of one layer, kernel before bias."""
    found: list[Any] = []
    if isinstance(group, h5py.Group):
        group.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return iter(sorted((np.asarray(item, np.float32) for item in found), key=lambda array: -array.ndim))


def _collect(found: dict[str, list[Floats]], names: list[str], *, flip: bool, file: str) -> Layers:
    missing = [name for name in names[:13] if name not in found]
    if missing or len(names) < 13:
        raise WeightsError(f"{file} lacks the layers {', '.join(missing) or 'of a VGG-16'}: {_WANTED}")
    layers: Layers = {}
    for ours, theirs in zip([*NAMES, "fc6", "fc7"], names, strict=False):
        if theirs in found:
            kernel, bias = found[theirs]
            layers[ours] = (_as_convolution(kernel), bias)
    if flip:
        kernel, bias = layers[NAMES[0]]
        layers[NAMES[0]] = (kernel[:, :, ::-1].copy(), bias)
    return layers


def _as_convolution(kernel: Floats) -> Floats:
    """A dense kernel (in, out) as a convolution over all that is left: 7 x 7 for fc6, 1 x 1 for fc7."""
    if kernel.ndim != 2:
        return kernel
    side = 7 if kernel.shape[0] % 49 == 0 and kernel.shape[0] > kernel.shape[1] else 1
    return kernel.reshape(side, side, -1, kernel.shape[1])


def _read_mat(path: Path) -> tuple[Layers, tuple[float, float, float]]:
    try:
        content = scipy.io.loadmat(path, variable_names=["layers", "meta", "normalization"])
        rows = content["layers"][0]
        pairs = [entry for row in rows if (entry := _mat_layer(row)) is not None]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise WeightsError(f"{path.name} holds no MatConvNet layers: {_WANTED}") from error
    if len(pairs) < 13:
        raise WeightsError(
            f"{path.name} holds {len(pairs)} layers with weights, a VGG-16 has 13 convolutions: {_WANTED}"
        )
    return dict(zip([*NAMES, "fc6", "fc7"], pairs, strict=False)), _mat_mean(content)


def _mat_mean(content: dict[str, Any]) -> tuple[float, float, float]:
    """The file's own mean: averageImage, three numbers or a picture, in `meta` or, in older files, at the top."""
    try:
        holder = content["meta"][0, 0] if "meta" in content else content
        average = np.asarray(holder["normalization"][0, 0]["averageImage"], np.float64)
        red, green, blue = average.reshape(-1, 3).mean(axis=0) if average.ndim == 3 else average.ravel()
    except (KeyError, IndexError, ValueError, TypeError):
        return VGG_FACE_MEAN
    mean = (float(red), float(green), float(blue))
    return VGG_FACE_MEAN if np.allclose(mean, VGG_FACE_MEAN, atol=0.01) else mean


def _mat_layer(row: Any) -> tuple[Floats, Floats] | None:
    layer = row[0, 0]
    if "weights" not in (layer.dtype.names or ()) or not layer["weights"].size:
        return None
    kernel, bias = (np.asarray(part, np.float32) for part in layer["weights"][0][:2])
    return (kernel if kernel.ndim == 4 else kernel.reshape(1, 1, *kernel.shape)), bias.ravel()


def _refuse_other_shapes(layers: Layers, file: str) -> None:
    channels = 3
    for name, units in [*convolutions(1.0), ("fc6", 4096), ("fc7", 4096)]:
        side = {"fc6": 7, "fc7": 1}.get(name, 3)
        wanted = (side, side, channels, units)
        channels = units
        if name not in layers:
            continue
        kernel, bias = layers[name]
        if kernel.shape != wanted or bias.shape != (units,):
            raise WeightsError(f"{file}: {name} has the shape {kernel.shape}, a VGG-16 has {wanted}")
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(f"{file}: {name} holds values that are no numbers: copy the file again from its source")

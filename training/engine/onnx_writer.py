"""A thin pen for ONNX graphs: named nodes, constants, and weights inside the file or in one beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

OPSET = 17
IR_VERSION = 8
"""Old enough for every runtime of the last years, new enough for all that is used."""

PAGE = 4096


class MissingLibrary(RuntimeError):
    """The package `onnx` is not installed; the message says how to get it."""


class Graph:
    """Use as a context: what was not finished leaves no file behind."""

    def __init__(self, path: Path, *, is_split: bool) -> None:
        try:
            import onnx
        except ImportError:
            raise MissingLibrary("ONNX files need the package onnx: pip install 'readerstudy[onnx]'") from None
        self._onnx = onnx
        self._path, self._data = path, path.with_name(f"{path.name}.data")
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []
        self._beside: BinaryIO | None = _part(self._data).open("wb") if is_split else None

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._beside:
            self._beside.close()
        for path in (self._path, self._data):
            _part(path).unlink(missing_ok=True)

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """A node; the name of its output."""
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], name=f"{name}_node", **attributes))
        return name

    def cast(self, x: str, kind: str, *, output: str = "") -> str:
        return self.add("Cast", x, to=getattr(self._onnx.TensorProto, kind.upper()), output=output)

    def floats(self, values: Any) -> str:
        return self._constant(np.asarray(values, np.float32))

    def doubles(self, values: Any) -> str:
        return self._constant(np.asarray(values, np.float64))

    def integers(self, values: Any) -> str:
        return self._constant(np.asarray(values, np.int64))

    def weights(self, name: str, values: Any) -> str:
        """32-bit weights, in the file beside where there is one."""
        array = np.ascontiguousarray(values, np.float32)
        if self._beside is None:
            self._initializers.append(self._onnx.numpy_helper.from_array(array, name))
            return name
        self._beside.write(bytes(-self._beside.tell() % PAGE))
        tensor = self._onnx.TensorProto(name=name, data_type=self._onnx.TensorProto.FLOAT, dims=array.shape)
        tensor.data_location = self._onnx.TensorProto.EXTERNAL
        place = {"location": self._data.name, "offset": self._beside.tell(), "length": array.nbytes}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self._beside.write(array.data)
        self._initializers.append(tensor)
        return name

    def _constant(self, array: Any) -> str:
        name = f"constant_{len(self._initializers)}"
        self._initializers.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def finish(self, outputs: Mapping[str, str], *, metadata: Mapping[str, str], folds: int) -> list[Path]:
        """Check the model and put its files in place; `outputs` by name: (n, folds) if it says folds, else (n,)."""
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        faces = helper.make_tensor_value_info("faces", kinds.UINT8, ["n", 224, 224, 3])
        told = [
            helper.make_tensor_value_info(
                name, kinds.BOOL if name.startswith("is_") else kinds.FLOAT, ["n", folds] if shape else ["n"]
            )
            for name, shape in outputs.items()
        ]
        graph = helper.make_graph(self._nodes, "readerstudy", [faces], told, self._initializers)
        model = helper.make_model(
            graph, producer_name="readerstudy", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        helper.set_model_props(model, dict(metadata))
        return self._put(model)

    def _put(self, model: Any) -> list[Path]:
        _part(self._path).write_bytes(model.SerializeToString())
        made = [self._path]
        if self._beside:
            self._beside.close()
            _part(self._data).replace(self._data)
            made.append(self._data)
        else:
            self._onnx.checker.check_model(model, full_check=True)
        _part(self._path).replace(self._path)
        return made


def _part(path: Path) -> Path:
    return path.with_name(f".part-{path.name}")

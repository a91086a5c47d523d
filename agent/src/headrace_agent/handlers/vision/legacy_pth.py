"""Reads a PyTorch state dict of the legacy format (before 1.6) without PyTorch and without running its code."""

from __future__ import annotations

import io
import pickle  # see _Reader: nothing but the three names below can be loaded
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

#: (storage key, offset, shape, strides), the last three in elements.
_Tensor = tuple[str, int, tuple[int, ...], tuple[int, ...]]


class _Reader(pickle.Unpickler):
    """An unpickler that knows an ordered dict, a tensor and the two storages, and refuses everything else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in a state dict")

    def persistent_load(self, pid: Any) -> str:
        kind, storage, key, _location, _size, _view = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown reference {kind!r}")
        self.dtypes[key] = _DTYPES[storage]
        return str(key)


def _tensor(key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    return key, offset, shape, strides


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Name to array. Raises ``ValueError`` for another format and ``pickle.UnpicklingError`` for foreign names."""
    file = io.BytesIO(path.read_bytes())

    def load() -> tuple[Any, _Reader]:
        reader = _Reader(file)
        return reader.load(), reader

    if load()[0] != _MAGIC:
        raise ValueError(f"{path.name} is not a legacy PyTorch file")
    load()  # protocol version
    load()  # byte order and sizes of C types: little-endian on everything that writes such files
    tensors, reader = load()
    keys, _ = load()
    storages = {key: _storage(file, reader.dtypes[key]) for key in keys}
    return {name: _view(tensor, storages.__getitem__) for name, tensor in tensors.items()}


def _storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    data = file.read(count * dtype.itemsize)
    return np.frombuffer(data, dtype=dtype, count=count)


def _view(tensor: _Tensor, storage_of: Callable[[str], NDArray[Any]]) -> NDArray[Any]:
    key, offset, shape, strides = tensor
    storage = storage_of(key)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if not 0 <= last < len(storage):
        raise ValueError("a tensor reaches over the end of its storage")
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [step * storage.itemsize for step in strides], writeable=False
    )
    return np.ascontiguousarray(view)

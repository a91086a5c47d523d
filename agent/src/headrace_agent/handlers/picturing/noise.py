"""Smooth randomness for skies and ridges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ridge(rng: np.random.Generator, width: int, *, roughness: float, octaves: int = 6) -> Floats:
    """A line of ``width`` heights, 0 to 1; each octave has twice the detail and ``roughness`` of the height."""
    x = np.linspace(0, 1, width)
    line = np.zeros(width)
    for octave in range(octaves):
        knots = rng.random(3 * 2**octave + 2)
        line += roughness**octave * np.interp(x, np.linspace(0, 1, knots.size), knots)
    return _normal(line)


def clouds(rng: np.random.Generator, width: int, height: int, *, octaves: int = 5) -> Floats:
    """A field of ``height`` by ``width`` values, 0 to 1, wider than high as clouds are."""
    field = np.zeros((height, width))
    for octave in range(octaves):
        rows, columns = 2 * 2**octave + 2, 3 * 2**octave + 2
        knots = rng.random((rows, columns))
        across = np.stack([_smooth(row, width) for row in knots])
        field += 0.55**octave * np.stack([_smooth(column, height) for column in across.T], axis=1)
    return _normal(field)


def _smooth(knots: Floats, size: int) -> Floats:
    at = np.linspace(0, knots.size - 1.001, size)
    left = at.astype(int)
    part = at - left
    part = part * part * (3 - 2 * part)
    line: Floats = knots[left] * (1 - part) + knots[left + 1] * part
    return line


def _normal(values: Floats) -> Floats:
    normal: Floats = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    return normal

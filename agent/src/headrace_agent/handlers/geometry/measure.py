"""Measures a mesh."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

#: Parts that a result lists.
MAX_PARTS = 100


def measured(mesh: trimesh.Trimesh) -> dict[str, Any]:
    """Counts, lengths, area and volume, in the file's unit and its powers.

    ``volume`` and ``center_of_mass`` are None for a mesh that is not watertight: it encloses nothing.
    """
    low, high = mesh.bounds
    closed = bool(mesh.is_watertight)
    volume = float(mesh.volume) if closed else None
    return {
        "vertices": len(mesh.vertices),
        "faces": len(mesh.faces),
        "edges": len(mesh.edges_unique),
        "watertight": closed,
        "winding_consistent": bool(mesh.is_winding_consistent),
        "inside_out": closed and volume is not None and volume < 0,
        "euler_number": int(mesh.euler_number),
        "degenerate_faces": int(np.count_nonzero(mesh.area_faces <= 0)),
        "area": _figure(float(mesh.area)),
        "volume": None if volume is None else _figure(abs(volume)),
        "bounds": {"min": _point(low), "max": _point(high)},
        "extents": _point(high - low),
        "diagonal": _figure(float(np.linalg.norm(high - low))),
        "centroid": _point(mesh.centroid),
        "center_of_mass": _point(mesh.center_mass) if closed else None,
        "edge_length": {
            "min": _figure(float(mesh.edges_unique_length.min())),
            "mean": _figure(float(mesh.edges_unique_length.mean())),
            "max": _figure(float(mesh.edges_unique_length.max())),
        },
    }


def parts(scene: trimesh.Scene) -> list[dict[str, Any]]:
    """Name and counts of the scene's meshes, the first ``MAX_PARTS``."""
    return [
        {"name": str(name)[:200], "vertices": len(part.vertices), "faces": len(part.faces)}
        for name, part in list(scene.geometry.items())[:MAX_PARTS]
        if isinstance(part, trimesh.Trimesh)
    ]


def _figure(value: float) -> float | None:
    """Nine significant digits; None for what has no finite value (area of coordinates near 1e300)."""
    return float(f"{value:.9g}") if math.isfinite(value) else None


def _point(values: NDArray[Any]) -> list[float | None]:
    return [_figure(float(value)) for value in values]

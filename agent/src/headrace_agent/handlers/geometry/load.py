"""Reads a 3D model that a stranger sent."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from headrace_agent.handlers.api import HandlerError

_TYPES = {"model/obj": "obj", "model/stl": "stl", "model/gltf+json": "gltf", "model/gltf-binary": "glb"}
#: All instances together; a small file can ask for millions by naming one part many times.
MAX_FACES = 5_000_000
#: Vertices are told apart to 1e-8; beyond this the numbers are not exact enough for it.
MAX_COORDINATE = 1_000_000_000


def load_scene(path: Path, mime: str) -> trimesh.Scene:
    """The file's parts. Raises ``HandlerError`` when it is no such model, is empty or too large."""
    kind = _TYPES[mime]
    options: dict[str, Any] = {"skip_materials": True} if kind == "obj" else {}
    try:
        if kind == "gltf":
            json.loads(path.read_bytes())  # else a syntax error is taken for a file that is missing
        with path.open("rb") as file, warnings.catch_warnings():
            # NumPy warns of numbers out of range in damaged files; those are refused below.
            warnings.simplefilter("ignore")
            # From an open file and without a resolver: no other file that it names is opened.
            scene = trimesh.load_scene(file, file_type=kind, **options)
    except MemoryError as error:
        raise HandlerError("the model needs more memory than there is: its counts may be damaged") from error
    except Exception as error:  # the readers raise whatever damaged data leads them to
        raise HandlerError(_cause(kind, error)) from error
    meshes = [
        part for part in scene.geometry.values() if isinstance(part, trimesh.Trimesh) and len(part.faces)
    ]
    if not meshes:
        raise HandlerError(
            f"the file holds no faces: it is empty, a cloud of points, or not in {kind.upper()} format"
        )
    for part in meshes:
        _check(part)
    total = sum(faces_of(scene, name) for name in scene.graph.nodes_geometry)
    if total > MAX_FACES:
        raise HandlerError(f"the model has {total:,} faces, more than the {MAX_FACES:,} that are taken")
    return scene


def _check(mesh: trimesh.Trimesh) -> None:
    if not len(mesh.faces):
        raise HandlerError("the scene draws none of the file's faces")
    if not np.isfinite(mesh.vertices).all():
        raise HandlerError("the model has vertices that are not finite numbers")
    if np.abs(mesh.vertices).max() > MAX_COORDINATE:
        raise HandlerError(
            f"the model has coordinates beyond {MAX_COORDINATE:,}: it is damaged, or its unit is tiny"
        )
    if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        raise HandlerError("the model is damaged: a face names a vertex that is not there")


def faces_of(scene: trimesh.Scene, node: str) -> int:
    """How many triangles a node of the scene draws."""
    part: Any = scene.geometry[scene.graph[node][1]]
    return len(part.faces) if isinstance(part, trimesh.Trimesh) else 0


def _cause(kind: str, error: Exception) -> str:
    if kind == "gltf" and "resolver" in str(error).lower():
        return "the glTF file names other files: embed its buffers as data URIs, or send one GLB file"
    return f"the file is not a model in {kind.upper()} format, or it is damaged: {error}"


def whole(scene: trimesh.Scene) -> trimesh.Trimesh:
    """All parts as one mesh, each where the scene puts it."""
    mesh: trimesh.Trimesh = scene.to_mesh()
    _check(mesh)
    return mesh

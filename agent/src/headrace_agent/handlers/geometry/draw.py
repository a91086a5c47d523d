"""Draws a mesh: faces from back to front, lit from the camera's upper left."""

from __future__ import annotations

import math

import numpy as np
import trimesh
from PIL import Image, ImageDraw

from headrace_agent.handlers.api import Context, HandlerError

#: About 20 µs a face.
MAX_DRAWN_FACES = 1_000_000
#: Drawn larger by this and shrunk, for smooth edges.
_OVERSAMPLING = 2
_MARGIN = 0.06


def drawn(
    mesh: trimesh.Trimesh,
    *,
    width: int,
    height: int,
    azimuth: float,
    elevation: float,
    y_up: bool,
    ctx: Context,
) -> Image.Image:
    """A parallel projection in pixels ``width`` by ``height``; angles in degrees, z is up unless ``y_up``.

    Raises ``HandlerError`` above ``MAX_DRAWN_FACES``. Ends early, half drawn, when the job is cancelled.
    """
    if len(mesh.faces) > MAX_DRAWN_FACES:
        raise HandlerError(
            f"the model has {len(mesh.faces):,} faces, more than the {MAX_DRAWN_FACES:,} that are drawn:"
            " send it without render"
        )
    size = np.array([width, height]) * _OVERSAMPLING
    camera = _camera(azimuth, elevation)
    if y_up:  # a vertex (x, y, z) is where (x, -z, y) would be with z up
        camera = camera[:, [0, 2, 1]] * [1, 1, -1]
    seen = (mesh.vertices - mesh.bounds.mean(axis=0)) @ camera.T
    span = np.ptp(seen[:, :2], axis=0)
    # A flat or single-edged mesh has no span in one direction.
    scale = float((size * (1 - 2 * _MARGIN) / np.maximum(span, max(float(span.max()), 1e-12) * 1e-6)).min())
    middle = (seen[:, :2].max(axis=0) + seen[:, :2].min(axis=0)) / 2
    points = (seen[:, :2] - middle) * scale * np.array([1, -1]) + size / 2
    corners = seen[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.where(lengths > 0, lengths, 1)
    light = np.array([-0.4, 0.5, 0.77])
    # Both sides are lit: the winding of strangers' meshes can't be relied on.
    brightness = 0.25 + 0.75 * np.abs(normals @ light)
    colors = (np.array([96, 156, 214]) * brightness[:, None]).clip(0, 255).astype(int)
    image = Image.new("RGB", (int(size[0]), int(size[1])), (245, 246, 248))
    draw = ImageDraw.Draw(image)
    for count, index in enumerate(np.argsort(corners[:, :, 2].mean(axis=1), kind="stable")):
        if count % 5000 == 0:
            if ctx.cancelled:
                break
            ctx.progress(50 + 45 * count / len(mesh.faces), "drawing")
        draw.polygon(
            [(float(x), float(y)) for x, y in points[mesh.faces[index]]], fill=tuple(colors[index].tolist())
        )
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _camera(azimuth: float, elevation: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Rows: what is right, up and towards the camera."""
    turn, tilt = math.radians(azimuth), math.radians(elevation)
    right = [math.cos(turn), math.sin(turn), 0.0]
    towards = [math.sin(turn) * math.cos(tilt), -math.cos(turn) * math.cos(tilt), math.sin(tilt)]
    return np.array([right, np.cross(towards, right), towards])

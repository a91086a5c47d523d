"""Measures a 3D model with trimesh."""

from __future__ import annotations

from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_contracts.catalogue import three_d_model_analysis
from headrace_contracts.catalogue.three_d_model_analysis import ThreeDModelAnalysis


def run(payload: ThreeDModelAnalysis, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """The figures of ``geometry/measure.py``, with ``format``, ``units``, ``mesh_count`` and ``meshes``.

    Vertices at the same place count once. Writes ``render.png`` when ``render`` is set. Raises ``HandlerError`` for
    a file that is no mesh, is empty or too large.
    """
    from headrace_agent.handlers.geometry import draw, load, measure  # NumPy, Pillow, trimesh

    if source is None:
        raise HandlerError("3d-model-analysis needs a file")
    ctx.progress(5, "reading the model")
    scene = load.load_scene(source.path, source.mime)
    mesh = load.whole(scene)
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    if ctx.cancelled:
        return {}
    ctx.progress(30, "measuring")
    result = {
        "format": source.mime.removeprefix("model/"),
        "units": payload.units,
        "mesh_count": len(scene.geometry),
        "meshes": measure.parts(scene),
        **measure.measured(mesh),
    }
    if payload.render and not ctx.cancelled:
        picture = draw.drawn(
            mesh,
            width=payload.render_width,
            height=payload.render_height,
            azimuth=payload.azimuth,
            elevation=payload.elevation,
            y_up="gltf" in source.mime,  # glTF says so; OBJ and STL do not say, and most have z up
            ctx=ctx,
        )
        picture.save(ctx.output_path("render.png"), "PNG")
    return result


HANDLER = Handler(
    model=three_d_model_analysis.MODEL,
    run=run,
    missing=packages("geometry", "numpy", "PIL", "trimesh"),
    version="trimesh",
)

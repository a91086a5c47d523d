"""Measures of solids whose figures are known, of a real airplane in every format, and of files that are no mesh."""

from __future__ import annotations

import base64
import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.three_d_model_analysis import HANDLER

FORMATS = [
    (".obj", "model/obj"),
    (".stl", "model/stl"),
    (".gltf", "model/gltf+json"),
    (".glb", "model/gltf-binary"),
]


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


@pytest.mark.parametrize(("suffix", "mime"), FORMATS)
def test_a_real_airplane_measures_the_same_in_every_format(
    ctx: RecordingContext, tmp_path: Path, suffix: str, mime: str
) -> None:
    result = run_handler(HANDLER, {"units": "mm"}, ctx, path=samples.mesh(tmp_path, suffix=suffix), mime=mime)
    assert (result["vertices"], result["faces"]) == (1335, 2452)
    assert result["area"] == pytest.approx(1_053_911.45, rel=1e-6)
    assert sorted(result["extents"]) == pytest.approx([299.8712, 1287.8557, 1515.8691])
    assert result["watertight"] is False
    assert result["volume"] is None
    assert result["units"] == "mm"


@pytest.mark.parametrize(("suffix", "mime"), FORMATS[1:2] + FORMATS[3:])
def test_a_box_and_a_ball_have_the_figures_of_geometry(
    ctx: RecordingContext, tmp_path: Path, suffix: str, mime: str
) -> None:
    path = tmp_path / f"box{suffix}"
    trimesh.creation.box(extents=(1, 2, 3)).export(path)
    box = run_handler(HANDLER, {}, ctx, path=path, mime=mime)
    assert (box["vertices"], box["faces"], box["edges"], box["euler_number"]) == (8, 12, 18, 2)
    assert box["watertight"]
    assert box["volume"] == pytest.approx(6)
    assert box["area"] == pytest.approx(22)
    assert box["extents"] == [1, 2, 3]
    assert box["bounds"] == {"min": [-0.5, -1, -1.5], "max": [0.5, 1, 1.5]}
    assert box["center_of_mass"] == pytest.approx([0, 0, 0], abs=1e-9)
    assert not box["inside_out"]
    trimesh.creation.icosphere(subdivisions=4, radius=2).export(path)
    ball = run_handler(HANDLER, {}, ctx, path=path, mime=mime)
    assert ball["volume"] == pytest.approx(4 / 3 * math.pi * 8, rel=0.01)


def test_an_inverted_solid_is_told(ctx: RecordingContext, tmp_path: Path) -> None:
    box = trimesh.creation.box()
    box.invert()
    box.export(tmp_path / "box.stl")
    result = run_handler(HANDLER, {}, ctx, path=tmp_path / "box.stl", mime="model/stl")
    assert result["inside_out"]
    assert result["volume"] == pytest.approx(1)


def test_parts_of_a_scene_are_listed_and_measured_where_they_stand(
    ctx: RecordingContext, tmp_path: Path
) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box(), geom_name="left")
    scene.add_geometry(trimesh.creation.box(), geom_name="right", transform=np.diag([2, 2, 2, 1]))
    scene.export(tmp_path / "two.glb")  # type: ignore[no-untyped-call]  # trimesh's own gap
    result = run_handler(HANDLER, {}, ctx, path=tmp_path / "two.glb", mime="model/gltf-binary")
    assert result["mesh_count"] == 2
    assert {part["name"] for part in result["meshes"]} == {"left", "right"}
    assert result["area"] == pytest.approx(6 + 24)


def test_the_render_shows_the_model_in_the_middle(ctx: RecordingContext, tmp_path: Path) -> None:
    payload = {"render": True, "render_width": 320, "render_height": 200}
    run_handler(HANDLER, payload, ctx, path=samples.mesh(tmp_path, name="nut"), mime="model/gltf-binary")
    assert ctx.output is not None
    with Image.open(ctx.output) as picture:
        assert picture.size == (320, 200)
        ground = picture.getpixel((0, 0))
        drawn = [(x, y) for x in range(320) for y in range(200) if picture.getpixel((x, y)) != ground]
    assert 0.05 < len(drawn) / (320 * 200) < 0.9
    assert sum(x for x, _ in drawn) / len(drawn) == pytest.approx(160, abs=20)
    assert sum(y for _, y in drawn) / len(drawn) == pytest.approx(100, abs=20)


def test_glb_and_stl_of_one_model_are_drawn_the_same_way_up(tmp_path: Path) -> None:
    pictures = []
    for suffix, mime in (FORMATS[1], FORMATS[3]):
        folder = tmp_path / suffix
        folder.mkdir()
        ctx = RecordingContext(folder)
        run_handler(HANDLER, {"render": True}, ctx, path=samples.mesh(folder, suffix=suffix), mime=mime)
        assert ctx.output is not None
        with Image.open(ctx.output) as picture:
            pictures.append(picture.convert("L").resize((32, 32)).tobytes())
    difference = sum(abs(a - b) for a, b in zip(*pictures, strict=True)) / 1024
    assert difference < 2


def _gltf(buffer: bytes, *, count: int = 3, uri: str | None = None) -> bytes:
    data = uri or "data:application/octet-stream;base64," + base64.b64encode(buffer).decode()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": len(buffer)}],
        "buffers": [{"uri": data, "byteLength": len(buffer)}],
    }
    return json.dumps(document).encode()


def test_the_smallest_gltf_is_one_triangle(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "one.gltf"
    path.write_bytes(_gltf(struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)))
    result = run_handler(HANDLER, {"render": True}, ctx, path=path, mime="model/gltf+json")
    assert (result["faces"], result["area"]) == (1, 0.5)


BEYOND = b"\0" * 80 + struct.pack("<I12fH", 1, 0, 0, 1, 0, 0, 0, 1e30, 0, 0, 0, 1, 0, 0)


def _with_indices(indices: bytes) -> bytes:
    document = json.loads(_gltf(struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0) + indices))
    document["bufferViews"] = [
        {"buffer": 0, "byteLength": 36},
        {"buffer": 0, "byteOffset": 36, "byteLength": len(indices)},
    ]
    document["accessors"].append({"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"})
    document["meshes"][0]["primitives"][0]["indices"] = 1
    return json.dumps(document).encode()


WRONG_FACE = _with_indices(struct.pack("<3H", 0, 1, 77))
NAN_TRIANGLE = _gltf(struct.pack("<9f", math.nan, 0, 0, 1, 0, 0, 0, 1, 0))


@pytest.mark.parametrize(
    ("data", "mime", "sentence"),
    [
        (b"", "model/stl", "holds no faces"),
        (b"", "model/obj", "holds no faces"),
        (b"solid nothing\nendsolid nothing\n", "model/stl", "holds no faces"),
        (b"hello, this is a letter\n" * 50, "model/obj", "holds no faces"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "model/obj", "holds no faces"),
        (b"v 0 0 0\nv 1 0 0\nf 1 2 99\n", "model/obj", "not a model in OBJ format|holds no faces"),
        (b"\0" * 80 + struct.pack("<I", 4_000_000_000), "model/stl", "holds no faces"),
        (b"glTF" + struct.pack("<II", 2, 4_000_000_000), "model/gltf-binary", "not a model in GLB format"),
        (b"{}", "model/gltf+json", "not a model in GLTF format|holds no faces"),
        (b"[1, 2", "model/gltf+json", "not a model in GLTF format"),
        (NAN_TRIANGLE, "model/gltf+json", "not finite numbers"),
        (BEYOND, "model/stl", "coordinates beyond 1,000,000,000"),
        (WRONG_FACE, "model/gltf+json", "a face names a vertex that is not there"),
        (_gltf(bytes(36), count=3_000_000_000), "model/gltf+json", "cannot reshape|memory"),
        (_gltf(bytes(36), uri="/etc/passwd"), "model/gltf+json", "names other files"),
        (_gltf(bytes(36), uri="../../secret.bin"), "model/gltf+json", "names other files"),
    ],
)
def test_what_is_no_mesh_is_refused_with_a_sentence(
    ctx: RecordingContext, tmp_path: Path, data: bytes, mime: str, sentence: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(data)
    with pytest.raises(HandlerError, match=sentence):
        run_handler(HANDLER, {}, ctx, path=path, mime=mime)


def test_a_small_file_that_asks_for_millions_of_faces_is_refused(
    ctx: RecordingContext, tmp_path: Path
) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.icosphere(subdivisions=5), geom_name="ball")
    document = json.loads(samples._one_gltf(trimesh.exchange.gltf.export_gltf(scene)))  # type: ignore[no-untyped-call]  # trimesh's own gap
    mesh_node = next(node for node in document["nodes"] if "mesh" in node)
    document["nodes"] = [{"mesh": mesh_node["mesh"], "name": str(n)} for n in range(400)]
    document["scenes"] = [{"nodes": list(range(400))}]
    path = tmp_path / "many.gltf"
    path.write_text(json.dumps(document))
    with pytest.raises(HandlerError, match=r"8,192,000 faces, more than the 5,000,000"):
        run_handler(HANDLER, {}, ctx, path=path, mime="model/gltf+json")

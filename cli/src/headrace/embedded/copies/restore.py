"""`headrace restore`: a state folder made from a backup, whole or not at all."""

from __future__ import annotations

import os
import secrets as random
import shutil
from datetime import UTC, datetime
from pathlib import Path

from headrace.embedded.copies.manifest import (
    RECORD,
    DamagedBackupError,
    Manifest,
    NewerBackupError,
)
from headrace.embedded.copies.reader import unpack
from headrace.embedded.copies.record import alone
from headrace.embedded.copies.tools import load
from headrace.embedded.layout import StateDir
from headrace.embedded.leftovers import stop_leftovers
from headrace.embedded.lock import SupervisorLock, is_locked
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.secrets_file import load_or_create
from headrace.embedded.state_file import read_state
from headrace_store.copies import NewerSchemaError, check_schema, settle_in


class NotEmptyError(Exception):
    """The state folder holds something, and it was not said that it may be set aside."""


async def restore(
    path: Path, state_dir: StateDir, *, force: bool, system_user: str | None = None
) -> tuple[Manifest, Path | None]:
    """Make ``state_dir`` from the backup at ``path``; returns what it holds, and where the folder that was there
    (``force``) lies now. Everything is made beside it first, so that a failure changes nothing.

    Raises NotEmptyError, AlreadyRunningError, or ProgramFailedError with the reason and the way out.
    """
    there = _looked_at(path, state_dir)
    if there and not force:
        raise NotEmptyError(
            f"{state_dir.root} is not empty: name another --state-dir, or set this one aside with --force"
        )
    if is_locked(state_dir.lock):
        raise ProgramFailedError(f"a stack runs in {state_dir.root}: stop it with `headrace down` first")
    scratch = StateDir(
        root=state_dir.root.with_name(f".{state_dir.root.name}.{random.token_hex(4)}.restoring")
    )
    try:
        state_dir.root.parent.mkdir(parents=True, exist_ok=True)
        scratch.root.mkdir(mode=0o700)
        manifest = await _make(path, scratch, system_user)
        return manifest, await _swap(scratch, state_dir, there=there)
    except (DamagedBackupError, NewerBackupError, NewerSchemaError) as error:
        what = "is damaged" if isinstance(error, DamagedBackupError) else "is too new"
        raise ProgramFailedError(f"{path} {what}: {error}. Nothing was changed") from error
    except OSError as error:
        raise ProgramFailedError(f"nothing was restored: {error}") from error
    finally:
        shutil.rmtree(scratch.root, ignore_errors=True)


def _looked_at(path: Path, state_dir: StateDir) -> bool:
    """Whether something is in the state folder. Raises ProgramFailedError when there is no backup."""
    if not path.is_file():
        raise ProgramFailedError(f"there is no file {path}")
    return state_dir.root.exists() and any(state_dir.root.iterdir())


async def _make(path: Path, folder: StateDir, system_user: str | None) -> Manifest:
    manifest = unpack(path, folder.root)
    check_schema(manifest.schema)
    secrets = load_or_create(folder.secrets_json)
    folder.data("s3").mkdir(exist_ok=True)
    dumped = folder.root / RECORD
    async with alone(folder, secrets, system_user) as server:
        await load(server, dumped)
        await settle_in(server.url)
    dumped.unlink()
    return manifest


async def _swap(scratch: StateDir, state_dir: StateDir, *, there: bool) -> Path | None:
    if not there:
        if state_dir.root.exists():
            state_dir.root.rmdir()
        scratch.root.rename(state_dir.root)
        return None
    # Held until the folder has moved away, so that no stack starts in it meanwhile.
    with SupervisorLock.acquire(state_dir.lock):
        previous = read_state(state_dir.stack_json)
        if previous is not None:
            await stop_leftovers(previous)
        aside = state_dir.root.with_name(f"{state_dir.root.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        os.rename(state_dir.root, aside)  # noqa: PTH104 -- fails when there is such a folder, and not into it
        scratch.root.rename(state_dir.root)
    return aside

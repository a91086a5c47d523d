"""Running a server as somebody else when we are root.

Postgres refuses to run as root. It then runs as an unprivileged user who owns the data folder. That user often
may not even enter the folders above it (a state folder below /root, say), and changing the mode of other
people's folders is not ours to do: instead the process keeps one capability, to pass through folders and read
files, and only where it is needed (capabilities(7), "Ambient").
"""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("nobody", "postgres")

_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522


class NoUnprivilegedUserError(Exception):
    """We are root and there is no account that Postgres could run as."""


@dataclass(frozen=True, kw_only=True)
class RunAs:
    """Whom a process runs as. `pass_folders`: keep the capability to pass folders closed to that user."""

    uid: int
    gid: int
    user: str
    pass_folders: bool = False


def unprivileged_user(wanted: str | None = None) -> RunAs | None:
    """The account to run Postgres as: None when we are not root ourselves.

    `wanted` names it; otherwise the first of CANDIDATES that exists. Raises NoUnprivilegedUserError.
    """
    if os.geteuid() != 0:
        return None
    for name in (wanted,) if wanted else CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return RunAs(uid=entry.pw_uid, gid=entry.pw_gid, user=name)
    tried = wanted or " or ".join(CANDIDATES)
    raise NoUnprivilegedUserError(
        f"Postgres does not run as root, and there is no user {tried} to run it as: start the stack as an "
        "ordinary user, or name an existing account in HEADRACE_EMBEDDED_POSTGRES_USER"
    )


def closed_to_others(paths: Iterable[Path]) -> bool:
    """Whether a folder on the way to one of the paths can't be entered by everybody."""
    folders = {folder for path in paths for folder in path.absolute().parents}
    return any(not folder.stat().st_mode & stat.S_IXOTH for folder in folders if folder.exists())


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def become(who: RunAs, libc: ctypes.CDLL) -> None:
    """Turn this (forked) process into `who`, for good. Raises OSError when the kernel refuses."""
    keep = who.pass_folders and sys.platform == "linux"
    if keep:
        # Without this bit setresuid drops all capabilities, and access(2), which Postgres uses to find its
        # own files, would not honour the one that we keep.
        _check(libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "prctl(PR_SET_SECUREBITS)")
    os.setgroups([])
    os.setresgid(who.gid, who.gid, who.gid)
    os.setresuid(who.uid, who.uid, who.uid)
    if keep:
        _keep_one_capability(libc)


def _keep_one_capability(libc: ctypes.CDLL) -> None:
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapData * 2)()
    _check(libc.capget(ctypes.byref(header), ctypes.byref(data)), "capget")
    # Containers often have only the stronger of the two.
    held = data[0].permitted
    capability = _CAP_DAC_READ_SEARCH if held >> _CAP_DAC_READ_SEARCH & 1 else _CAP_DAC_OVERRIDE
    mask = 1 << capability
    data[0] = _CapData(mask, mask, mask)
    data[1] = _CapData(0, 0, 0)
    _check(libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
    _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl(PR_CAP_AMBIENT)")


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")

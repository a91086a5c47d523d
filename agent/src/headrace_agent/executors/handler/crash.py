"""The reason that a person reads when a handler's process died."""

from __future__ import annotations

import signal
from typing import Final

from headrace_contracts.limits import REASON_CHARS

_TAIL_LINES: Final = 20
_TAIL_CHARS: Final = 2000


def crash_reason(returncode: int | None, tail: bytes) -> str:
    """How the process died and the last lines that it printed."""
    text = tail.decode("utf-8", "replace").replace("\0", "").strip()
    lines = "\n".join(text.splitlines()[-_TAIL_LINES:])[-_TAIL_CHARS:]
    how = f"the handler's process died: {_how(returncode)}"
    return (f"{how}; its last output:\n{lines}" if lines else f"{how}; it had printed nothing")[:REASON_CHARS]


def _how(returncode: int | None) -> str:
    if returncode is None:
        return "it closed its connection and did not end"
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"{name} (most likely out of memory)" if name == "SIGKILL" else name

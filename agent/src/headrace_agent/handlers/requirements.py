"""What a handler needs from its machine: installed packages and the operator's settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec


def packages(extra: str, *modules: str) -> Callable[[], str | None]:
    """A ``Handler.missing`` that looks for top-level ``modules`` without importing them.

    The sentence it returns names the ``extra`` of headrace-agent that brings them.
    """

    def missing() -> str | None:
        absent = [module for module in modules if find_spec(module) is None]
        if not absent:
            return None
        return f"needs {', '.join(absent)}: install headrace-agent[{extra}]"

    return missing


def setting(name: str) -> str | None:
    """The environment's ``name`` (all of them start with ``HEADRACE_``), None when absent or blank.

    Handlers run in processes of their own that inherit the agent's environment, so they read it while they
    run and not at import.
    """
    return os.environ.get(name, "").strip() or None


def number_setting(name: str, default: int) -> int:
    """A whole number above 0 from the environment.

    Raises ``ValueError`` that names the variable when it holds anything else.
    """
    text = setting(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} must be a whole number above 0, not {text!r}")
    return int(text)

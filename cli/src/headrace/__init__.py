"""The headrace command, the Python client and the embedded stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.client.aio import AsyncClient
    from headrace.client.sync import Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> object:
    """The clients are imported when they are asked for: the command does without them mostly."""
    if name == "Client":
        from headrace.client.sync import Client  # noqa: PLC0415 -- see above

        return Client
    if name == "AsyncClient":
        from headrace.client.aio import AsyncClient  # noqa: PLC0415 -- see above

        return AsyncClient
    raise AttributeError(f"module 'headrace' has no attribute {name!r}")

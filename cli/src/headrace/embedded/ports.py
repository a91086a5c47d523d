"""TCP ports on the loopback address, kept for ourselves until the server that needs them has bound them."""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


class PortTakenError(Exception):
    """Somebody else listens on (or holds) the wanted port; `port` says which."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on {LOOPBACK} is taken")
        self.port = port


@dataclass(kw_only=True)
class PortReservation:
    """A bound socket that does not listen.

    On Linux a server with SO_REUSEADDR (nats-server, Postgres, rclone and asyncio set it) may bind and listen
    on the same port while nobody is given it as a free one, so that the reservation can outlive the start of
    the server and even its restarts. Elsewhere the kernel refuses the second bind: there `release_for_server`
    lets go just before the server starts, which leaves a gap of milliseconds.
    """

    port: int
    _socket: socket.socket | None = field(repr=False)

    def release_for_server(self) -> None:
        """Call right before the server is started; a no-op where both can hold the port."""
        if sys.platform != "linux":
            self.close()

    def close(self) -> None:
        """Let go of the port. Safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def reserve_port(port: int = 0) -> PortReservation:
    """Reserve `port`, or any free one for 0. Raises PortTakenError when somebody listens there."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if port:  # never together with 0: Linux may then hand out a port that another reuser holds
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((LOOPBACK, port))
        # The check of a later bind looks at the flag of both sockets, so it is set here in either case.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        holder.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortTakenError(port) from error
        raise
    return PortReservation(port=holder.getsockname()[1], _socket=holder)

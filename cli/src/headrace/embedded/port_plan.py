"""All ports of a stack, reserved before anything is started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import psutil

from headrace.embedded.ports import PortReservation, PortTakenError, reserve_port


@contextlib.contextmanager
def reserved_ports(
    names: Iterable[str], *, wanted: Mapping[str, int], preferred: Mapping[str, int]
) -> Iterator[dict[str, int]]:
    """Reserve a port for each name, for the duration of the context.

    A `wanted` port (0: any) is taken or PortTakenError raised; a `preferred` one (the last stack's) is taken
    when it is free; the others get any free port.
    """
    with contextlib.ExitStack() as held:
        fixed = [name for name in wanted if wanted[name]]
        ports = {name: held.enter_context(reserve_port(wanted[name])).port for name in fixed}
        for name in names:
            if name not in ports:
                ports[name] = held.enter_context(
                    _reserve(0 if name in wanted else preferred.get(name, 0))
                ).port
        yield ports


def _reserve(preferred: int) -> PortReservation:
    try:
        return reserve_port(preferred)
    except PortTakenError:
        return reserve_port()


def taken_message(port: int, holder: str | None) -> str:
    """What to tell people about a taken port: which, by whom, and the way out."""
    by = f"by {holder}" if holder else "by another program (a web server or another stack, perhaps)"
    return (
        f"port {port} is taken {by}: nothing was started. Take another port with `--port N`, "
        "or any free one with `--port 0`"
    )


def holder_of(port: int) -> str | None:
    """Name and pid of who listens on the port, where we may know it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass  # macOS tells it to root only; a process may be gone meanwhile
    return None

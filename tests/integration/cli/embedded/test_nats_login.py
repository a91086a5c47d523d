"""Who may connect to the embedded NATS: whoever knows the password, where there is one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psutil

from headrace.embedded.nats import NatsServer
from headrace.embedded.ports import LOOPBACK, reserve_port
from headrace.embedded.runner import Runner

_PASSWORD = 'p"a\\s s{w}$ord'


async def _said(port: int, login: dict[str, str]) -> bytes:
    """What the server says to a client with ``login``, by hand: the library leaves a refused socket open."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    async with asyncio.timeout(10):
        await reader.readline()  # its INFO
        writer.write(f"CONNECT {json.dumps({'verbose': False, **login})}\r\nPING\r\n".encode())
        said = await reader.readline()
    writer.close()
    return said


async def test_only_with_the_password(tmp_path: Path) -> None:
    with reserve_port() as reservation:
        server = NatsServer(
            directory=tmp_path / "nats", port=reservation.port, user="headrace", password=_PASSWORD
        )
        reservation.release_for_server()
        async with Runner(server, log_path=tmp_path / "nats.log") as runner:
            assert (await _said(server.port, {"user": "headrace", "pass": _PASSWORD})).startswith(b"PONG")
            for login in ({}, {"user": "headrace", "pass": "wrong"}, {"user": "other", "pass": _PASSWORD}):
                assert b"Authorization Violation" in await _said(server.port, login)
            assert runner.pid is not None
            assert _PASSWORD not in " ".join(psutil.Process(runner.pid).cmdline())
    assert "wrong" not in (tmp_path / "nats.log").read_text()

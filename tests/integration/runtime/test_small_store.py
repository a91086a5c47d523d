"""A disk that has room for the streams once, and not twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nats
import pytest
from tests.support.servers import RealServer, running

from headrace.embedded.nats import NatsServer
from headrace.embedded.ports import reserve_port
from headrace.embedded.runner import Runner
from headrace_contracts.bus.definitions import StreamDefinition
from headrace_runtime.jetstream.admin import ensure_stream
from headrace_runtime.jetstream.errors import ApiError

MIB = 1024 * 1024
BOUNDED = StreamDefinition(name="BOUNDED", subjects=("bounded.>",), max_bytes=60 * MIB)


def small_server(directory: Path) -> RealServer[NatsServer]:
    port = reserve_port()
    program = NatsServer(directory=directory / "nats", port=port.port, store_bytes=100 * MIB)
    return RealServer(runner=Runner(program, log_path=directory / "nats.log"), _port=port)


async def test_a_stream_that_is_there_needs_no_room_for_another_one(tmp_path: Path) -> None:
    async with running(small_server(tmp_path)) as server:
        nc = await nats.connect(server.program.url)
        try:
            await ensure_stream(nc, BOUNDED)
            await ensure_stream(nc, BOUNDED)  # as every process does at its start
            with pytest.raises(ApiError, match="SECOND: insufficient storage"):
                await ensure_stream(nc, replace(BOUNDED, name="SECOND", subjects=("second.>",)))
        finally:
            await nc.close()

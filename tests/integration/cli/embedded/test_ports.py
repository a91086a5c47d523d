"""Ports that nobody else gets, on the real kernel."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from headrace.embedded.port_plan import holder_of, reserved_ports
from headrace.embedded.ports import LOOPBACK, PortTakenError, reserve_port


def test_a_listening_port_is_refused_and_its_holder_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError) as refusal:
            reserve_port(port)
        assert refusal.value.port == port
        if sys.platform == "linux":
            assert f"(pid {os.getpid()})" in (holder_of(port) or "")


def test_a_server_may_listen_on_a_reserved_port_while_nobody_else_is_given_it() -> None:
    with reserve_port() as reserved:
        reserved.release_for_server()
        with socket.create_server((LOOPBACK, reserved.port)), pytest.raises(PortTakenError):
            reserve_port(reserved.port)
        # And again, as after a restart of the server.
        with socket.create_server((LOOPBACK, reserved.port)):
            pass


def test_a_preferred_port_is_taken_when_free_and_given_up_when_not() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken, reserve_port() as spare:
        busy, free = taken.getsockname()[1], spare.port
        spare.close()
        with reserved_ports(("nats", "s3"), wanted={}, preferred={"nats": free, "s3": busy}) as ports:
            assert ports["nats"] == free
            assert ports["s3"] not in {busy, free}


def test_a_wanted_port_is_taken_or_refused() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError), reserved_ports(("api",), wanted={"api": port}, preferred={}):
            pass
    with reserved_ports(("api", "nats"), wanted={"api": 0}, preferred={}) as ports:
        assert len(set(ports.values())) == 2

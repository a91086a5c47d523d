"""What people read when their port is taken."""

from __future__ import annotations

from headrace.embedded.port_plan import taken_message


def test_it_names_the_port_the_holder_and_the_way_out() -> None:
    message = taken_message(8080, "nginx (pid 17)")
    assert "port 8080 is taken by nginx (pid 17): nothing was started" in message
    assert "`--port N`" in message
    assert "`--port 0`" in message


def test_it_guesses_when_the_holder_is_hidden() -> None:
    assert "port 80 is taken by another program (a web server or another stack, perhaps)" in taken_message(
        80, None
    )

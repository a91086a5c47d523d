"""Calls are tried again where that is safe, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.client.calls import call
from headrace.client.errors import ApiError, ConflictError, NotFoundError, UnreachableError
from headrace.client.steps import Reply, Send, Sleep, Steps


def reply(status: int, body: bytes = b"{}", **headers: str) -> Reply:
    return Reply(
        status=status, headers={key.replace("_", "-"): text for key, text in headers.items()}, body=body
    )


def play(steps: Steps[Any], answers: list[Reply | Exception]) -> tuple[Any, list[float]]:
    """Take the steps with these answers; the result, and how long it wanted to wait each time."""
    waits: list[float] = []
    left = iter(answers)
    step = next(steps)
    while True:
        try:
            if isinstance(step, Sleep):
                waits.append(step.seconds)
                step = steps.send(None)
                continue
            assert isinstance(step, Send)
            answer = next(left)
            step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
        except StopIteration as end:
            assert next(left, None) is None, "not all answers were wanted"
            return end.value, waits


def test_an_answer_comes_back() -> None:
    found, waits = play(call("GET", "/v1/jobs/1"), [reply(200, b'{"a": 1}')])
    assert (found.body, waits) == (b'{"a": 1}', [])


def test_reading_is_tried_again_while_the_server_is_away() -> None:
    away = UnreachableError("connection refused")
    found, waits = play(call("GET", "/v1/jobs/1"), [away, reply(503), reply(502), reply(200)])
    assert found.status == 200
    assert waits == [0.2, 0.5, 1.0]


def test_it_gives_up_in_the_end() -> None:
    with pytest.raises(UnreachableError, match="refused"):
        play(call("GET", "/"), [UnreachableError("refused")] * 6)
    with pytest.raises(ApiError) as refusal:
        play(
            call("GET", "/"), [reply(503, b'{"error": {"code": "unavailable", "message": "The record"}}')] * 6
        )
    assert (refusal.value.status, refusal.value.code) == (503, "unavailable")


def test_the_servers_own_wait_goes_first_within_reason() -> None:
    _, waits = play(
        call("GET", "/"), [reply(429, Retry_After="7"), reply(429, retry_after="9999"), reply(200)]
    )
    assert waits == [7.0, 60.0]


def test_a_post_without_a_key_is_not_repeated_once_it_may_have_been_heard() -> None:
    with pytest.raises(UnreachableError):
        play(call("POST", "/v1/keys"), [UnreachableError("reset")])
    with pytest.raises(ApiError):
        play(call("POST", "/v1/keys"), [reply(502)])
    found, _ = play(call("POST", "/v1/keys"), [reply(429), reply(503), reply(201)])
    assert found.status == 201


def test_a_post_with_a_key_is() -> None:
    steps = call("POST", "/v1/jobs", json={}, key="k")
    found, waits = play(steps, [UnreachableError("reset"), reply(502), reply(201)])
    assert (found.status, len(waits)) == (201, 2)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (409, ConflictError), (422, ApiError)])
def test_a_refusal_has_a_kind_and_its_details(status: int, kind: type[ApiError]) -> None:
    body = b'{"error": {"code": "invalid", "message": "No.", "details": [{"field": "model", "message": "unknown"}]}}'
    with pytest.raises(kind) as refusal:
        play(call("GET", "/"), [reply(status, body)])
    assert str(refusal.value) == "No.\n  model: unknown"


def test_a_refusal_that_is_not_ours_is_told_all_the_same() -> None:
    with pytest.raises(ApiError, match="the server answered 400"):
        play(call("GET", "/"), [reply(400, b"<html>")])

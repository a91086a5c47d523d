"""Calls are tried again where that is safe, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.client.calls import call, part, value
from headrace.client.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    UnexpectedAnswerError,
    UnreachableError,
)
from headrace.client.model.job import Job
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
    assert str(refusal.value) == "model: unknown"
    assert refusal.value.details == [{"field": "model", "message": "unknown"}]


def test_several_problems_have_a_headline() -> None:
    details = b'[{"field": "a", "message": "x"}, {"field": "b", "message": "y"}]'
    body = b'{"error": {"code": "invalid", "message": "No.", "details": ' + details + b"}}"
    with pytest.raises(ApiError) as refusal:
        play(call("GET", "/"), [reply(422, body)])
    assert str(refusal.value) == "No.\n  a: x\n  b: y"


@pytest.mark.parametrize("status", [204, 302])
def test_only_a_success_is_one(status: int) -> None:
    if status == 204:
        assert play(call("DELETE", "/"), [reply(204, b"")])[0].status == 204
    else:
        with pytest.raises(ApiError, match="the server answered 302"):
            play(call("GET", "/"), [reply(302, b"")])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": "queued"}'])
def test_what_is_no_answer_of_ours_points_to_the_address(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError, match="check the address"):
        value(reply(200, body), Job)


def test_an_id_is_one_part_of_the_path_whatever_is_in_it() -> None:
    assert part("../keys/a?b#c d") == "..%2Fkeys%2Fa%3Fb%23c%20d"


def test_a_refusal_that_is_not_ours_is_told_all_the_same() -> None:
    with pytest.raises(ApiError, match="the server answered 400"):
        play(call("GET", "/"), [reply(400, b"<html>")])


def test_a_quota_is_told_at_once() -> None:
    full = reply(429, b'{"error": {"code": "quota", "message": "has 5", "details": {}}}', Retry_After="10")
    with pytest.raises(ApiError, match="has 5") as refused:
        play(call("POST", "/v1/jobs", json={}, key="k"), [full])
    assert refused.value.code == "quota"

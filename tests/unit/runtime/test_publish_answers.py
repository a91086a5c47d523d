from __future__ import annotations

import pytest

from headrace_runtime.jetstream.publish import PubAck, PubError, PubErrorKind, classify, parse_answer


@pytest.mark.parametrize(
    ("code", "description", "kind"),
    [
        (10077, "maximum messages per subject exceeded", PubErrorKind.ALREADY_THERE),
        (10077, "maximum bytes exceeded", PubErrorKind.STORAGE_FULL),
        (10077, "maximum messages exceeded", PubErrorKind.STORAGE_FULL),
        (10047, "insufficient storage resources available", PubErrorKind.STORAGE_FULL),
        (10023, "insufficient resources", PubErrorKind.STORAGE_FULL),
        (10071, "wrong last sequence: 4", PubErrorKind.REFUSED),
        (10077, "something new", PubErrorKind.REFUSED),
    ],
)
def test_server_errors_are_told_apart(code: int, description: str, kind: PubErrorKind) -> None:
    assert classify(code, description) is kind


def test_an_acknowledgement_is_read() -> None:
    assert parse_answer(b'{"stream":"WORK","seq":7}', None) == PubAck(stream="WORK", seq=7)
    again = parse_answer(b'{"stream":"WORK","seq":7,"duplicate":true}', None)
    assert again == PubAck(stream="WORK", seq=7, duplicate=True)


def test_an_error_is_read() -> None:
    data = b'{"error":{"code":503,"err_code":10077,"description":"maximum messages per subject exceeded"}}'
    answer = parse_answer(data, None)
    assert isinstance(answer, PubError)
    assert answer.already_there
    assert not answer.retryable
    assert answer.code == 10077


def test_no_responders_may_be_tried_again() -> None:
    answer = parse_answer(b"", "503")
    assert isinstance(answer, PubError)
    assert answer.kind is PubErrorKind.UNAVAILABLE
    assert answer.retryable


def test_what_is_no_json_is_refused() -> None:
    answer = parse_answer(b"<html>", None)
    assert isinstance(answer, PubError)
    assert answer.kind is PubErrorKind.REFUSED

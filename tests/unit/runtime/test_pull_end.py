from __future__ import annotations

import pytest

from headrace_runtime.jetstream.fetcher import End, end_of


@pytest.mark.parametrize(
    ("status", "description", "expected"),
    [
        ("100", "Idle Heartbeat", None),
        ("404", "No Messages", End.EMPTY),
        ("408", "Request Timeout", End.EMPTY),
        ("503", "", End.NO_RESPONDERS),
        ("409", "Consumer Deleted", End.GONE),
        ("409", "Consumer is push based", End.GONE),
        ("409", "Server Shutdown", End.TRANSIENT),
        ("409", "Leadership Change", End.TRANSIENT),
        ("409", "Exceeded MaxWaiting", End.TRANSIENT),
        ("409", "Exceeded MaxRequestBatch of 5", End.REFUSED),
        ("400", "Bad Request - heartbeat value too large", End.REFUSED),
    ],
)
def test_a_status_message_ends_a_pull_in_the_right_way(
    status: str, description: str, expected: End | None
) -> None:
    assert end_of(status, description) is expected

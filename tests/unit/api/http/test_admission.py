"""Who is let in, without a server: places, streams and bytes are counted, and given back."""

from __future__ import annotations

import logging

import pytest

from headrace_api.core.errors import OverloadedError
from headrace_api.http.admission import Admission, AdmissionSettings

SETTINGS = AdmissionSettings(max_requests=8, max_streams=2, max_body_bytes=100, max_spooled_bytes=1000)


def test_beyond_the_places_a_request_is_refused_until_one_leaves() -> None:
    admission = Admission(SETTINGS)
    tickets = [admission.enter(with_body=False) for _ in range(8)]
    with pytest.raises(OverloadedError) as refused:
        admission.enter(with_body=False)
    assert 1 <= refused.value.retry_after_s <= 3
    admission.leave(tickets.pop())
    admission.enter(with_body=False)


def test_bodies_leave_places_for_those_without() -> None:
    admission = Admission(SETTINGS)
    for _ in range(6):
        admission.enter(with_body=True)
    with pytest.raises(OverloadedError):
        admission.enter(with_body=True)
    admission.enter(with_body=False)


def test_a_stream_gives_its_place_back_and_has_a_count_of_its_own() -> None:
    admission = Admission(SETTINGS)
    streams = [admission.enter(with_body=False) for _ in range(3)]
    for ticket in streams[:2]:
        ticket.stream()
        ticket.stream()  # saying so twice counts once
    assert (admission.requests, admission.streams) == (1, 2)
    with pytest.raises(OverloadedError):
        streams[2].stream()
    for ticket in streams:
        admission.leave(ticket)
    assert (admission.requests, admission.streams) == (0, 0)


def test_bytes_are_held_until_the_request_ends() -> None:
    admission = Admission(SETTINGS)
    first, second = admission.enter(with_body=True), admission.enter(with_body=True)
    first.hold(60)
    second.spool(900)
    with pytest.raises(OverloadedError):
        second.hold(41)
    with pytest.raises(OverloadedError):
        first.spool(101)
    second.hold(40)
    admission.leave(first)
    admission.leave(second)
    assert (admission.body_bytes, admission.spooled_bytes, admission.with_body) == (0, 0, 0)


def test_clients_come_back_at_different_times_and_the_log_tells_it_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    admission = Admission(AdmissionSettings(max_requests=1), clock=lambda: now)
    admission.enter(with_body=False)
    waits = []
    with caplog.at_level(logging.WARNING):
        for _ in range(30):
            with pytest.raises(OverloadedError) as refused:
                admission.enter(with_body=False)
            waits.append(refused.value.retry_after_s)
        assert len(caplog.records) == 1
        now = 11.0
        with pytest.raises(OverloadedError):
            admission.enter(with_body=False)
    assert [getattr(record, "action", "") for record in caplog.records] == ["http.shed"] * 2
    assert set(waits) == {1, 2, 3}

"""Server-sent events are put together from their lines."""

from __future__ import annotations

from headrace.client.events import Event, EventParser, events_path


def parse(text: str) -> list[Event]:
    parser = EventParser()
    return [event for line in text.split("\n") if (event := parser.feed(line)) is not None]


def test_an_event_ends_with_an_empty_line() -> None:
    text = 'id: 7-0\nevent: state\ndata: {"status": "running"}\n\nid: 8-0\nevent: output\ndata: {"text": "x"}'
    assert parse(text) == [Event(id="7-0", kind="state", data={"status": "running"})]


def test_comments_and_empty_blocks_say_nothing() -> None:
    assert parse(": ping\n\n\nevent: state\n\n") == []


def test_data_of_several_lines_is_one() -> None:
    assert parse('data: {"a":\ndata: 1}\n\n') == [Event(id=None, kind="message", data={"a": 1})]


def test_an_id_stays_until_the_next() -> None:
    events = parse("id: 1\ndata: {}\n\ndata: {}\n\n")
    assert [event.id for event in events] == ["1", "1"]


def test_where_events_are() -> None:
    assert events_path(None) == "/v1/events"
    assert events_path("job_1") == "/v1/jobs/job_1/events"

"""A stream of events goes on where its connection was cut, and knows its end."""

from __future__ import annotations

import pytest

from headrace.client.calls import PAUSES_S
from headrace.client.errors import ApiError, NotFoundError, UnreachableError
from headrace.client.events import Event
from headrace.client.feed import Feed
from headrace.client.steps import Reply


def heard(feed: Feed, text: str) -> list[Event]:
    return [event for line in text.split("\n") if (event := feed.take(line)) is not None]


def test_the_next_connection_begins_after_the_last_event() -> None:
    feed = Feed("job_1", None)
    assert feed.connect() == {}
    heard(feed, 'id: 7-0\nevent: progress\ndata: {"progress": 5}\n\n')
    assert feed.connect() == {"Last-Event-ID": "7-0"}


def test_what_was_begun_before_a_cut_is_forgotten() -> None:
    feed = Feed("job_1", "6-0")
    heard(feed, 'id: 7-0\nevent: progress\ndata: {"prog')
    assert feed.connect() == {"Last-Event-ID": "6-0"}
    events = heard(feed, 'event: state\ndata: {"status": "running"}\n\n')
    assert events == [Event(id=None, kind="state", data={"status": "running"})]


@pytest.mark.parametrize(
    ("job_id", "status", "over"),
    [("job_1", "completed", True), ("job_1", "running", False), (None, "completed", False)],
)
def test_the_end_of_a_job_is_the_end_of_its_stream(job_id: str | None, status: str, over: bool) -> None:
    feed = Feed(job_id, None)
    heard(feed, f'event: state\ndata: {{"status": "{status}"}}\n\n')
    assert feed.over is over


def test_it_gives_up_when_no_connection_stays_open() -> None:
    feed = Feed(None, None)
    assert [feed.cut(OSError("reset")) for _ in PAUSES_S] == list(PAUSES_S)
    with pytest.raises(UnreachableError, match="reset"):
        feed.cut(OSError("reset"))


def test_a_sign_of_life_starts_the_count_anew() -> None:
    feed = Feed(None, None)
    for _ in range(3 * len(PAUSES_S)):
        assert feed.cut(None) == PAUSES_S[0]
        heard(feed, ": beat")


def test_a_busy_server_is_waited_for_and_another_refusal_is_told() -> None:
    feed = Feed("job_1", None)
    assert feed.refused(Reply(status=429, headers={"Retry-After": "3"})) == 3.0
    assert feed.refused(Reply(status=503, headers={})) == PAUSES_S[1]
    with pytest.raises(NotFoundError):
        feed.refused(Reply(status=404, headers={}))
    for _ in PAUSES_S[2:]:
        feed.refused(Reply(status=503, headers={}))
    with pytest.raises(ApiError, match="503"):
        feed.refused(Reply(status=503, headers={}))

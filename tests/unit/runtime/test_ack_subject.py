from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headrace_runtime.jetstream.delivered import Delivered, DeliveryInfo, consumer_of, parse_ack_subject

V1 = "$JS.ACK.WORK.lane_1.2.60001.17.1795312072890355322.9"
V2 = "$JS.ACK.hub.kLpq9a.WORK.lane_1.2.60001.17.1795312072890355322.9"
EXPECTED = DeliveryInfo(
    stream="WORK",
    consumer="lane_1",
    num_delivered=2,
    stream_seq=60001,
    consumer_seq=17,
    timestamp_ns=1795312072890355322,
    num_pending=9,
)


@pytest.mark.parametrize("reply", [V1, V2, V2 + ".r4nd0m"])
def test_all_forms_of_the_ack_subject_say_the_same(reply: str) -> None:
    assert parse_ack_subject(reply) == EXPECTED
    assert consumer_of(reply) == ("WORK", "lane_1")


@pytest.mark.parametrize(
    "reply", ["", "_INBOX.a.b", "$JS.ACK", "$JS.ACK.WORK.c.1.2.3.4", "$JS.ACK.a.b.WORK.c.1.2.3.4"]
)
def test_what_is_no_ack_subject_is_refused(reply: str) -> None:
    with pytest.raises(ValueError, match="not an ack subject"):
        parse_ack_subject(reply)


def test_a_reply_to_a_request_has_no_consumer() -> None:
    assert consumer_of("_INBOX.a.b.c.d.e.f.g.h") is None
    assert consumer_of("") is None


def test_delivered_reads_its_properties_from_the_reply() -> None:
    message = Delivered(subject="work.x", data=b"", headers=None, reply=V2)
    assert (message.stream_seq, message.num_delivered, message.num_pending) == (60001, 2, 9)
    assert message.timestamp.replace(microsecond=0) == datetime(2026, 11, 22, 1, 47, 52, tzinfo=UTC)

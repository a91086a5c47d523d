"""Small streams for tests of the bus."""

from __future__ import annotations

from headrace_contracts.bus.definitions import ConsumerDefinition, StreamDefinition

#: Like WORK: one message a subject, gone when acked.
QUEUE = StreamDefinition(
    name="TESTQ",
    subjects=("testq.>",),
    retention="workqueue",
    max_msgs_per_subject=1,
    discard_new_per_subject=True,
)
#: Its ack wait is longer than any test: what comes again was given back.
READER = ConsumerDefinition(
    stream="TESTQ", name="reader", filter_subject="testq.>", ack_wait_s=30.0, max_ack_pending=-1
)

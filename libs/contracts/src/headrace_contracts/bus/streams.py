"""The streams and consumers of Headrace, as data (DESIGN «JetStream»)."""

from __future__ import annotations

from dataclasses import replace

from headrace_contracts.bus.definitions import ConsumerDefinition, StreamDefinition
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.limits import ACK_WAIT_S

#: No limit on what is unacked, on purpose: the default of 1000 wedges a consumer, and every reader of ours fetches
#: only what it can work on. With any limit the server leaves a no-wait pull unanswered while the limit is reached.
UNBOUNDED = -1

#: Jobs that are ready to run. The job id is in the subject and a subject holds one message: the stream itself
#: refuses to release a job twice.
WORK = StreamDefinition(
    name="WORK",
    subjects=("work.>",),
    retention="workqueue",
    max_msgs_per_subject=1,
    discard_new=True,
    discard_new_per_subject=True,
)

#: What agents say. Kept for a day, so that a dispatcher which was away finds everything.
EVENTS = StreamDefinition(name="EVENTS", subjects=("events.>",), max_age_s=24 * 3600.0)

#: Webhook deliveries that are due now: ``hooks.<endpoint id>.<delivery id>``. As in WORK a subject holds one
#: message, so that relaying a delivery again while it still waits here, or is being sent, changes nothing.
HOOKS = StreamDefinition(
    name="HOOKS",
    subjects=("hooks.>",),
    retention="workqueue",
    max_msgs_per_subject=1,
    discard_new=True,
    discard_new_per_subject=True,
)

#: Exports and publications that are due now: ``publish.export.<job id>`` and
#: ``publish.out.<publication id>``, one message a subject as above.
PUBLISH = StreamDefinition(
    name="PUBLISH",
    subjects=("publish.>",),
    retention="workqueue",
    max_msgs_per_subject=1,
    discard_new=True,
    discard_new_per_subject=True,
)

#: What was recorded of jobs, for watchers (SSE, WebSocket): kept long enough for a client to come back. Bounded, since
#: nothing reads it away; under load that shortens how far back it reaches.
CHANGES = StreamDefinition(
    name="CHANGES", subjects=("changes.>",), max_age_s=3600.0, max_bytes=256 * 1024 * 1024
)

ALL: tuple[StreamDefinition, ...] = (WORK, EVENTS, HOOKS, PUBLISH, CHANGES)

#: The dispatchers' reader of EVENTS, shared by all replicas. A message that is not recorded within the ack wait
#: goes to another one.
RECORDER = ConsumerDefinition(
    stream="EVENTS", name="recorder", ack_policy="explicit", ack_wait_s=10.0, max_ack_pending=UNBOUNDED
)

WEBHOOKS = ConsumerDefinition(
    stream="HOOKS", name="webhooks", ack_policy="explicit", ack_wait_s=60.0, max_ack_pending=UNBOUNDED
)

EXPORTER = ConsumerDefinition(
    stream="PUBLISH",
    name="publisher-export",
    filter_subject="publish.export.>",
    ack_policy="explicit",
    ack_wait_s=60.0,
    max_ack_pending=UNBOUNDED,
)


#: Publications: ``publish.out.<publication id>``. The ack wait is renewed while an upload runs; it is how long
#: one waits after its publisher died.
PUBLISHER = ConsumerDefinition(
    stream="PUBLISH",
    name="publisher-out",
    filter_subject="publish.out.>",
    ack_policy="explicit",
    ack_wait_s=30.0,
    max_ack_pending=UNBOUNDED,
)


def lane_consumer(lane: Lane) -> ConsumerDefinition:
    """The one durable consumer of a lane. Its ack wait is the lease of whoever holds a message."""
    return ConsumerDefinition(
        stream="WORK",
        name=lane.consumer,
        filter_subject=lane.subject_filter,
        ack_policy="explicit",
        ack_wait_s=ACK_WAIT_S,
        max_ack_pending=UNBOUNDED,
    )


def with_replicas(stream: StreamDefinition, replicas: int) -> StreamDefinition:
    """The same stream on a cluster."""
    return replace(stream, replicas=replicas)

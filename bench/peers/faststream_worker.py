"""A worker of the peer: FastStream pulls batches from a JetStream work queue and stores each result in a KV bucket."""

from __future__ import annotations

import asyncio
import json
import sys

from faststream import FastStream
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.js.api import ConsumerConfig, RetentionPolicy
from nats.js.kv import KeyValue

STREAM = "PEER"
SUBJECT = "peer.jobs"
BUCKET = "peer-results"
BATCH = 64


def application(url: str) -> FastStream:
    """The worker's application."""
    broker = NatsBroker(url)
    buckets: list[KeyValue] = []

    @broker.subscriber(
        SUBJECT,
        stream=JStream(STREAM, retention=RetentionPolicy.WORK_QUEUE, declare=False),
        durable="workers",
        pull_sub=PullSub(batch_size=BATCH, batch=True, timeout=1.0),
        config=ConsumerConfig(max_ack_pending=-1),
    )
    async def run(jobs: list[dict[str, str]], message: NatsMessage) -> None:  # noqa: ARG001 -- the framework acks it
        if not buckets:
            assert broker.config.connection_state.stream is not None
            buckets.append(await broker.config.connection_state.stream.key_value(BUCKET))
        results = [(job["id"], json.dumps({"ok": True, "echo": job["data"][:80]}).encode()) for job in jobs]
        await asyncio.gather(*(buckets[0].put(job_id, result) for job_id, result in results))

    return FastStream(broker)


if __name__ == "__main__":
    asyncio.run(application(sys.argv[1]).run())

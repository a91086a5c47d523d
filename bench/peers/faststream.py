"""The peer in the same run: FastStream on JetStream, two worker processes, results in a KV bucket.

It keeps jobs and results in JetStream with its default sync interval; ours are in Postgres with fsync.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import nats
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, KeyValueConfig, RetentionPolicy, StreamConfig

from bench.peers.faststream_worker import BUCKET, STREAM, SUBJECT
from bench.processes import spent, usage
from headrace.embedded.nats import NatsServer
from headrace.embedded.ports import reserve_port
from headrace.embedded.runner import Runner

WORKERS = 2


async def _offer(js: JetStreamContext, jobs: int) -> None:
    data = "x" * 150
    for number in range(jobs):
        job = {"id": uuid4().hex, "data": data}
        await js.publish_async(SUBJECT, json.dumps(job).encode(), wait_stall=None)
        if number % 500 == 499:
            await js.publish_async_completed()
    await js.publish_async_completed()


async def _until_stored(js: JetStreamContext, count: int) -> None:
    async with asyncio.timeout(120):
        while True:
            if (await js.stream_info(f"KV_{BUCKET}")).state.messages >= count:
                return
            await asyncio.sleep(0.02)


async def measure(jobs: int) -> tuple[float, float]:
    """Jobs a second from the first publish to the last stored result, and CPU milliseconds a job."""
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        port = reserve_port()
        port.release_for_server()
        server = NatsServer(directory=Path(folder) / "nats", port=port.port)
        async with Runner(server, log_path=Path(folder) / "nats.log") as runner:
            nc = await nats.connect(server.url)
            js = nc.jetstream()
            await js.add_stream(
                StreamConfig(name=STREAM, subjects=[SUBJECT], retention=RetentionPolicy.WORK_QUEUE)
            )
            await js.add_consumer(
                STREAM, ConsumerConfig(durable_name="workers", filter_subject=SUBJECT, max_ack_pending=-1)
            )
            await js.create_key_value(KeyValueConfig(bucket=BUCKET))
            workers = [
                subprocess.Popen(  # noqa: ASYNC220 -- started once, before anything is measured
                    [sys.executable, "-m", "bench.peers.faststream_worker", server.url],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                for _ in range(WORKERS)
            ]  # fmt: skip
            try:
                pids = {"nats": runner.pid or 0, **{f"worker-{i}": w.pid for i, w in enumerate(workers)}}
                await _offer(js, 1_000)
                await _until_stored(js, 1_000)
                before = usage(pids)
                start = time.perf_counter()
                await _offer(js, jobs)
                await _until_stored(js, 1_000 + jobs)
                elapsed = time.perf_counter() - start
                used = sum(spent(before, usage(pids)).values())
            finally:
                for worker in workers:
                    worker.terminate()
                for worker in workers:
                    worker.wait()
                await nc.close()
    port.close()
    return jobs / elapsed, used * 1000 / jobs

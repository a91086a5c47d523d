"""A claim whose agent hung up before the answer: nobody would run the job until the lease lapses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from tests.support.raw_http import RawConnection
from tests.support.service_process import AGENT_TOKEN, ServiceProcess

from headrace_contracts.bus import subjects
from headrace_contracts.ids import new_id
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.requests import (
    Answer,
    AnswerReply,
    ClaimedJob,
    ClaimReply,
    ClaimRequest,
    ReportKind,
    ReportRequest,
)
from headrace_runtime.nats import settled


async def test_a_claim_that_its_agent_did_not_hear_of_is_handed_back(api: ServiceProcess, nc: Client) -> None:
    asked: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
    reported: asyncio.Future[ReportRequest] = asyncio.get_running_loop().create_future()

    async def on_claim(message: Msg) -> None:
        asked.set_result(message)

    async def on_report(message: Msg) -> None:
        reported.set_result(decode(message.data, ReportRequest))
        await nc.publish(message.reply, encode(AnswerReply(answer=Answer.OK, state="queued")))

    await nc.subscribe(subjects.CLAIM, cb=on_claim)
    await nc.subscribe(subjects.REPORT, cb=on_report)
    await settled(nc)
    async with RawConnection.open(urlsplit(api.api_url).port or 0) as agent:
        await agent.send(
            b"POST /radiance/airunner/agent/claim HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
            b"Authorization: Bearer " + AGENT_TOKEN.encode() + b"\r\n\r\n"
        )
        claim = await asyncio.wait_for(asked, 15)
    # The connection is closed; only now does the dispatcher find a job.
    job = ClaimedJob(
        id=new_id(), fence=1, model="text-generation", priority=1, attempt=1, payload=msgspec.Raw(b"{}"),
        created_at=datetime.now(UTC),
    )  # fmt: skip
    await nc.publish(claim.reply, encode(ClaimReply(job=job)))
    report = await asyncio.wait_for(reported, 15)
    assert (report.id, report.kind) == (job.id, ReportKind.HANDED_BACK)
    assert report.token_hash == decode(claim.data, ClaimRequest).token_hash

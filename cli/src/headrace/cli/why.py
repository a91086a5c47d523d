"""`headrace why`."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.job_bar import one_line
from headrace.cli.options import StateDirOption
from headrace.client.model.job import Job, WaitingReason
from headrace.embedded.up import DEFAULT_STATE_DIR


def why(
    job_id: Annotated[str, typer.Argument(metavar="JOB")],
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Say why a job does not run: what it waits for, who misses it by what, its place and an estimate."""
    with api_client(url, key, state_dir) as client:
        job = client.get(job_id)
    if as_json:
        shown = {"job_id": job.job_id, "status": job.status, "waiting_reason": job.waiting_reason}
        typer.echo(msgspec.json.encode(shown).decode())
        return
    for line in page(job, datetime.now(UTC)):
        typer.echo(line)


def page(job: Job, now: datetime) -> list[str]:
    """The sentence first, then what it is made of."""
    reason = job.waiting_reason
    if reason is None:
        return [f"{job.job_id} {job.status}: {one_line(_not_waiting(job))}"]
    facts = [("reason", reason.code), *_facts(job, reason, now)]
    width = max(len(name) for name, _ in facts)
    return [
        f"{job.job_id} {job.status}: {one_line(reason.message)}",
        "",
        *(f"{name:<{width}}  {one_line(text)}" for name, text in facts),
    ]


def _not_waiting(job: Job) -> str:
    if job.failure is not None:
        return f"it waits for nothing: {job.failure.reason or job.failure.code or 'it failed'}"
    if job.final:
        return "it has ended and waits for nothing."
    return f"{job.miner_id or 'an agent'} runs it, attempt {job.attempt} of {job.max_attempts}."


def _facts(job: Job, reason: WaitingReason, now: datetime) -> list[tuple[str, str]]:
    facts = []
    if reason.lane is not None:
        facts.append(("lane", reason.lane))
    if reason.position is not None:
        facts.append(("position", str(reason.position)))
    if reason.estimated_seconds is not None:
        facts.append(("estimate", f"about {math.ceil(reason.estimated_seconds)} s"))
    if reason.until is not None:
        left_s = math.ceil((reason.until - now).total_seconds())
        left = f" (in {left_s} s)" if left_s > 0 else ""
        facts.append(("until", f"{reason.until.astimezone():%Y-%m-%d %H:%M:%S %Z}{left}"))
    if reason.limit is not None:
        facts.append(("limit", f"{reason.in_motion} of {reason.limit} in motion"))
    facts += [("near miss", f"{miss.agent} {miss.lacks}") for miss in reason.near_misses]
    if job.created_at is not None:
        facts.append(("submitted", f"{job.created_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"))
    return facts

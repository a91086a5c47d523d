"""Jobs that failed for good: list, see, replay, discard."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from headrace_api.core.core import Core
from headrace_api.core.dead_letters import DeadLetter, LetterFilter, Replay
from headrace_api.core.errors import Problem, ValidationError
from headrace_api.dialects.native import encode, ids, paging
from headrace_api.dialects.native.decode import NAME
from headrace_api.dialects.native.errors import body_of
from headrace_api.dialects.native.estimate import estimate
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas import dead_letters as schema
from headrace_api.dialects.native.schemas.errors import ErrorBody
from headrace_api.dialects.native.schemas.job_body import JobAccepted
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.scopes import JOBS_READ, JOBS_WRITE, OPERATOR

TAG = "Dead letters"
_MISSING = {404: "There is no such dead letter"}
_SETTLED = {**_MISSING, 409: "It was replayed or discarded before"}


class DeadLetterRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def listed(self, call: Call[Any, schema.DeadLetterQuery]) -> schema.DeadLetterList:
        which = _filter(call, call.query)
        found = await self._core.dead_letters.page(
            which, after=paging.after(ids.JOB, call.query.cursor), limit=call.query.limit + 1
        )
        page, more = paging.cut(found, call.query.limit)
        return schema.DeadLetterList.model_construct(
            dead_letters=[schema.DeadLetter.model_construct(**_fields(each)) for each in page],
            total=await self._core.dead_letters.total(which),
            has_more=more,
            next_cursor=ids.shown(ids.JOB, page[-1].job_id) if more else None,
        )

    async def get(self, call: Call[Any, schema.WhoseQuery]) -> schema.DeadLetterDetail:
        letter = await self._core.dead_letters.get(_job_id(call), _account(call, call.query.all_accounts))
        return schema.DeadLetterDetail.model_construct(
            **_fields(letter),
            runs=[
                schema.DeadAttempt.model_construct(
                    number=run.number,
                    miner_id=run.agent,
                    started_at=run.started_at,
                    ended_at=run.ended_at,
                    outcome=run.outcome,
                    reason=run.reason,
                    output_tail=tail,
                )
                for run, tail in await self._core.dead_letters.runs(letter)
            ],
        )

    async def replay(self, call: Call[Any, schema.WhoseQuery]) -> Reply:
        letter = _job_id(call)
        made = await self._core.dead_letters.replay(
            letter,
            _account(call, call.query.all_accounts),
            dialect=NAME,
            trace=self._core.tracing.inject(),
            key=idempotency_key(call.request),
        )
        cost, seconds = await estimate(self._core, made.model, made.pool)
        retry_of = None if letter is None else ids.shown(ids.JOB, letter)
        return Reply(
            answer=encode.accepted(made, cost=cost, seconds=seconds, retry_of=retry_of),
            headers={"Location": encode.job_path(made)},
        )

    async def replay_all(self, call: Call[schema.ReplayBody, Any]) -> schema.Replayed:
        which = _filter(call, call.body)
        done = await self._core.dead_letters.replay_all(
            which,
            after=paging.after(ids.JOB, call.body.cursor),
            limit=call.body.limit,
            dialect=NAME,
            trace=self._core.tracing.inject(),
        )
        return schema.Replayed.model_construct(
            replayed=sum(each.made is not None for each in done),
            failed=sum(each.error is not None for each in done),
            remaining=await self._core.dead_letters.total(which),
            next_cursor=ids.shown(ids.JOB, done[-1].letter.job_id) if done else None,
            jobs=[_replayed(each) for each in done],
        )

    async def discard(self, call: Call[Any, schema.WhoseQuery]) -> None:
        await self._core.dead_letters.discard(_job_id(call), _account(call, call.query.all_accounts))

    async def discard_all(self, call: Call[schema.LetterFilterBody, Any]) -> schema.Discarded:
        gone = await self._core.dead_letters.discard_all(_filter(call, call.body), limit=call.body.limit)
        return schema.Discarded(
            discarded=len(gone.letters),
            remaining=gone.remaining,
            job_ids=[ids.shown(ids.JOB, each) for each in gone.letters],
        )


def _job_id(call: Call[Any, Any]) -> UUID | None:
    return ids.read(ids.JOB, call.path("id"))


def _account(call: Call[Any, Any], all_accounts: bool) -> UUID | None:
    """Whose dead letters are meant; None = everybody's. Raises ForbiddenError."""
    if not all_accounts:
        return call.who.account_id
    call.who.require(OPERATOR)
    return None


def _filter(call: Call[Any, Any], asked: schema.DeadLetterQuery | schema.LetterFilterBody) -> LetterFilter:
    if asked.failed_from is not None and asked.failed_to is not None and asked.failed_to <= asked.failed_from:
        raise ValidationError([Problem("failed_to", "must lie after 'failed_from'")])
    return LetterFilter(
        account_id=_account(call, asked.all_accounts),
        model=asked.model,
        code=asked.code,
        pool=asked.pool,
        since=asked.failed_from,
        until=asked.failed_to,
    )


def _fields(letter: DeadLetter) -> dict[str, Any]:
    return {
        "job_id": ids.shown(ids.JOB, letter.job_id),
        "account_id": ids.shown(ids.ACCOUNT, letter.account_id),
        "model": letter.model,
        "pool": letter.pool,
        "code": letter.code,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "failed_at": letter.at,
        "settled": letter.settled,
        "settled_at": letter.settled_at,
        "replayed_as": None if letter.replayed_as is None else ids.shown(ids.JOB, letter.replayed_as),
    }


def _replayed(each: Replay) -> schema.ReplayedLetter:
    return schema.ReplayedLetter(
        job_id=ids.shown(ids.JOB, each.letter.job_id),
        replayed_as=None if each.made is None else ids.shown(ids.JOB, each.made.id),
        error=None if each.error is None else ErrorBody.model_construct(**body_of(each.error)[1]),
    )


def routes(core: Core) -> list[Route]:
    letters = DeadLetterRoutes(core)
    return [
        Route(method="GET", path="/v1/dead-letters", handle=letters.listed, tag=TAG, scope=JOBS_READ,
              summary="Jobs that failed for good and were neither replayed nor discarded, youngest first",
              query=schema.DeadLetterQuery, answer=schema.DeadLetterList),
        Route(method="GET", path="/v1/dead-letters/{id}", handle=letters.get, tag=TAG, scope=JOBS_READ,
              summary="See one, with every attempt and the end of what it wrote", query=schema.WhoseQuery,
              answer=schema.DeadLetterDetail, refuses=_MISSING),
        Route(method="POST", path="/v1/dead-letters/{id}/replay", handle=letters.replay, tag=TAG,
              scope=JOBS_WRITE, summary="Make a new job of one, once", query=schema.WhoseQuery, made="job_id",
              answer=JobAccepted, status=201, refuses={**_SETTLED, 402: "Too few credits"}, idempotent=True),
        Route(method="POST", path="/v1/dead-letters/replay", handle=letters.replay_all, tag=TAG,
              scope=JOBS_WRITE, summary="Make new jobs of many", body=schema.ReplayBody,
              answer=schema.Replayed),
        Route(method="DELETE", path="/v1/dead-letters/{id}", handle=letters.discard, tag=TAG,
              scope=JOBS_WRITE, summary="Take one off the list", query=schema.WhoseQuery, status=204,
              refuses={**_MISSING, 409: "It was replayed before"}),
        Route(method="POST", path="/v1/dead-letters/discard", handle=letters.discard_all, tag=TAG,
              scope=JOBS_WRITE, summary="Take many off the list", body=schema.LetterFilterBody,
              answer=schema.Discarded),
    ]  # fmt: skip

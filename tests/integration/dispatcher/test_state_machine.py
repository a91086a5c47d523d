"""Anything may happen to a job, in any order and late: the record stays right (hypothesis, stateful).

More examples than CI has time for: set ``HEADRACE_PROPERTY_EXAMPLES=2000`` and ``--timeout 0``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.support.dispatch_room import DispatchRoom
from tests.support.job_audit import JobAudit
from tests.support.record import PUBLIC_ACCOUNT, pool_of

from headrace_contracts.ids import hash_token
from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import FINAL, HELD, JobState
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import FailureCode, Output, Progressed
from headrace_contracts.messages.requests import (
    ApproveRequest,
    CancelRequest,
    ReportKind,
    ReportRequest,
    ScheduleRequest,
)
from headrace_store.postgres import Pool

T = TypeVar("T")
EXAMPLES = 100
STEPS = 50
PRICE = 2
S = JobState
#: Moves of which the examples of CI are to make most, or they are too few.
WANTED = [
    (S.SCHEDULED, S.QUEUED),
    (S.SCHEDULED, S.FAILED),
    (S.SCHEDULED, S.CANCELLED),
    *((S.QUEUED, state) for state in JobState if state is not S.QUEUED),
    *((held, state) for held in HELD for state in (S.QUEUED, S.STAGED, S.COMPLETED, S.FAILED, S.CANCELLED)),
    (S.CLAIMED, S.RUNNING),
    (S.STAGED, S.COMPLETED),
    (S.STAGED, S.CANCELLED),
]
#: What the job's owner may ask for; None = the model's.
POLICIES = (
    None,
    RetryPolicy(max_attempts=3, retry_on=frozenset(FailureCode)).text,
    RetryPolicy(max_attempts=3, retry_on=frozenset()).text,
)
WISHES = st.fixed_dictionaries(
    {
        "scheduled": st.booleans(),
        "staging": st.sampled_from([True, True, False]),
        "attempts": st.integers(1, 3),
        "retry": st.sampled_from(POLICIES),
        "timed": st.booleans(),
    }
)
Act = ReportKind | FailureCode | str
#: What an agent may do with an attempt; a failure code is a failure of that kind.
ACTS: tuple[Act, ...] = ("complete", "lost", "handed_back", "over_time", "speak", *FailureCode, *ReportKind)
#: Who does what. What leads on is there more than once, so that examples get somewhere.
Way = tuple[str, Act]
WAYS: tuple[Way, ...] = (
    *[("owner", does) for does in ("cancel", "cancel", "later", "later", "now", *["approve"] * 4)],
    *[("time", does) for does in ("its time", "its time", "its lease", "its queue timeout", "its message")],
    *[("bus", does) for does in ("start", "claim", "hold", "wait")] * 4,
    ("worker", "claim"),
    *[("holder", does) for does in (*ACTS, *["complete"] * 4, *[ReportKind.STARTED] * 2)],
    *[("anybody", does) for does in (*ACTS, "start", "claim", "hold", *["complete"] * 4)],
)


class Chance(NamedTuple):
    what: Way
    #: Which job, which token, which of two ways.
    which: int
    nth: int
    yes: bool


def chance(number: int) -> Chance:
    """One of all that can happen, each as likely as WAYS says: hypothesis itself likes few things often."""
    luck = Random(number)  # noqa: S311 -- to be repeated
    return Chance(luck.choice(WAYS), luck.randrange(4), luck.randrange(100), luck.random() < 0.5)


@dataclass(frozen=True, kw_only=True)
class Token:
    """One attempt that somebody was given, perhaps long ago."""

    attempt: Attempt
    secret: str


class World:
    """The record and the event loop that all examples share."""

    def __init__(self, runner: asyncio.Runner, pool: Pool) -> None:
        self.pool = pool
        self.runner = runner
        self.numbers = count(1)
        #: Moves that the examples have made.
        self.seen: set[tuple[JobState, JobState]] = set()


class Jobs(RuleBasedStateMachine):
    """The bus is played by the rules: messages come again at any time, and nothing said is ever forgotten.

    One rule with many ways: of many rules hypothesis leaves out most in each example, which then goes nowhere.
    """

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._room = DispatchRoom(self.world.pool, f"pool-{next(self.world.numbers)}")
        self._audit = JobAudit(self.world.pool)
        self._ids: list[UUID] = []
        #: Every attempt that was given to somebody.
        self._tokens: list[Token] = []
        #: Messages of WORK, of every release: how often each was delivered.
        self._messages: dict[UUID, dict[int, int]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.world.runner.run(work)

    def look(self, job_id: UUID) -> dict[str, Any]:
        (row,) = self.run(self.world.pool.fetch("SELECT * FROM jobs WHERE id = $1", job_id))
        return dict(row)

    def give(self, attempt: Attempt, secret: str) -> Token:
        token = Token(attempt=attempt, secret=secret)
        self._tokens.append(token)
        return token

    def secret(self) -> str:
        return hash_token(f"token {next(self.world.numbers)}").hex()

    @initialize(wishes=st.lists(WISHES, min_size=3, max_size=4))
    def submit(self, wishes: list[dict[str, Any]]) -> None:
        for wish in wishes:
            self._ids.append(self.run(self._room.submit(price=PRICE, **wish)))

    # ---- The owner, and time ----

    @rule(number=st.integers(0, 2**48 - 1))
    def happens(self, number: int) -> None:
        (who, does), which, nth, yes = found = chance(number)
        note(f"{found}")
        job_id = self._ids[which % len(self._ids)]
        if who == "owner":
            self.owner(job_id, str(does))
        elif who == "time":
            self.passes(job_id, str(does))
        elif who == "bus":
            self.deliver(job_id, str(does), old=yes)
        elif who == "worker":
            self.claim_by_name(job_id, start=yes)
        elif who == "holder":
            self.holder(job_id, does)
        elif self._tokens:
            # Whoever was ever given an attempt.
            self.act(self._tokens[nth % len(self._tokens)], does, over_rest=yes)

    def owner(self, job_id: UUID, what: str) -> None:
        before = self.look(job_id)["state"]
        if what == "cancel":
            reply = self.run(self._room.service.cancel(CancelRequest(id=job_id)))
            assert (reply.answer == "ok") == (before not in FINAL)
            assert self.look(job_id)["state"] == ("cancelled" if before not in FINAL else before)
        elif what == "approve":
            self.run(self._room.approvals.approve(ApproveRequest(id=job_id)))
            assert self.look(job_id)["state"] == ("completed" if before == "staged" else before)
        else:
            at = datetime.now(UTC) + timedelta(hours=1) if what == "later" else None
            self.run(self._room.times.schedule(ScheduleRequest(id=job_id, run_at=at)))

    def passes(self, job_id: UUID, what: str) -> None:
        before = self.look(job_id)
        waits = before["state"] in {"scheduled", "queued"}
        if what == "its time" and waits:
            self.run(self.world.pool.execute("UPDATE jobs SET run_at = now() WHERE id = $1", job_id))
            self.run(self._room.store.due(100))
        elif what == "its lease":
            self.run(
                self.world.pool.execute("UPDATE leases SET expires_at = now() WHERE job_id = $1", job_id)
            )
            for attempt in self.run(self._room.leases.expired(100)):
                self.run(self._room.losses.lost(attempt.id, attempt.fence, "the claim's lease ran out"))
        elif what == "its queue timeout":
            if waits and before["start_by"] is not None:
                self.run(self.world.pool.execute("UPDATE jobs SET start_by = now() WHERE id = $1", job_id))
            failed = self.run(self._room.losses.too_late(job_id))
            if not waits or before["attempt"] > 0:
                assert not failed
        else:
            self._messages.get(job_id, {}).pop(before["epoch"], None)
            self.run(self._room.store.put_back([(job_id, before["epoch"])]))

    # ---- The bus ----

    def deliver(self, job_id: UUID, then: str, *, old: bool) -> None:
        if not self._messages.get(job_id):
            for job in self.run(self._room.store.take(self._room.lane, 3)).jobs:
                self._messages.setdefault(job.id, {})[job.epoch] = 0
        messages = self._messages.get(job_id)
        if not messages:
            return
        epoch = min(messages) if old else max(messages)
        messages[epoch] += 1
        token = self.give(Attempt(id=job_id, fence=fence(epoch, messages[epoch])), self.secret())
        if then != "wait":
            self.begin(token, then)

    # ---- Agents ----

    def claim_by_name(self, job_id: UUID, *, start: bool) -> None:
        secret = self.secret()
        given = self.run(self._room.claim_by_name(job_id, secret, start=start))
        if given is not None:
            self.give(Attempt(id=job_id, fence=given), secret)

    def holder(self, job_id: UUID, what: Act) -> None:
        job = self.look(job_id)
        held = [t for t in self._tokens if (t.attempt.id, t.attempt.fence) == (job_id, job["fence"])]
        if job["state"] in HELD:
            self.act(held[-1], what, over_rest=job["claim_hash"] is not None)

    def act(self, token: Token, what: Act, *, over_rest: bool) -> None:
        if isinstance(what, ReportKind):
            self.report(token, what)
        elif what in {"start", "claim", "hold"}:
            self.begin(token, str(what))
        elif what in {"lost", "handed_back", "over_time"}:
            self.end(token, str(what))
        elif what == "speak":
            self.speak(token)
        elif over_rest:
            self.report(token, ReportKind.COMPLETED if what == "complete" else ReportKind.FAILED)
        else:
            self.tell(token, None if what == "complete" else FailureCode(what))

    def begin(self, token: Token, how: str) -> None:
        if how == "start":
            self.run(self._room.start(token.attempt))
        else:
            self.run(self._room.claim(token.attempt, token.secret, start=how == "claim"))

    def tell(self, token: Token, code: FailureCode | None) -> None:
        before = self.look(token.attempt.id)
        state = JobState.COMPLETED if code is None else JobState.FAILED
        self.run(self._room.tell(token.attempt, state, code))
        after = self.look(token.attempt.id)
        newer = before["fence"] < token.attempt.fence and before["state"] in {*HELD, "queued"}
        current = before["fence"] == token.attempt.fence and before["state"] in HELD
        if not newer and not current:
            assert after == before, "an attempt that is not the current one was heard"
        elif code is None:
            assert after["state"] in {"completed", "staged"}
            assert after["result"] == f'{{"by": {token.attempt.fence}}}'

    def report(self, token: Token, kind: ReportKind) -> None:
        before = self.look(token.attempt.id)
        request = ReportRequest(
            id=token.attempt.id,
            token_hash=token.secret,
            kind=kind,
            text="words",
            percent=50,
            reason="why",
            code=FailureCode.HANDLER,
        )
        reply = self.run(self._room.service.report(request))
        if before["state"] not in HELD or before["claim_hash"] != bytes.fromhex(token.secret):
            assert reply.answer != "ok"
            assert self.look(token.attempt.id) == before, "a token that holds nothing was heard"
        else:
            assert reply.answer == "ok"

    def end(self, token: Token, how: str) -> None:
        before = self.look(token.attempt.id)
        reason = () if how == "over_time" else ("why",)
        self.run(getattr(self._room.losses, how)(token.attempt.id, token.attempt.fence, *reason))
        after = self.look(token.attempt.id)
        if before["state"] in HELD and before["fence"] == token.attempt.fence:
            assert after["state"] in {"queued", "failed"}
        else:
            assert after == before, "an attempt that is not the current one was ended"

    def speak(self, token: Token) -> None:
        attempt = token.attempt
        before = self.look(attempt.id)
        progress = Progressed(id=attempt.id, fence=attempt.fence, percent=50, message="")
        output = Output(id=attempt.id, fence=attempt.fence, seq=0, text="x\n")
        heard = [
            *self.run(self._room.reports.progress([progress])),
            *self.run(self._room.reports.output([output])),
        ]
        if before["fence"] != attempt.fence:
            assert not heard, "an attempt that is not the current one was heard"

    # ---- What is so after each step ----

    @invariant()
    def all_is_right(self) -> None:
        self.world.seen |= self.run(self._audit.check(self._ids))


def test_whatever_happens_to_jobs(record_url: str) -> None:
    examples = os.environ.get("HEADRACE_PROPERTY_EXAMPLES")
    wanted = settings(
        max_examples=int(examples or EXAMPLES),
        stateful_step_count=STEPS,
        # In CI the same examples each time: what fails there fails for whoever looks into it.
        derandomize=examples is None,
        deadline=None,
        database=None,
        # Making a failure small takes minutes; CI shows it as it was found.
        phases=[Phase.generate] if examples is None else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with asyncio.Runner() as runner:
        pool_around = pool_of(record_url)
        pool = runner.run(pool_around.__aenter__())
        try:
            runner.run(JobAudit.install(pool))
            runner.run(pool.execute("SELECT move_credits($1, 1000000, 'grant', NULL)", PUBLIC_ACCOUNT))
            Jobs.world = World(runner, pool)
            run_state_machine_as_test(Jobs, settings=wanted)
            # A machine that goes nowhere proves nothing; what a step finds depends on the clock as well.
            missed = [move for move in WANTED if move not in Jobs.world.seen]
            assert len(missed) <= len(WANTED) // 3, f"no example has made these moves: {missed}"
        finally:
            runner.run(pool_around.__aexit__(None, None, None))

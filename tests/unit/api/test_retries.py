"""A final job once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from headrace_api.core.catalogue import Catalogue
from headrace_api.core.destinations import Destination, Destinations
from headrace_api.core.errors import ValidationError, WrongStateError
from headrace_api.core.jobs import JobDesk
from headrace_api.core.retries import Retries
from headrace_api.core.submit import Submissions, SubmitJob
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.events import FailureCode
from headrace_contracts.messages.work import InputRef
from headrace_store.jobs.find import Publication

ACCOUNT, JOB, PLACE = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def failed(**changes: Any) -> JobView:
    fields: dict[str, Any] = {
        "id": JOB, "account_id": ACCOUNT, "dialect": "auraflux", "model": "text-generation", "platform": "any",
        "pool": "big", "priority": Priority.HIGH, "state": JobState.FAILED, "created_at": NOON, "run_at": NOON,
        "timeout_s": 77.0, "input": InputRef(key="files/x", mime="text/csv", name="x", size=1), "publishes": True,
        "publish_at": NOON, "credits": 3, "staging": True, "webhook_url": "https://example.com/",
    }  # fmt: skip
    return JobView(**{**fields, **changes})


class Desk:
    """One job."""

    def __init__(self, view: JobView) -> None:
        self._view = view

    async def document(self, job_id: UUID | None, account_id: UUID) -> JobDocument:
        assert (job_id, account_id) == (JOB, ACCOUNT)
        return JobDocument(job=self._view, payload=b'{"prompt": "x"}')

    async def publications(self, _view: JobView) -> list[Publication]:
        return [
            Publication(
                name="films", platform="s3", state="failed", url=None, remote_id=None, error="away", attempts=9,
                next_attempt_at=None, finished_at=NOON,
            )
        ]  # fmt: skip


class Kept:
    """Destinations in memory."""

    def __init__(self, *names: str) -> None:
        self._names = names

    async def add(self, destination: Destination, secret: bytes | None) -> bool:
        raise NotImplementedError

    async def delete(self, account_id: UUID, name: str) -> bool:
        raise NotImplementedError

    async def listed(self, account_id: UUID) -> list[Destination]:
        return [
            Destination(
                id=PLACE, account_id=account_id, name=name, platform="s3", config={}, has_secret=False, created_at=NOON
            )
            for name in self._names
        ]  # fmt: skip


class Taking:
    """What was submitted."""

    def __init__(self) -> None:
        self.commands: list[SubmitJob] = []
        self.keys: list[str | None] = []
        self.letters: list[UUID | None] = []

    async def submit(
        self, commands: Sequence[SubmitJob], *, key: str | None = None, letter: UUID | None = None
    ) -> list[Any]:
        self.commands += commands
        self.letters.append(letter)
        self.keys.append(key)
        return [command.id for command in commands]


async def retried(view: JobView, *names: str) -> tuple[SubmitJob, Taking]:
    taking = Taking()
    retries = Retries(
        cast("JobDesk", Desk(view)),
        cast("Submissions", taking),
        Destinations(Kept(*names), lambda _secret, _id: b""),
        Catalogue(enable_noop=False),
    )
    await retries.retry(JOB, ACCOUNT, dialect="native", trace=None, key="k")
    return taking.commands[0], taking


async def test_the_new_job_has_the_same_work_and_names_the_old_one() -> None:
    command, taking = await retried(failed(), "films")
    assert command.id != JOB
    assert command.retry_of == JOB
    assert (command.model.id, command.payload) == ("text-generation", '{"prompt":"x"}')
    assert (command.pool, command.priority, command.timeout_s) == ("big", Priority.HIGH, 77.0)
    assert command.input is not None
    assert command.input_digest is None  # the file is not ours to remove when the submit fails
    assert (command.destinations, command.publish_at, command.staging) == ([PLACE], NOON, True)
    assert command.credits == 3
    assert command.run_at is None
    assert taking.keys == ["k"]
    assert taking.letters == [None]
    assert (command.retry, command.queue_timeout_s) == (None, None)


async def test_the_new_job_has_the_same_retry_policy_and_queue_timeout() -> None:
    policy = RetryPolicy(max_attempts=7, retry_on=frozenset({FailureCode.HANDLER}))
    command, _ = await retried(failed(retry=policy.text, queue_timeout_s=90.0), "films")
    assert (command.retry, command.queue_timeout_s) == (policy, 90.0)


async def test_a_destination_that_is_gone_is_named() -> None:
    with pytest.raises(ValidationError, match="films"):
        await retried(failed(), "other")


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.STAGED, JobState.SCHEDULED])
async def test_a_job_that_goes_on_is_not_repeated(state: JobState) -> None:
    with pytest.raises(WrongStateError):
        await retried(failed(state=state), "films")

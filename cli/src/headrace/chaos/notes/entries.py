"""What is written down. Times are seconds since the epoch, all of one machine's clock."""

from __future__ import annotations

import msgspec

from headrace.chaos.load.ask import Ask


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A job that the client is about to ask for; what it is to run after counts from `at`."""

    ask: Ask
    at: float


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What one request to submit job `n` was answered. `status` 0: nothing, the connection died or time ran out."""

    n: int
    at: float
    status: int
    job_id: str | None = None
    text: str = ""


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A request to cancel job `n`, and its answer, as above."""

    n: int
    job_id: str
    at: float
    status: int
    text: str = ""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A handler began (`what` "start") or came to its end ("end")."""

    what: str
    n: int
    job_id: str
    attempt: int
    agent: str
    pid: int
    at: float


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook as it came, and what the receiver did: its status, 0 when it hung.

    `ids` are all ids that stand in its body, as 32 hex digits: the dialects write them in their own ways.
    """

    webhook_id: str
    ids: list[str]
    genuine: bool
    answer: int
    at: float


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A fault: when it began and was over, in seconds since the epoch."""

    number: int
    kind: str
    target: str
    began: float
    ended: float
    problem: str = ""

"""Retry policies between this dialect's words and the contract."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace_api.dialects.native.schemas import retry as schema
from headrace_contracts.catalogue.registry import get
from headrace_contracts.jobs.retry import DEFAULT_RETRY, RetryPolicy, in_force
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.events import FailureCode


def given_fields(body: schema.RetryBody | None) -> dict[str, Any] | None:
    """What a client says of the policy; None = nothing."""
    return None if body is None else body.model_dump(exclude_none=True) or None


def policy(of_model: RetryPolicy, *given: dict[str, Any] | None) -> RetryPolicy | None:
    """The model's policy with what is given, the last word counts; None when nothing is."""
    fields = {name: value for each in given if each is not None for name, value in each.items()}
    if not fields:
        return None
    if "retry_on" in fields:
        fields["retry_on"] = frozenset(FailureCode(code) for code in fields["retry_on"])
    return msgspec.structs.replace(of_model, **fields)


def shown(view: JobView) -> schema.Retry:
    """The policy that holds for the job."""
    model = get(view.model)
    holds = in_force(view.retry, DEFAULT_RETRY if model is None else model.retry)
    return schema.Retry(
        max_attempts=view.max_attempts,
        backoff_s=holds.backoff_s,
        factor=holds.factor,
        longest_s=holds.longest_s,
        jitter=holds.jitter,
        retry_on=sorted(holds.retry_on),
    )

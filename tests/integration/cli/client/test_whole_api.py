"""The clients know all of the native API: every route of its document, and every field of its answers."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.support.site import Site

from headrace.client.events import events_path
from headrace.client.model import account, dead_letter, file, job, outcome, site, webhook
from headrace.client.operation import operation
from headrace.client.operations.every import Operations
from headrace.client.steps import SaveTo, Send

#: The schemas of the document, and what they are to the client.
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "JobAccepted": job.Submitted, "JobSummary": job.Job, "Job": job.Job, "JobList": job.JobPage,
    "Failure": job.Failure, "StoredFile": job.StoredFile, "Publication": job.Publication,
    "WaitingReason": job.WaitingReason, "NearMiss": job.NearMiss,
    "Batch": job.Batch, "BatchItem": job.BatchItem, "ErrorBody": job.Refusal,
    "Attempt": outcome.Attempt, "AttemptList": outcome.AttemptList, "LogLine": outcome.LogLine, "Logs": outcome.Logs,
    "File": file.File, "FileSlot": file.FileSlot, "FileList": file.FilePage,
    "ModelCard": site.Model, "ModelList": site.ModelList, "Template": site.Template,
    "TemplateList": site.TemplateList, "Destination": site.Destination, "DestinationList": site.DestinationList,
    "Agent": site.Agent, "AgentList": site.AgentList, "Pool": site.Pool, "PoolList": site.PoolList,
    "PausedPool": site.PausedPool, "PoolSwitch": site.PoolSwitch, "AgentSwitch": site.AgentSwitch,
    "AccountLimits": account.AccountLimits,
    "Webhook": webhook.Webhook, "WebhookSecret": webhook.Webhook, "WebhookList": webhook.WebhookList,
    "SendAttempt": webhook.SendAttempt, "Delivery": webhook.Delivery, "DeliveryList": webhook.DeliveryPage,
    "DeliveryQueued": webhook.Queued,
    "Account": account.Account, "Usage": account.Usage, "UsageLine": account.UsageLine,
    "Retry": job.Retry, "DeadLetter": dead_letter.DeadLetter, "DeadLetterDetail": dead_letter.DeadLetter,
    "DeadAttempt": dead_letter.DeadAttempt, "DeadLetterList": dead_letter.DeadLetterPage,
    "ReplayedLetter": dead_letter.ReplayedLetter, "Replayed": dead_letter.Replayed,
    "Discarded": dead_letter.Discarded,
    "Key": account.Key, "NewKey": account.Key, "KeyList": account.KeyList,
}  # fmt: skip
#: Schemas that no call gives to its caller.
OTHERS = {"Error", "FieldProblem", "JobState", "Cancelled", "OutputConfig", "RequirementsBody"}


@pytest.fixture(scope="module")
def document(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{site.url}/v1/openapi.json").json()
    return found


def test_every_field_of_every_answer_is_known(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    answers = {name for name in schemas if not name.endswith("Body") or name == "ErrorBody"} - OTHERS
    assert answers == set(STRUCTS)
    for struct in set(STRUCTS.values()):
        sent = {
            field for name, each in STRUCTS.items() if each is struct for field in schemas[name]["properties"]
        }
        assert sent == set(struct.__struct_fields__), struct.__name__


def test_every_route_has_a_call(document: dict[str, Any], tmp_path: Path) -> None:
    routes = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path != "/"
    }
    called = {("GET", events_path(None)), ("GET", events_path("x"))}
    for kind in Operations.__mro__:
        for each in vars(kind).values():
            if isinstance(each, operation):
                called |= first_request(each, tmp_path)
    patterns = {route: re.compile(re.sub(r"\{\w+\}", "x", route[1])) for route in routes}
    missed = {
        (method, path)
        for (method, path), pattern in patterns.items()
        if not any(verb == method and pattern.fullmatch(where) for verb, where in called)
    }
    assert missed == set()


def first_request(each: operation[Any, Any], folder: Path) -> set[tuple[str, str]]:
    """The method and the path that a call begins with; every id is x."""
    file = folder / "x"
    file.touch()
    values = {"path": str(file), "jobs": [], "options": {}}
    wanted = [
        values.get(name, "x")
        for name, parameter in inspect.signature(each.source).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        and name != "self"
    ]
    steps = each.source(Operations(), *wanted)
    step = next(steps)
    steps.close()
    assert isinstance(step, Send | SaveTo)
    return {(step.method if isinstance(step, Send) else "GET", step.path)}

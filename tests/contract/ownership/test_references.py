"""What a submit names in its body: another account's thing is one that does not exist, to the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.contract.ownership.parties import Party
from tests.contract.ownership.things import MAKERS
from tests.support.record import pool_of
from tests.support.transcript import fill

from headrace_store.accounts.accounts import Accounts


@dataclass(frozen=True, kw_only=True)
class Reference:
    kind: str
    path: str
    thing: str
    body: dict[str, Any]


_JOBS = "/v1/jobs"
_REFERENCES = [
    Reference(
        kind="native",
        path=_JOBS,
        thing="native_file",
        body={"model": "document-analysis", "input": "{id}"},
    ),
    Reference(
        kind="native",
        path=_JOBS,
        thing="native_template",
        body={"model": "text-generation", "input": "x", "template_id": "{id}"},
    ),
    Reference(
        kind="native",
        path=_JOBS,
        thing="native_destination",
        body={"model": "text-generation", "input": "x", "destinations": ["{id}"]},
    ),
    Reference(
        kind="native",
        path="/v1/jobs:batch",
        thing="native_file",
        body={"jobs": [{"model": "document-analysis", "input": "{id}"}]},
    ),
    Reference(
        kind="auraflux",
        path="/auraflux/v1/jobs",
        thing="auraflux_template",
        body={"entry": "prompt", "prompt": "the sea", "fromTemplateId": "{id}"},
    ),
    Reference(
        kind="auraflux",
        path="/auraflux/v1/jobs",
        thing="native_destination",
        body={"entry": "prompt", "prompt": "the sea", "platforms": ["{id}"]},
    ),
    Reference(
        kind="auraflux",
        path="/auraflux/v1/jobs",
        thing="plain_file",
        body={"entry": "upload", "fileId": "{id}"},
    ),
    Reference(
        kind="session",
        path="/jobserver/api/jobs/submit",
        thing="jobserver_file",
        body={"command": "true", "fileUrl": "/uploads/{id}/p.zip"},
    ),
]


def _unknown(known: str) -> str:
    """An id of the same form that nobody has."""
    digits = uuid4().hex
    return re.sub(r"[0-9a-f]{32}", digits, known) if re.search(r"[0-9a-f]{32}", known) else str(UUID(digits))


@pytest.mark.parametrize("reference", _REFERENCES, ids=lambda each: f"{each.path} {each.thing}")
async def test_stranger_learns_nothing_of_it(reference: Reference, owner: Party, stranger: Party) -> None:
    async with pool_of(stranger.record_url) as pool:
        await Accounts(pool).grant(stranger.account_id, 10)
    known = (await MAKERS[reference.thing](owner))["id"]
    unknown = _unknown(known)
    answers = []
    for one in (known, unknown):
        status, body = await stranger.ask(
            reference.kind, "POST", reference.path, json=fill(reference.body, {"id": one})
        )
        assert 400 <= status < 500, (status, body)
        answers.append((status, str(body).replace(one, "<id>")))
    assert answers[0] == answers[1]

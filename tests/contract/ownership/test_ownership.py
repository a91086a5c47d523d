"""All routes of all dialects: with no credentials, with dead ones, with those of another kind, and by a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from tests.contract.ownership.parties import SLOTS, Party, ask, presented
from tests.contract.ownership.routers import routes
from tests.contract.ownership.row import Row
from tests.contract.ownership.rows_native import NATIVE
from tests.contract.ownership.rows_others import AURAFLUX, AURALIS, JOBSERVER, RADIANCE
from tests.contract.ownership.things import MAKERS, native_uuid_job, radiance_held
from tests.support.site import Site
from tests.support.transcript import fill

TABLE: dict[str, list[Row]] = {
    "native": NATIVE,
    "radiance": RADIANCE,
    "auralis": AURALIS,
    "auraflux": AURAFLUX,
    "jobserver": JOBSERVER,
}
_ROWS = [(dialect, row) for dialect, rows in TABLE.items() for row in rows]
_GUARDED = [(dialect, row) for dialect, row in _ROWS if row.opens]
_OWNED = [(dialect, row) for dialect, row in _ROWS if row.thing]
_NOBODYS = {"id": str(uuid4()), "name": "x", "delivery": "x", "claim": "x"}


def _ids(value: object) -> str:
    return (
        value if isinstance(value, str) else f"{value.method} {value.path}" if isinstance(value, Row) else ""
    )


def _request(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {"headers": fill(dict(row.headers), names), "stream": row.stream}
    if row.form:
        request["data"] = aiohttp.FormData({"file": BytesIO(b"content")}, default_to_multipart=True)
    elif row.json is not None:
        request["json"] = fill(row.json, names)
    return request


def _path(dialect: str, row: Row, names: Mapping[str, str]) -> str:
    mount = "" if dialect == "native" else f"/{dialect}"
    return mount + str(fill(row.address, names))


async def _tried(
    site: Site, session: aiohttp.ClientSession, dialect: str, row: Row, shown: dict[str, Any]
) -> int:
    """The status of a request with ``shown`` as its credentials."""
    request = _request(row, _NOBODYS)
    request["headers"] |= shown.get("headers", {})
    path = _path(dialect, row, _NOBODYS)
    url = site.url + path
    status, _ = await ask(session, row.method, url, **request, params=shown.get("params", {}))
    return status


def test_every_route_stands_in_the_table() -> None:
    rows = {(dialect, row.method, row.path) for dialect, row in _ROWS}
    assert rows == routes()
    assert len(rows) == len(_ROWS)
    assert all(row.why for _, row in _ROWS if not row.opens)


@pytest.mark.parametrize(("dialect", "row"), _GUARDED, ids=_ids)
async def test_without_good_credentials(
    dialect: str,
    row: Row,
    guarded_site: Site,
    session: aiohttp.ClientSession,
    bystander: Mapping[str, str],
    dead: Mapping[str, Mapping[str, str]],
) -> None:
    tries: dict[str, dict[str, Any]] = {"none": {}}
    for slot in {SLOTS[kind] for kind in row.opens}:
        tries[f"nonsense as {slot}"] = presented(slot, "nonsense")
        kinds = {kind for kind in SLOTS if not (kind in row.opens and SLOTS[kind] == slot)}
        tries |= {f"{kind} as {slot}": presented(slot, bystander[kind]) for kind in kinds}
    for fate, secrets in dead.items():
        for kind in set(row.opens) & set(secrets):
            if fate not in row.outlives:
                tries[f"{fate} {kind}"] = presented(SLOTS[kind], secrets[kind])
    found = {how: await _tried(guarded_site, session, dialect, row, shown) for how, shown in tries.items()}
    assert {how: status for how, status in found.items() if status != 401} == {}


@pytest.mark.parametrize(("dialect", "row"), _OWNED, ids=_ids)
async def test_stranger(dialect: str, row: Row, owner: Party, stranger: Party) -> None:
    """A stranger first; then the owner, whom the same request must not tell that there is nothing."""
    names = await MAKERS[row.thing](owner)
    others = await _as_stranger(row, names, owner, stranger)
    for kind in row.opens:
        status, body = await stranger.ask(
            kind, row.method, _path(dialect, row, others), **_request(row, others)
        )
        assert status == row.stranger, (kind, status, body)
        if row.lists:
            assert others["id"] not in str(body)
    status, body = await owner.ask(
        row.opens[0], row.method, _path(dialect, row, names), **_request(row, names)
    )
    assert status not in {401, 403, 404}, (status, body)
    if row.lists:
        assert names["id"] in str(body)


async def _as_stranger(row: Row, names: dict[str, str], owner: Party, stranger: Party) -> dict[str, str]:
    """What a stranger asks for: the thing itself. Radiance knows no accounts: there a stranger's is what is not
    public, or the claim of another agent.
    """
    if row.thing == "radiance_job":
        return await native_uuid_job(owner)
    if row.thing == "radiance_held":
        return {**names, "claim": (await radiance_held(stranger))["claim"]}
    return names

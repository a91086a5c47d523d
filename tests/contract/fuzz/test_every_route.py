"""Every route of every dialect, shot at with requests that no client would send; nothing breaks, nothing is told.

``FUZZ_EXAMPLES=2000 FUZZ_RANDOM=1 pytest tests/contract/fuzz`` runs it for longer, with other requests each time.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.fuzz.bodies import bodies
from tests.contract.fuzz.conftest import Target
from tests.contract.fuzz.seeds import HEADERS, QUERY, seeds_of
from tests.contract.fuzz.values import texts
from tests.contract.fuzz.wire import Shot, check, send
from tests.contract.ownership.parties import SLOTS, presented
from tests.contract.ownership.routers import routes
from tests.contract.ownership.rows_native import NATIVE
from tests.contract.ownership.rows_others import AURAFLUX, AURALIS, JOBSERVER, RADIANCE
from tests.support.memory import MIB, peak_bytes

_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
_RANDOM = bool(os.environ.get("FUZZ_RANDOM"))
_ROWS = {
    "native": NATIVE,
    "radiance": RADIANCE,
    "auralis": AURALIS,
    "auraflux": AURAFLUX,
    "jobserver": JOBSERVER,
}
_OPENS = {(dialect, row.method, row.path): row.opens for dialect, rows in _ROWS.items() for row in rows}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X")
_MOST_API_BYTES = 400 * MIB


def _filled(value: Any, target: Target) -> Any:
    """Seeds with ids that are there."""
    text = json.dumps(value).replace("{user}", target.user_ref).replace("{id}", target.ids[-1])
    return json.loads(text)


@st.composite
def shots(draw: st.DrawFn, target: Target, dialect: str, method: str, path: str) -> Shot:
    """A request to the route, with a credential that opens it."""
    sent = method if draw(st.integers(0, 19)) else draw(st.sampled_from(_METHODS))
    values = st.one_of(st.sampled_from(target.ids), st.sampled_from(target.ids), texts)
    params = {name: draw(values) for name in ("id", "name", "workerId", "fileId", "delivery_id")}
    query = list(draw(st.lists(st.tuples(st.sampled_from(QUERY), values), max_size=3)))
    headers: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(HEADERS), max_size=2)):
        headers[name] = draw(
            st.one_of(st.sampled_from(["bytes=5-1", "websocket", "gzip", "100-continue", "noop"]), texts)
        )
    body = (
        None
        if sent in {"GET", "HEAD"} and draw(st.integers(0, 4))
        else draw(bodies(tuple(_filled(seed, target) for seed in seeds_of(dialect, path))))
    )
    if body is not None:
        headers.update(body.headers)
    kinds = _OPENS.get((dialect, method, path)) or ("native",)
    kind = draw(st.sampled_from(kinds))
    secret = target.second_session if "/auth/" in path else target.secrets[kind]
    shown = presented(SLOTS[kind], secret)
    headers.update(shown.get("headers", {}))
    query += list(shown.get("params", {}).items())
    return Shot(
        dialect=dialect, method=sent, path=path, params=params, query=tuple(query), headers=headers,
        body=b"" if body is None else body.data,
    )  # fmt: skip


@pytest.mark.timeout(0 if _EXAMPLES > 10 else 120)
@pytest.mark.parametrize(("dialect", "method", "path"), sorted(routes()))
def test_no_request_breaks_a_route_or_makes_it_tell(
    target: Target, dialect: str, method: str, path: str
) -> None:
    @settings(
        max_examples=_EXAMPLES,
        derandomize=not _RANDOM,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(shot=shots(target, dialect, method, path))
    def run(shot: Shot) -> None:
        check(shot, send(target.api.api_port, shot))

    run()


def test_the_processes_have_lived_through_it(target: Target) -> None:
    for process in (target.api, target.dispatcher):
        assert process.ready()
        assert "Traceback" not in process.log
        assert "action=http.failed" not in process.log
        assert "action=request.failed" not in process.log
    assert peak_bytes(target.api.pid) < _MOST_API_BYTES

"""Connections that break in the middle: nothing is done twice, nothing is half there, nothing is missed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.client.conftest import Callers
from tests.support.cutting_proxy import CuttingProxy, cutting
from tests.support.record import pool_of
from tests.support.site import Site, SiteAccount

from headrace.client import calls
from headrace.client.errors import UnreachableError
from headrace.client.events import Event

pytestmark = pytest.mark.usefixtures("agent")

TABLE = b"name,score\n" + b"ada,3\n" * 100_000


def final(event: Event) -> bool:
    return event.kind == "state" and event.data["status"] == "completed"


async def test_a_submit_whose_answer_is_lost_makes_one_job(
    callers: Callers, account: SiteAccount, site: Site
) -> None:
    async with cutting(site.url) as proxy:
        proxy.plan = [0, 30]  # no byte of the first answer, a part of the second one
        made = await callers.to(account, proxy.url)("submit", "noop")
        assert (proxy.cuts, proxy.connections) == (2, 3)
    async with pool_of(site.record_url) as pool:
        jobs = await pool.fetch("SELECT id FROM jobs WHERE account_id = $1", account.id)
    assert [f"job_{row['id'].hex}" for row in jobs] == [made.job_id]


async def test_a_cancel_whose_answer_is_lost_is_a_cancel(
    callers: Callers, account: SiteAccount, site: Site
) -> None:
    made = await callers.to(account)("submit", "noop")
    async with cutting(site.url) as proxy:
        proxy.plan = [0]
        job = await callers.to(account, proxy.url)("cancel", made.job_id)
        assert proxy.cuts == 1
    assert job.status == "cancelled"


async def _table_job(callers: Callers, account: SiteAccount, tmp_path: Path) -> str:
    call, source = callers.to(account), tmp_path / "table.csv"
    source.write_bytes(TABLE)
    made = await call("submit", "data-processing", file=source)
    await call("wait", made.job_id, timeout_s=60)
    return str(made.job_id)


async def test_a_download_that_is_cut_begins_anew(
    callers: Callers, account: SiteAccount, site: Site, tmp_path: Path
) -> None:
    job_id = await _table_job(callers, account, tmp_path)
    async with cutting(site.url) as proxy:
        proxy.plan = [200_000]
        saved = await callers.to(account, proxy.url)("download", job_id, tmp_path)
        assert proxy.cuts == 1
    assert saved.read_bytes() == TABLE


async def test_a_download_that_is_cut_each_time_leaves_nothing(
    callers: Callers, account: SiteAccount, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PAUSES_S", (0.01, 0.01))
    job_id = await _table_job(callers, account, tmp_path)
    folder = tmp_path / "results"
    folder.mkdir()
    async with cutting(site.url) as proxy:
        proxy.plan = [200_000] * 3
        with pytest.raises(UnreachableError, match=f"no answer from {proxy.url}"):
            await callers.to(account, proxy.url)("download", job_id, folder)
        assert proxy.cuts == 3
    assert list(folder.iterdir()) == []


async def test_a_stream_of_events_goes_on_where_it_was_cut(
    callers: Callers, account: SiteAccount, site: Site, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    made = await callers.to(account)("submit", "text-generation", f"gate {gate}")
    async with cutting(site.url) as proxy:
        events = await callers.to(account, proxy.url).events(made.job_id, until=_cut_at_gate(proxy, gate))
        assert proxy.cuts == 1
    # Its end was heard as it happened, over the second connection: the gate was shut until then.
    assert final(events[-1])
    assert events[-1].id is not None
    ids = [event.id for event in events if event.id is not None]
    assert len(set(ids)) == len(ids), "no event comes twice"


def _cut_at_gate(proxy: CuttingProxy, gate: Path) -> Callable[[Event], bool]:
    def judge(event: Event) -> bool:
        # Told as it happens, or with the job as it stands, which a new connection begins with.
        if event.data.get("progress") == 50 and proxy.cuts == 0:
            proxy.cut_all()
        elif proxy.cuts == 1 and proxy.connections == 2:
            gate.touch()
        return False

    return judge


async def test_who_comes_back_hears_what_was_missed(
    callers: Callers, account: SiteAccount, tmp_path: Path
) -> None:
    call, gate = callers.to(account), tmp_path / "gate"
    made = await call("submit", "text-generation", f"gate {gate}")

    def open_gate(_event: Event) -> bool:
        gate.touch()
        return False

    events = await call.events(made.job_id, until=open_gate)
    assert final(events[-1])
    end = events[-1].id
    assert end is not None

    other = await call("submit", "text-generation", "hello")
    await call("wait", other.job_id, timeout_s=60)
    missed = await call.events(
        after=end, until=lambda event: event.data["job_id"] == other.job_id and final(event)
    )
    heard = [
        event.data["status"]
        for event in missed
        if event.data["job_id"] == other.job_id and event.kind == "state"
    ]
    assert heard[-1] == "completed"
    assert end not in {event.id for event in missed}

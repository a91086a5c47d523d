"""What the record keeps for a while only."""

from __future__ import annotations

import pytest
from tests.support.record import PUBLIC_ACCOUNT

from headrace_dispatcher.housekeeping.cleaner import AGES_S, Cleaner
from headrace_dispatcher.store.housekeeping import SQL, HousekeepingStore
from headrace_dispatcher.store.leases import Singletons
from headrace_store.postgres import Pool


async def fill(record: Pool) -> None:
    """Of each kind a row that is just old enough, and one that is not."""
    for ago in ("25 hours", "23 hours"):
        await record.execute(
            "INSERT INTO idempotency_keys (account_id, dialect, key, fingerprint, job_ids, created_at)"
            " VALUES ($1, 'native', $2, '', '{}', now() - $2::text::interval)",
            PUBLIC_ACCOUNT, ago,
        )  # fmt: skip
        await record.execute(
            "INSERT INTO login_failures (subject, failures, last_at) VALUES ($1, 1, now() - $1::text::interval)",
            ago,
        )
        await record.execute(
            "INSERT INTO lane_turns (platform, pool, priority, account_id, served_at)"
            " VALUES ('any', $2, 1, $1, now() - $2::text::interval)",
            PUBLIC_ACCOUNT, ago,
        )  # fmt: skip
    for ago in ("8 days", "6 days"):
        await record.execute(
            "INSERT INTO files (id, account_id, key, name, mime, expires_at)"
            " VALUES (gen_random_uuid(), $1, '', '', '', now() - $2::text::interval)",
            PUBLIC_ACCOUNT, ago,
        )  # fmt: skip
    for ago in ("3 hours", "1 hour"):
        await record.execute(
            "INSERT INTO rate_windows (subject, starts_at, taken) VALUES ($1, now() - $1::text::interval, 1)",
            ago,
        )
    await record.execute(
        "INSERT INTO users (id, account_id, email, password_hash, role) VALUES ($1, $1, 'a@b', '', 'user')",
        PUBLIC_ACCOUNT,
    )
    for ago in ("1 second", "-1 hour"):
        await record.execute(
            "INSERT INTO sessions (id, user_id, expires_at, refresh_until)"
            " VALUES (gen_random_uuid(), $1, now(), now() - $2::text::interval)",
            PUBLIC_ACCOUNT, ago,
        )  # fmt: skip


async def test_old_rows_go_and_young_ones_stay(record: Pool) -> None:
    await fill(record)
    cleaner = Cleaner(HousekeepingStore(record), Singletons(record))
    assert await cleaner.round() == dict.fromkeys(AGES_S, 1)
    assert await cleaner.round() == dict.fromkeys(AGES_S, 0)
    for table in AGES_S:
        assert await record.fetchval(f"SELECT count(*) FROM {table}") == 1  # noqa: S608 -- names of our own


async def test_more_than_one_portion_goes_in_a_round(record: Pool) -> None:
    await record.execute(
        "INSERT INTO rate_windows (subject, starts_at, taken)"
        " SELECT 's' || n, now() - interval '1 day', 1 FROM generate_series(1, 12000) n"
    )
    cleaner = Cleaner(HousekeepingStore(record), Singletons(record))
    assert (await cleaner.round())["rate_windows"] == 12_000


@pytest.mark.parametrize("kind", sorted(AGES_S))
async def test_old_rows_are_found_by_an_index(record: Pool, kind: str) -> None:
    plan = await record.fetch(f"EXPLAIN (COSTS OFF) {SQL[kind]}", 1.0, 10)
    lines = [line for (line,) in plan if " Scan" in line]
    assert any(f"{kind}_old" in line for line in lines), lines
    assert not any("Seq Scan" in line for line in lines), lines

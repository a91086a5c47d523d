"""Places to publish to, as rows of the record."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from tests.support.record import pool_of

from headrace_contracts.ids import new_id


async def add_destination(
    record_url: str,
    account_id: UUID,
    name: str,
    *,
    platform: str = "s3",
    config: dict[str, Any] | None = None,
) -> UUID:
    """A destination without a secret; the default is a folder of the site's own bucket."""
    made = new_id()
    async with pool_of(record_url) as pool:
        await pool.execute(
            "INSERT INTO destinations (id, account_id, name, platform, config) VALUES ($1, $2, $3, $4, $5)",
            made, account_id, name, platform, json.dumps({"prefix": name} if config is None else config),
        )  # fmt: skip
    return made

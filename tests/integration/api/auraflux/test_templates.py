"""Templates that were made through another dialect."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.api.auraflux.client import Client

from headrace_contracts.ids import new_id
from headrace_store.postgres import Pool


async def template(pool: Pool, client: Client, model: str | None, options: dict[str, Any]) -> str:
    made = new_id()
    await pool.execute(
        "INSERT INTO templates (id, account_id, name, model, options) VALUES ($1, $2, 'x', $3, $4)",
        made, client.account.id, model, json.dumps(options),
    )  # fmt: skip
    return str(made)


async def test_one_for_videos_is_shown_in_this_apis_words_and_used(client: Client, pool: Pool) -> None:
    made = await template(pool, client, "video-production", {"title_card_s": 4.0, "title_card": True})
    listed = await client.ask("GET", "/templates")
    assert [each["options"] for each in listed["templates"]] == [{"titleCardSeconds": 4.0, "titleCard": True}]
    job_id = await client.submit(fromTemplateId=made, options={"titleCard": False})
    stored = await pool.fetchval("SELECT payload FROM jobs WHERE account_id = $1", client.account.id)
    assert json.loads(stored) == {
        "title_card_s": 4.0,
        "title_card": False,
        "entry": "prompt",
        "prompt": "rivers",
    }
    await client.ask("DELETE", f"/templates/{made}")
    assert (await client.job(job_id))["fromTemplateId"] == made
    await client.ask("DELETE", f"/jobs/{job_id}")


async def test_one_for_another_model_is_none_of_this_api(client: Client, pool: Pool) -> None:
    for model in ("text-generation", None):
        made = await template(pool, client, model, {"temperature": 1})
        assert (await client.ask("GET", "/templates"))["total"] == 0
        await client.ask("DELETE", f"/templates/{made}", status=404)
        await client.ask(
            "POST", "/jobs", status=404, json={"entry": "prompt", "prompt": "x", "fromTemplateId": made}
        )


async def test_one_that_no_job_can_have_is_told_when_it_is_used(client: Client, pool: Pool) -> None:
    made = await template(pool, client, "video-production", {"resolution": 4})
    refused = await client.ask(
        "POST", "/jobs", status=400, json={"entry": "prompt", "prompt": "x", "fromTemplateId": made}
    )
    assert [each["field"] for each in refused["error"]["details"]["problems"]] == ["options.resolution"]
    assert await client.credits() == 60

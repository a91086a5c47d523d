"""The document says what the API does: it is valid, and requests made from it find no difference."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.contract.native.conftest import Native
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site

#: So many requests of each kind an operation; enough to find a fault, few enough for every run.
_EXAMPLES = 5
_SEED = 7
_LIMIT_S = 200
#: Streams of events never end; keys are looked at alone, since a key that revokes itself ends the run.
_APART = r"(/events|/v1/keys/\{id\})$"


@pytest.fixture(scope="module")
def unlimited(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A second API of the site, without limits that a test would notice."""
    # Times the factor: two APIs on one record count the wrong credentials of an address together, in portions.
    wide = {"HEADRACE_RATE_LIMIT_FACTOR": "100000", "HEADRACE_WRONG_CREDENTIALS_PER_MINUTE": "1"}
    env = {**site.env, **wide}
    with service("headrace_api", env, tmp_path_factory.mktemp("unlimited") / "api.log") as running:
        yield running


async def schemathesis(url: str, key: str, config: Path, *options: str) -> tuple[int, str]:
    """Its exit code, and what it wrote."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "run",
        f"{url}/v1/openapi.json",
        "--url", url, "-H", f"Authorization: Bearer {key}", "--seed", str(_SEED), "--no-color",
        "--max-examples", str(_EXAMPLES), "--generation-database", "none",
        # What is refused for its meaning (an unknown model, a file that is not there) is good in its form.
        "--checks", "all", "--exclude-checks", "positive_data_acceptance", *options,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=config.parent,  # where it leaves what it remembers
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    return process.returncode or 0, output.decode()


def use(path: Path, known: dict[str, str]) -> Path:
    """A configuration that gives the ids of things that are there."""
    parts = [
        f'[[operations]]\ninclude-path-regex = "^/v1/{noun}/"\nparameters = {{ "path.id" = "{value}" }}\n'
        for noun, value in known.items()
    ]
    path.write_text("\n".join(parts))
    return path


@pytest.mark.timeout(240)
async def test_requests_made_from_the_document_find_no_fault(
    native: Native, unlimited: ServiceProcess, tmp_path: Path
) -> None:
    known = {
        "jobs": await native.job(),
        "templates": (await native.made("POST", "/v1/templates", json={"name": "x"}))["template_id"],
        "files": (await native.made("POST", "/v1/files", json={"name": "x"}))["file_id"],
        "webhooks": (await native.made("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"}))[
            "webhook_id"
        ],
    }
    key, url = native.account.native_key, unlimited.api_url
    config, apart = use(tmp_path / "schemathesis.toml", known), ("--exclude-path-regex", _APART)
    code, output = await schemathesis(url, key, config, *apart, "--phases", "examples,coverage,fuzzing")
    assert code == 0, output[-8000:]
    assert "56 passed" in output
    # One request after the other, each with the id that the one before has brought.
    code, output = await schemathesis(url, key, use(config, {}), *apart, "--phases", "stateful")
    assert code == 0, output[-8000:]
    assert "action=http.failed" not in unlimited.log


@pytest.mark.timeout(240)
async def test_keys_find_no_fault_either(native: Native, unlimited: ServiceProcess, tmp_path: Path) -> None:
    made = await native.made("POST", "/v1/keys", json={"name": "throwaway"})
    code, output = await schemathesis(
        unlimited.api_url,
        native.account.native_key,
        use(tmp_path / "schemathesis.toml", {"keys": made["key_id"]}),
        "--include-path-regex",
        r"^/v1/keys/",
        "--phases",
        "coverage,fuzzing",
    )
    assert code == 0, output[-8000:]
    # Here, where all those wrong keys from this address are not too many.
    bearer = {"Authorization": f"Bearer {made['key']}"}
    async with native.session.get(f"{unlimited.api_url}/v1/account", headers=bearer) as answer:
        assert answer.status == 401
    assert "action=http.failed" not in unlimited.log


async def test_the_document_is_valid_and_needs_no_key(native: Native) -> None:
    async with native.session.get(f"{native.origin}/v1/openapi.json") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    names = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert len(set(names)) == len(names) == 59


async def test_the_page_asks_for_nothing_and_shows_every_operation(native: Native) -> None:
    async with native.session.get(f"{native.origin}/docs") as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        page = await answer.text()
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    document = await native.made("GET", "/v1/openapi.json")
    for path, item in document["paths"].items():
        for op in item.values():
            assert f'id="{op["operationId"]}"' in page, path
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page
    assert "Once upon a time" in page  # bodies as one would write them
    for word in ("<script", "<img", "<link", "src=", "@import", "url("):
        assert word not in page


async def test_the_root_says_what_there_is(native: Native) -> None:
    async with native.session.get(f"{native.origin}/") as answer:
        found = await answer.json()
    assert found["dialects"]["radiance"] == "/radiance"
    assert (found["docs"], found["openapi"]) == ("/docs", "/v1/openapi.json")

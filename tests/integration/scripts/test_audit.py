"""`scripts/audit` with an advisory service that finds something, finds nothing, lies or is not there."""

from __future__ import annotations

import asyncio
import importlib.machinery
import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "audit"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("audit_script", str(SCRIPT))
    spec = importlib.util.spec_from_loader("audit_script", loader)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(made)
    sys.dont_write_bytecode = before
    return made


def advisory(name: str, fixed: str) -> dict[str, Any]:
    """As the OSV schema has it."""
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {
        "package": {"name": name, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": f"PYSEC-{name}", "aliases": [f"CVE-{name}"], "summary": "bad", "affected": [affected]}


@asynccontextmanager
async def advisories(bad: dict[str, str]) -> AsyncIterator[str]:
    """An OSV service that knows ``bad``: the version that mends each package. It always knows of one old version."""

    async def query(request: web.Request) -> web.Response:
        name = (await request.json())["package"]["name"]
        known = {"jinja2": "99"} | bad if (await request.json())["version"] == "2.4.1" else bad
        return web.json_response({"vulns": [advisory(name, known[name])]} if name in known else {})

    app = web.Application()
    app.router.add_post("/v1/query", query)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/query"
    finally:
        await runner.cleanup()


LOCK = """
[[package]]
name = "aiohttp"
version = "3.14.5"
source = { registry = "https://packages.example" }

[[package]]
name = "headrace"
version = "0.1.0"
source = { editable = "cli" }
"""


async def run(osv_url: str, folder: Path) -> tuple[int | None, str]:
    lock = folder / "uv.lock"
    lock.write_text(LOCK)
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), "--osv-url", osv_url, "--lock", str(lock),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(child.communicate(), 60)
    return child.returncode, said.decode()


async def test_a_known_vulnerability_fails_the_audit(tmp_path: Path) -> None:
    async with advisories({"aiohttp": "99.0"}) as url:
        status, said = await run(url, tmp_path)
    assert status == 1
    assert f"asked {url}" in said
    assert "aiohttp 3.14.5: PYSEC-aiohttp, mended in 99.0" in said


async def test_nothing_known_passes(tmp_path: Path) -> None:
    async with advisories({}) as url:
        status, said = await run(url, tmp_path)
    assert (status, "nothing found" in said, f"asked {url}" in said) == (0, True, True), said


def test_a_service_that_knows_nothing_is_none(audit: ModuleType) -> None:
    assert audit.reachable("http://127.0.0.1:1/v1/query") is False


def test_a_lock_without_a_hash_is_found(audit: ModuleType) -> None:
    lock: dict[str, Any] = {
        "package": [
            {"name": "good", "version": "1", "source": {"registry": "x"}, "wheels": [{"hash": "sha256:ab"}]},
            {
                "name": "bad",
                "version": "1",
                "source": {"registry": "x"},
                "wheels": [{"hash": "sha256:ab"}, {}],
            },
            {"name": "ours", "version": "1", "source": {"editable": "libs/x"}},
        ]
    }
    assert audit.requirements(lock) == ["good==1", "bad==1"]
    assert audit.hashless(lock) == ["bad 1: an artefact in uv.lock has no SHA-256"]


def test_a_file_that_was_changed_after_it_was_installed_is_found(audit: ModuleType, tmp_path: Path) -> None:
    info = tmp_path / "thing-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
    (tmp_path / "thing.py").write_text("good = True\n")
    digest = audit._digest(tmp_path / "thing.py")
    (info / "RECORD").write_text(f"thing.py,sha256={digest},12\nthing-1.dist-info/RECORD,,\n")
    (distribution,) = metadata.distributions(path=[str(tmp_path)])
    assert audit.tampered(distribution) == []
    (tmp_path / "thing.py").write_text("evil = True\n")
    assert audit.tampered(distribution) == ["thing: thing.py is not as it was installed"]


def test_what_is_set_aside_has_a_reason_and_an_end(audit: ModuleType) -> None:
    report = {"dependencies": [
        {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}]},
        {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-2", "aliases": [], "fix_versions": []}]},
    ]}  # fmt: skip
    text = '[[ignored]]\nid = "CVE-1"\nreason = "not used"\nuntil = 2026-12-31\n'
    bad, aside = audit.judge(report, audit.set_aside(text, date(2026, 12, 31)))
    assert bad == ["b 1: PYSEC-2, mended in nothing yet"]
    assert aside == ["a 1: PYSEC-1, mended in 2 (set aside: not used)"]
    assert len(audit.judge(report, audit.set_aside(text, date(2027, 1, 1)))[0]) == 2, "its time is over"
    for wrong in (
        "reason = 'x'\nuntil = 2026-12-31",
        'id = "x"\nreason = " "\nuntil = 2026-12-31',
        'id = "x"\nreason = "y"',
    ):
        with pytest.raises(ValueError, match=r"audit\.toml"):
            audit.set_aside(f"[[ignored]]\n{wrong}\n", date(2026, 1, 1))
    assert audit.set_aside((ROOT / "scripts" / "audit.toml").read_text(), date(2026, 1, 1)) == {}

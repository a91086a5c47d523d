"""What the docs point at is there: files behind relative links, and the action names of the log.

Reads files of the repository; nothing else is touched.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MEMBERS = ("libs/*", "services/*", "agent", "cli")
DOCS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    + [path for member in MEMBERS for path in ROOT.glob(f"{member}/README.md")]
)
SOURCES = [path for member in MEMBERS for path in ROOT.glob(f"{member}/src/**/*.py")]

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
_ACTION = re.compile(r"\"action\": \"([a-z_.]+)\"")


def test_there_are_docs_and_sources_to_look_at() -> None:
    assert len(DOCS) > 20
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    for target in _LINK.findall(path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_every_action_that_operators_are_told_of_is_logged_somewhere() -> None:
    logged = {action for path in SOURCES for action in _ACTION.findall(path.read_text("utf-8"))}
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs" / "operations.md").read_text("utf-8").splitlines()
        if re.match(r"\| `[a-z]+\.[a-z_.]+`", line)
    ]
    told = {action for row in rows for action in re.findall(r"`([a-z_.]+)`", row)}
    assert len(told) > 20
    assert told <= logged, f"docs/operations.md names actions that nothing logs: {sorted(told - logged)}"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(_LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_every_test_that_the_guarantees_rest_on_is_there() -> None:
    told = set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "guarantees.md").read_text("utf-8")))
    assert len(told) > 30
    missing = sorted(path for path in told if not (ROOT / path).is_file())
    assert not missing

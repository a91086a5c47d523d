"""What a result may name as its files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from headrace_contracts.messages.events import Completed, Failed, FailureCode, FileRef
from headrace_dispatcher.recorder.custody import in_custody

OWN, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def completed(**fields: Any) -> Completed:
    return Completed(id=OWN, fence=7, started_at=NOW, finished_at=NOW, **fields)


def file(key: str) -> FileRef:
    return FileRef(key=key, name="a", mime="text/plain", size=1)


def naming(key: str) -> list[Completed]:
    """Every place in which an agent can name ``key``."""
    good = file(f"results/{OWN}/a")
    return [
        completed(file=file(key)), completed(result_ref=key), completed(file=good, extra_files=[good, file(key)]),
    ]  # fmt: skip


@pytest.mark.parametrize("key", [f"results/{OWN}/a.txt", f"results/{OWN}/attempt-2/ü.bin"])
def test_own_files_are_taken(key: str) -> None:
    assert [in_custody(event) for event in naming(key)] == naming(key)
    assert in_custody(completed()) == completed()


@pytest.mark.parametrize(
    "key",
    [
        f"results/{OTHER}/a.txt", f"uploads/{OTHER}/a.txt", f"uploads/{OWN}/a.txt", f"files/{OWN}/a",
        f"results/{OWN}", f"results/{OWN}/", f"results/{OWN}/../{OTHER}/a", f"results/{OWN}/./a",
        f"results/{OWN}//a", f"/results/{OWN}/a", f"results/{OWN}x/a", "", "..", "published/a",
    ],
)  # fmt: skip
def test_files_of_others_fail_the_attempt(key: str) -> None:
    for event in naming(key):
        found = in_custody(event)
        assert isinstance(found, Failed)
        assert (found.id, found.fence, found.code) == (OWN, 7, FailureCode.TRANSFER)
        assert key not in found.reason or not key


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a\r\nSet-Cookie: x", "text/plain"), ("../a", "text/plain"), ("", "text/plain"), ("a\u202e", "text/plain"),
        ("a", "text/html\r\nX-Evil: 1"), ("a", ""), ("a", "text"), ("a", "text/plain; x=\n"), ("a", "tëxt/plain"),
    ],
)  # fmt: skip
def test_what_would_become_a_header_is_looked_at(name: str, mime: str) -> None:
    odd = FileRef(key=f"results/{OWN}/a", name=name, mime=mime, size=1)
    for event in (completed(file=odd), completed(extra_files=[file(odd.key), odd])):
        assert isinstance(in_custody(event), Failed)


@pytest.mark.parametrize(
    "mime", ["text/plain; charset=utf-8", "application/vnd.oasis.opendocument.text", "model/gltf+json"]
)
def test_types_of_real_files(mime: str) -> None:
    event = completed(file=FileRef(key=f"results/{OWN}/a", name="résumé (1).txt", mime=mime, size=0))
    assert in_custody(event) is event


def test_a_failure_stays_one() -> None:
    event = Failed(id=OWN, fence=7, started_at=NOW, finished_at=NOW, reason="why")
    assert in_custody(event) is event

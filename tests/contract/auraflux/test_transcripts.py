"""Every documented route of seed 001 and its errors, against the real stack."""

from __future__ import annotations

import pytest
from tests.contract.auraflux.conftest import Auraflux
from tests.contract.auraflux.transcripts import account, decisions, errors, jobs, results, templates, uploads
from tests.support.transcript import Transcript, play

_ALL = [
    *jobs.TRANSCRIPTS,
    *results.TRANSCRIPTS,
    *decisions.TRANSCRIPTS,
    *uploads.TRANSCRIPTS,
    *templates.TRANSCRIPTS,
    *account.TRANSCRIPTS,
    *errors.TRANSCRIPTS,
]


@pytest.mark.parametrize("transcript", _ALL, ids=lambda transcript: transcript.name)
async def test_conversation_goes_as_written(transcript: Transcript, auraflux: Auraflux) -> None:
    await play(transcript, auraflux.origin, auraflux.session, auraflux.names)

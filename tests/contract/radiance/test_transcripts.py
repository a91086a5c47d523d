"""Every documented example and every documented error of seed 002, against the real stack."""

from __future__ import annotations

import pytest
from tests.contract.radiance.conftest import Radiance
from tests.contract.radiance.transcripts import agent, batch, client, errors, results
from tests.support.transcript import Transcript, play

_ALL = [
    *client.TRANSCRIPTS,
    *results.TRANSCRIPTS,
    *errors.TRANSCRIPTS,
    *batch.TRANSCRIPTS,
    *agent.TRANSCRIPTS,
]


@pytest.mark.parametrize("transcript", _ALL, ids=lambda transcript: transcript.name)
async def test_conversation_goes_as_written(transcript: Transcript, radiance: Radiance) -> None:
    await play(transcript, radiance.origin, radiance.session)

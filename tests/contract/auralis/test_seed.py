"""Every documented example of seed 000, against the real stack."""

from __future__ import annotations

import pytest
from tests.contract.auralis.desk import Auralis
from tests.contract.auralis.transcript import DEFAULTS, SEED
from tests.support.transcript import Transcript, play


@pytest.mark.parametrize("transcript", [SEED, DEFAULTS], ids=lambda transcript: transcript.name)
async def test_conversation_goes_as_written(transcript: Transcript, auralis: Auralis) -> None:
    await play(transcript, auralis.origin, auralis.session, {"user_id": auralis.user_id})

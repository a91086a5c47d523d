"""The model that does nothing: what a job costs without its work. For operators and ``make bench`` only."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ConfigDict, model_validator

from headrace_contracts.catalogue.model import Model, Payload

MAX_PAYLOAD_BYTES = 64 * 1024


class Noop(Payload):
    """Payload of ``noop``: any fields, 64 KiB of JSON together."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _within_limit(cls, data: Any) -> Any:
        # Measured as UTF-8 JSON without blanks, which is how it travels.
        size = len(json.dumps(data, separators=(",", ":")).encode())
        if size > MAX_PAYLOAD_BYTES:
            raise ValueError(f"Payload must be at most {MAX_PAYLOAD_BYTES} bytes, not {size}")
        return data


MODEL = Model(
    id="noop",
    name="No Operation",
    description="Do nothing and return at once",
    requires_file=False,
    payload=Noop,
    timeout_s=60,
    public=False,
    export_result=False,
)

"""How this dialect is set up at a site."""

from __future__ import annotations

from dataclasses import dataclass, field

from headrace_api.http.body import BodyPatience


@dataclass(frozen=True, kw_only=True, slots=True)
class RadianceSettings:
    #: False: client routes ask for one of ``client_key_hashes``.
    public: bool = True
    #: SHA-256 of each client key.
    client_key_hashes: frozenset[bytes] = frozenset()
    patience: BodyPatience = field(default_factory=BodyPatience)
    #: The whole body of a batch, with files in base64.
    max_batch_bytes: int = 128 * 1024 * 1024
    #: JSON that an agent hands in as a result.
    max_result_json_bytes: int = 8 * 1024 * 1024
    #: The longest that a client may not take any bytes of a download, in seconds.
    write_timeout_s: float = 60.0
    #: How long a claim lasts without a sign of life, in seconds; told to agents, kept by the dispatcher.
    lease_s: float = 1800.0

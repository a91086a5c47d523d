"""The kinds of faults as data: what each one hits, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AGENTS = ("agent-1", "agent-2", "agent-3")
APIS = ("api", "api-2")
DISPATCHERS = ("dispatcher", "dispatcher-2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of fault. It lasts from `lasts_s[0]` to `lasts_s[1]` seconds, and hits one of `targets`."""

    name: str
    targets: tuple[str, ...]
    lasts_s: tuple[float, float]
    what: str


#: Longer than the lease of a JetStream agent (15 s), and than the silence after which it is lost (18 s).
_OVER_THE_LEASE_S = (17.0, 22.0)
_A_MOMENT_S = (0.3, 3.0)

_KINDS = (
    Kind(name="kill-api", targets=APIS, lasts_s=_A_MOMENT_S, what="SIGKILL of an API"),
    Kind(name="kill-dispatcher", targets=DISPATCHERS, lasts_s=_A_MOMENT_S, what="SIGKILL of a dispatcher"),
    Kind(name="kill-agent", targets=AGENTS, lasts_s=_A_MOMENT_S, what="SIGKILL of an agent and its workers"),
    Kind(name="kill-webhooks", targets=("webhooks",), lasts_s=_A_MOMENT_S, what="SIGKILL of the webhooks"),
    Kind(name="kill-publisher", targets=("publisher",), lasts_s=_A_MOMENT_S, what="SIGKILL of the publisher"),
    Kind(name="freeze-api", targets=APIS, lasts_s=(3.0, 12.0), what="SIGSTOP of an API, then SIGCONT"),
    Kind(
        name="freeze-dispatcher",
        targets=DISPATCHERS,
        lasts_s=_OVER_THE_LEASE_S,
        what="SIGSTOP of a dispatcher for longer than a lease, then SIGCONT",
    ),
    Kind(
        name="freeze-agent",
        targets=AGENTS,
        lasts_s=_OVER_THE_LEASE_S,
        what="SIGSTOP of an agent with its workers for longer than a lease, then SIGCONT",
    ),
    Kind(
        name="cut-agent", targets=AGENTS, lasts_s=(2.0, 20.0), what="an agent's connections to NATS are reset"
    ),
    Kind(
        name="mute-agent",
        targets=AGENTS,
        lasts_s=_OVER_THE_LEASE_S,
        what="an agent's connection to NATS stays open and carries nothing, then what was held back",
    ),
    Kind(name="nats-restart", targets=("nats",), lasts_s=(0.3, 4.0), what="SIGTERM of nats-server"),
    Kind(name="nats-kill", targets=("nats",), lasts_s=(0.3, 4.0), what="SIGKILL of nats-server"),
    Kind(name="nats-wipe", targets=("nats",), lasts_s=(0.3, 2.0), what="SIGKILL, and its store is removed"),
    Kind(name="nats-full", targets=("nats",), lasts_s=(3.0, 10.0), what="JetStream's store is full"),
    Kind(name="postgres-fast", targets=("postgres",), lasts_s=(0.3, 4.0), what="fast shutdown and start"),
    Kind(name="postgres-immediate", targets=("postgres",), lasts_s=(0.3, 4.0), what="immediate shutdown"),
    Kind(
        name="postgres-kill", targets=("postgres",), lasts_s=(0.3, 2.0), what="SIGKILL of its first process"
    ),
    Kind(
        name="postgres-slow",
        targets=("postgres",),
        lasts_s=(4.0, 10.0),
        what="each packet takes 0.1 s longer",
    ),
    Kind(name="s3-away", targets=("s3",), lasts_s=(2.0, 12.0), what="the S3 server is down"),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})

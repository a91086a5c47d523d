"""Which processes the stack has: the embedded stack's, two of what may be doubled, and links where faults need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from headrace.chaos.kinds import AGENTS, APIS, DISPATCHERS
from headrace.chaos.notes.book import NOTES_VARIABLE
from headrace.embedded.layout import StateDir
from headrace.embedded.nats import NatsServer
from headrace.embedded.one_off import OneOff
from headrace.embedded.ports import LOOPBACK
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import Program
from headrace.embedded.s3 import S3Server
from headrace.embedded.secrets_file import StackSecrets
from headrace.embedded.service import Service
from headrace.embedded.stack import make_stack, port_names
from headrace_store.provision import FirstAccount

HANDLERS = "headrace.chaos.handlers"
_SLOTS = 4
_CREDITS = 1_000_000
_DOUBLED = (APIS[1], DISPATCHERS[1])


@dataclass(frozen=True, kw_only=True)
class LinkPorts:
    """The ports of the links: `postgres` for all services, `agents` by name for their NATS."""

    postgres: int
    agents: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Programs:
    """What runs, in the order in which it starts."""

    nats: NatsServer
    postgres: PostgresServer
    s3: S3Server
    migrate: OneOff
    services: tuple[Service, ...]
    agents: tuple[Service, ...]
    origins: tuple[str, ...]


def all_port_names() -> tuple[str, ...]:
    doubled = tuple(f"{name}-health" for name in _DOUBLED)
    return (*port_names(len(AGENTS)), APIS[1], *doubled)


def make_programs(
    *,
    state_dir: StateDir,
    secrets: StackSecrets,
    ports: Mapping[str, int],
    links: LinkPorts,
    notes: Path,
    store_bytes: int,
    environ: Mapping[str, str],
) -> Programs:
    """`store_bytes`: how much JetStream may store, so that it can be full."""
    stack = make_stack(
        state_dir=state_dir,
        secrets=secrets,
        ports=ports,
        agents=len(AGENTS),
        slots=_SLOTS,
        environ=_environ(environ, notes),
    )
    nats, postgres, s3 = stack.servers
    if not (
        isinstance(nats, NatsServer) and isinstance(postgres, PostgresServer) and isinstance(s3, S3Server)
    ):
        raise TypeError("the servers of the embedded stack are not NATS, Postgres and S3, in this order")
    slow_url = postgres.url.replace(f":{ports['postgres']}/", f":{links.postgres}/")
    services = [
        _with(each, HEADRACE_POSTGRES_URL=slow_url) for each in stack.services if isinstance(each, Service)
    ]
    by_name = {each.name: each for each in services}
    services += [
        _second(by_name["api"], APIS[1], ports, HEADRACE_API_PORT=str(ports[APIS[1]])),
        _second(by_name["dispatcher"], DISPATCHERS[1], ports),
    ]
    agents = [
        _with(each, HEADRACE_NATS_URL=f"nats://{LOOPBACK}:{links.agents[each.name]}")
        for each in stack.agents
        if isinstance(each, Service)
    ]
    (migrate,) = stack.tasks
    return Programs(
        nats=replace(nats, store_bytes=store_bytes),
        postgres=postgres,
        s3=s3,
        migrate=_rich(migrate),
        services=tuple(services),
        agents=tuple(agents),
        origins=tuple(f"http://{LOOPBACK}:{ports[name]}" for name in APIS),
    )


def servers_of(programs: Programs) -> tuple[Program, ...]:
    return (programs.nats, programs.postgres, programs.s3)


def _environ(environ: Mapping[str, str], notes: Path) -> dict[str, str]:
    """What we inherit, without settings meant for another stack."""
    kept = {key: value for key, value in environ.items() if not key.startswith(("HEADRACE_", "OTEL_"))}
    return kept | {
        "HEADRACE_LOG_FORMAT": "json",
        "HEADRACE_ENABLE_NOOP": "true",
        "HEADRACE_RATE_LIMIT_FACTOR": "1000",
        "HEADRACE_AURAFLUX_PER_MINUTE": "1000000",
        # The receiver hangs now and then: nobody shall wait for it for long.
        "HEADRACE_WEBHOOK_TIMEOUT_S": "5",
        "HEADRACE_AGENT_HANDLERS": HANDLERS,
        NOTES_VARIABLE: str(notes),
    }


def _with(service: Service, **settings: str) -> Service:
    return replace(service, env={**service.env, **settings})


def _second(service: Service, name: str, ports: Mapping[str, int], **settings: str) -> Service:
    return replace(_with(service, **settings), name=name, health_port=ports[f"{name}-health"])


def _rich(migrate: OneOff) -> OneOff:
    """The same first account, with credits for the longest run."""
    first = msgspec.json.decode(migrate.env["HEADRACE_PROVISION"], type=FirstAccount)
    text = msgspec.json.encode(msgspec.structs.replace(first, credits=_CREDITS)).decode()
    return replace(migrate, env={**migrate.env, "HEADRACE_PROVISION": text})

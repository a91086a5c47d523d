"""The embedded stack as data: which programs, in which order, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.embedded.dev_account import DEV_ACCOUNT, dev_account
from headrace.embedded.layout import StateDir
from headrace.embedded.nats import NatsServer
from headrace.embedded.one_off import OneOff
from headrace.embedded.ports import LOOPBACK
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import Program
from headrace.embedded.s3 import S3Server
from headrace.embedded.secrets_file import StackSecrets
from headrace.embedded.service import Service

# With the servers' 2.5 s the whole stack is down within 10 s, whatever a process does.
AGENT_GRACE_S = 3.5
SERVICE_GRACE_S = 3.0

#: Whom the services and agents are to NATS. Other programs on the machine, handlers too, are nobody to it.
NATS_USER = "headrace"
#: What an agent has no use for: the ways to the database and the store, and the site's secrets.
_NOT_FOR_AGENTS = (
    "HEADRACE_POSTGRES_", "HEADRACE_S3_", "HEADRACE_WEBHOOK_", "HEADRACE_SECRET_", "HEADRACE_RADIANCE_",
)  # fmt: skip
#: Of the user's own NATS: one way to log in excludes the others.
_OTHER_LOGINS = frozenset({"HEADRACE_NATS_TOKEN", "HEADRACE_NATS_CREDS"})

SERVICES = ("api", "dispatcher", "webhooks", "publisher")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What the supervisor runs: `servers` first, then `tasks` one by one, then `services` and `agents`.

    They stop in the order agents, services, servers.
    """

    servers: tuple[Program, ...]
    tasks: tuple[OneOff, ...] = ()
    services: tuple[Program, ...] = ()
    agents: tuple[Program, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    api_url: str = ""
    nats_url: str = ""


def agent_names(count: int) -> tuple[str, ...]:
    return tuple(f"agent-{number}" for number in range(1, count + 1))


def port_names(agents: int) -> tuple[str, ...]:
    """The names of all ports of a stack, `api` first: that one is for people, the others are chosen."""
    health = tuple(f"{name}-health" for name in (*SERVICES, *agent_names(agents)))
    return ("api", "nats", "postgres", "s3", *health)


def make_stack(
    *,
    state_dir: StateDir,
    secrets: StackSecrets,
    ports: Mapping[str, int],
    agents: int,
    slots: int | None,
    environ: Mapping[str, str],
) -> Stack:
    """The stack of this folder. `ports` has each of port_names; `environ` is what the processes inherit: everything we
    have, so that PATH, HF_HOME, CUDA_* and OTEL_* work as usual.
    """
    nats = NatsServer(
        directory=state_dir.data("nats"),
        port=ports["nats"],
        user=NATS_USER,
        password=secrets.nats_password,
    )
    postgres = PostgresServer(
        directory=state_dir.data("postgres"),
        port=ports["postgres"],
        password=secrets.postgres_password,
        system_user=environ.get("HEADRACE_EMBEDDED_POSTGRES_USER"),
    )
    s3 = S3Server(
        directory=state_dir.data("s3"),
        port=ports["s3"],
        access_key=secrets.s3_access_key,
        secret_key=secrets.s3_secret_key,
    )
    api_url = f"http://{LOOPBACK}:{ports['api']}"
    env = {
        "HEADRACE_LOG_FORMAT": "console",
        **{name: value for name, value in environ.items() if name not in _OTHER_LOGINS},
        "HEADRACE_NATS_URL": nats.url,
        "HEADRACE_NATS_USER": NATS_USER,
        "HEADRACE_NATS_PASSWORD": secrets.nats_password,
        "HEADRACE_POSTGRES_URL": postgres.url,
        "HEADRACE_S3_ENDPOINT_URL": s3.url,
        "HEADRACE_S3_ACCESS_KEY": s3.access_key,
        "HEADRACE_S3_SECRET_KEY": s3.secret_key,
        "HEADRACE_S3_BUCKET": s3.bucket,
        "HEADRACE_S3_REGION": s3.region,
        "HEADRACE_API_HOST": LOOPBACK,
        "HEADRACE_API_PORT": str(ports["api"]),
        "HEADRACE_RADIANCE_AGENT_TOKEN": secrets.agent_token,
        "HEADRACE_WEBHOOK_SECRET": secrets.webhook_secret,
        "HEADRACE_ALLOW_LOOPBACK_WEBHOOKS": "true",
        "HEADRACE_SECRET_KEY": secrets.secret_key,
        "HEADRACE_OPEN_REGISTRATION": "true",
        "HEADRACE_OPEN_REGISTRATION_ACCOUNT": str(DEV_ACCOUNT),
    }
    migrate = OneOff(
        name="migrate",
        module="headrace_store",
        # One process for both: starting it takes longer than what it does.
        args=("migrate", "provision"),
        work_dir=state_dir.root,
        env={**env, "HEADRACE_PROVISION": dev_account(secrets, s3)},
    )
    services = tuple(
        Service(
            name=name,
            module=f"headrace_{name}",
            health_port=ports[f"{name}-health"],
            work_dir=state_dir.root,
            env=env,
            stop_grace_s=SERVICE_GRACE_S,
        )
        for name in SERVICES
    )
    return Stack(
        servers=(nats, postgres, s3),
        tasks=(migrate,),
        services=services,
        agents=tuple(_agent(name, state_dir, ports, slots, env) for name in agent_names(agents)),
        ports=ports,
        api_url=api_url,
        nats_url=nats.url,
    )


def _agent(
    name: str, state_dir: StateDir, ports: Mapping[str, int], slots: int | None, env: Mapping[str, str]
) -> Service:
    """An agent gets no way to the database, no S3 keys and not the site's key: it needs none of them."""
    work_dir = state_dir.data("agents") / name
    own = {key: value for key, value in env.items() if not key.startswith(_NOT_FOR_AGENTS)}
    own |= {"HEADRACE_AGENT_ID": name, "HEADRACE_AGENT_WORK_DIR": str(work_dir)}
    # Shorter than our patience, so that the agent hands a long job back itself before it is killed.
    own.setdefault("HEADRACE_AGENT_DRAIN_TIMEOUT_S", "2")
    if slots is not None:
        own["HEADRACE_AGENT_SLOTS"] = str(slots)
    return Service(
        name=name,
        module="headrace_agent",
        health_port=ports[f"{name}-health"],
        work_dir=state_dir.root,
        env=own,
        stop_grace_s=AGENT_GRACE_S,
    )


def replaced_settings(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Settings of the user that the embedded stack does not follow, as it brings the servers itself."""
    ours = ("HEADRACE_NATS_URL", "HEADRACE_POSTGRES_URL", "HEADRACE_S3_ENDPOINT_URL", "HEADRACE_S3_BUCKET")
    return tuple(name for name in ours if environ.get(name))

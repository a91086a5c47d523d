"""The stack as data: order, settings, and what an agent must not get."""

from __future__ import annotations

from pathlib import Path

import msgspec

from headrace.embedded.dev_account import DEV_ACCOUNT
from headrace.embedded.layout import StateDir
from headrace.embedded.secrets_file import StackSecrets
from headrace.embedded.stack import Stack, make_stack, port_names, replaced_settings
from headrace_contracts.destinations import parse_destination
from headrace_store.provision import FirstAccount

SECRETS = StackSecrets(
    postgres_password="pg/secret",
    s3_access_key="KEY",
    s3_secret_key="s3-secret",
    agent_token="token",
    webhook_secret="whsec_AAAA",
    secret_key="site-secret-site-secret-site-secret",
    native_key="hr_live_secret",
    auraflux_key="af_live_secret",
    admin_password="admin-secret",
)


def _stack(*, agents: int = 2, slots: int | None = None, environ: dict[str, str] | None = None) -> Stack:
    ports = {name: 4000 + number for number, name in enumerate(port_names(agents))}
    return make_stack(
        state_dir=StateDir(root=Path("/somewhere/state")),
        secrets=SECRETS,
        ports=ports,
        agents=agents,
        slots=slots,
        environ=environ or {},
    )


def test_the_order_is_servers_then_migrations_then_services_then_agents() -> None:
    stack = _stack()
    assert [program.name for program in stack.servers] == ["nats", "postgres", "s3"]
    assert [task.name for task in stack.tasks] == ["migrate"]
    assert [program.name for program in stack.services] == ["api", "dispatcher", "webhooks", "publisher"]
    assert [program.name for program in stack.agents] == ["agent-1", "agent-2"]


def test_the_whole_stack_stops_in_less_than_ten_seconds() -> None:
    stack = _stack()
    steps = (stack.agents, stack.services, stack.servers)
    assert sum(max(program.command().stop_grace_s for program in step) for step in steps) < 9.5


def test_every_service_gets_the_servers_and_a_health_port_of_its_own() -> None:
    stack = _stack(agents=0)
    for program in stack.services:
        env = program.command().env
        assert env["HEADRACE_NATS_URL"] == "nats://127.0.0.1:4001"
        assert env["HEADRACE_POSTGRES_URL"] == "postgresql://headrace:pg%2Fsecret@127.0.0.1:4002/headrace"
        assert env["HEADRACE_S3_ENDPOINT_URL"] == "http://127.0.0.1:4003"
        assert (env["HEADRACE_S3_BUCKET"], env["HEADRACE_S3_REGION"]) == ("headrace", "us-east-1")
        assert (env["HEADRACE_S3_ACCESS_KEY"], env["HEADRACE_S3_SECRET_KEY"]) == ("KEY", "s3-secret")
        assert (env["HEADRACE_API_HOST"], env["HEADRACE_API_PORT"]) == ("127.0.0.1", "4000")
        assert env["HEADRACE_RADIANCE_AGENT_TOKEN"] == "token"
        assert env["HEADRACE_WEBHOOK_SECRET"] == "whsec_AAAA"
        assert env["HEADRACE_ALLOW_LOOPBACK_WEBHOOKS"] == "true"
        assert env["HEADRACE_SECRET_KEY"] == "site-secret-site-secret-site-secret"
        assert env["HEADRACE_OPEN_REGISTRATION"] == "true"
        assert env["HEADRACE_OPEN_REGISTRATION_ACCOUNT"] == str(DEV_ACCOUNT)
        assert "HEADRACE_PROVISION" not in env
    health = [program.command().env["HEADRACE_HEALTH_PORT"] for program in stack.services]
    assert health == ["4004", "4005", "4006", "4007"]


def test_the_first_account_is_made_after_the_migrations_with_destinations_on_the_stack_s_own_store() -> None:
    task = _stack().tasks[0]
    assert task.args == ("migrate", "provision")
    first = msgspec.json.decode(task.env["HEADRACE_PROVISION"], type=FirstAccount)
    assert (first.id, first.plan, first.credits) == (DEV_ACCOUNT, "operate", 1000)
    assert first.keys == {"native": "hr_live_secret", "auraflux": "af_live_secret"}
    assert (first.admin.email, first.admin.password) == ("admin@localhost", "admin-secret")
    assert first.user_ref == SECRETS.user_ref
    found = {each.name: (each.platform, each.config["prefix"]) for each in first.destinations}
    assert found == {"archive": ("s3", "published/archive"), "mirror": ("s3", "published/mirror")}
    for each in first.destinations:
        parse_destination(each.platform, each.config, each.secret, allow_loopback=True)
        assert each.config["endpoint_url"] == "http://127.0.0.1:4003"


def test_an_agent_gets_neither_database_nor_store_nor_webhook_secret() -> None:
    env = _stack(slots=3).agents[-1].command().env
    assert not [
        name for name in env if name.startswith(("HEADRACE_POSTGRES", "HEADRACE_S3", "HEADRACE_WEBHOOK"))
    ]
    assert not [value for value in env.values() if "secret" in value]
    assert env["HEADRACE_NATS_URL"] == "nats://127.0.0.1:4001"
    assert env["HEADRACE_AGENT_ID"] == "agent-2"
    assert env["HEADRACE_AGENT_SLOTS"] == "3"
    assert float(env["HEADRACE_AGENT_DRAIN_TIMEOUT_S"]) < _stack().agents[-1].command().stop_grace_s
    assert env["HEADRACE_AGENT_WORK_DIR"] == "/somewhere/state/agents/agent-2"


def test_settings_of_the_user_pass_through_but_the_servers_stay_ours() -> None:
    environ = {
        "HEADRACE_REST_LEASE_S": "60",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        "HEADRACE_LOG_FORMAT": "json",
        "HEADRACE_NATS_URL": "nats://elsewhere:4222",
    }
    env = _stack(environ=environ).services[0].command().env
    assert env["HEADRACE_REST_LEASE_S"] == "60"
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318"
    assert env["HEADRACE_LOG_FORMAT"] == "json"
    assert env["HEADRACE_NATS_URL"] == "nats://127.0.0.1:4001"
    assert replaced_settings(environ) == ("HEADRACE_NATS_URL",)


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(SECRETS)
    assert "pg/secret" not in repr(_stack())
    assert "s3-secret" not in repr(_stack())

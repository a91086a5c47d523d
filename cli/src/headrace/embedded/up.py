"""The composition root of the supervisor process: lock, leftovers, ports, secrets, stack, run."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from headrace.embedded.dev_json import write_dev_json
from headrace.embedded.layout import StateDir
from headrace.embedded.leftovers import stop_leftovers
from headrace.embedded.lock import SupervisorLock
from headrace.embedded.port_plan import holder_of, reserved_ports, taken_message
from headrace.embedded.ports import PortTakenError
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.reporter import Reporter
from headrace.embedded.secrets_file import StackSecrets, load_or_create
from headrace.embedded.stack import Stack, make_stack, port_names, replaced_settings
from headrace.embedded.state_file import read_state
from headrace.embedded.supervisor import Supervisor

DEFAULT_STATE_DIR = Path(".headrace")
DEFAULT_PORT = 8080


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """What the user chose. `port` 0 means any free one; `slots` None leaves it to the agent."""

    state_dir: StateDir
    port: int = DEFAULT_PORT
    agents: int = 1
    slots: int | None = None


async def run_stack(
    options: UpOptions,
    *,
    environ: Mapping[str, str],
    reporter: Reporter,
    announce: Callable[[Stack], None],
) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP; `announce` is called when everything answers.

    Raises AlreadyRunningError when the folder is in use, and ProgramFailedError when the port is taken or
    something does not start; nothing is left running then.
    """
    state_dir = options.state_dir
    try:
        state_dir.make()
    except OSError as error:
        raise ProgramFailedError(f"can't use {state_dir.root} as state folder: {error}") from error
    with SupervisorLock.acquire(state_dir.lock):
        state_dir.dev_json.unlink(missing_ok=True)
        previous = read_state(state_dir.stack_json)
        if previous is not None and (found := await stop_leftovers(previous)):
            reporter.note(f"the last supervisor was killed: stopped what it left ({', '.join(found)})")
        try:
            with reserved_ports(
                port_names(options.agents),
                wanted={"api": options.port},
                preferred=previous.ports if previous else {},
            ) as ports:
                await _run(options, ports, environ=environ, reporter=reporter, announce=announce)
        except PortTakenError as error:
            raise ProgramFailedError(taken_message(error.port, holder_of(error.port))) from error


async def _run(
    options: UpOptions,
    ports: Mapping[str, int],
    *,
    environ: Mapping[str, str],
    reporter: Reporter,
    announce: Callable[[Stack], None],
) -> None:
    state_dir = options.state_dir
    secrets = load_or_create(state_dir.secrets_json)
    stack = make_stack(
        state_dir=state_dir,
        secrets=secrets,
        ports=ports,
        agents=options.agents,
        slots=options.slots,
        environ=environ,
    )
    for name in replaced_settings(environ):
        reporter.note(f"{name} is set, but the embedded stack brings its own; it is not used here")
    supervisor = Supervisor(stack, state_dir=state_dir, reporter=reporter)
    stop = stop_on_signals(supervisor.kill)
    try:
        await supervisor.run(stop, when_ready=lambda: _ready(state_dir, stack, secrets, announce))
    finally:
        state_dir.dev_json.unlink(missing_ok=True)


def _ready(
    state_dir: StateDir, stack: Stack, secrets: StackSecrets, announce: Callable[[Stack], None]
) -> None:
    announce(stack)
    # Last: who waits for this file finds everything there, the words above too.
    write_dev_json(state_dir.dev_json, api_url=stack.api_url, nats_url=stack.nats_url, secrets=secrets)


def stop_on_signals(impatient: Callable[[], None]) -> asyncio.Event:
    """An event that the first SIGINT, SIGTERM or SIGHUP sets; each further one calls `impatient`."""
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            impatient()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    return stop

"""The record of a state folder, reached whether its stack runs or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headrace.embedded.layout import StateDir
from headrace.embedded.leftovers import stop_leftovers
from headrace.embedded.lock import AlreadyRunningError, SupervisorLock
from headrace.embedded.ports import reserve_port
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.runner import Runner
from headrace.embedded.secrets_file import StackSecrets
from headrace.embedded.state_file import Phase, read_state


@asynccontextmanager
async def record_of(
    state_dir: StateDir, secrets: StackSecrets, system_user: str | None
) -> AsyncIterator[PostgresServer]:
    """The Postgres of the folder: that of the stack that runs there, else one that is started for the block, with the
    folder locked against a stack meanwhile.

    Raises ProgramFailedError when a stack is just starting or stopping there, or Postgres does not start.
    """
    try:
        lock = SupervisorLock.acquire(state_dir.lock)
    except AlreadyRunningError:
        yield _running(state_dir, secrets)
        return
    with lock:
        previous = read_state(state_dir.stack_json)
        if previous is not None:
            await stop_leftovers(previous)
        async with alone(state_dir, secrets, system_user) as server:
            yield server


@asynccontextmanager
async def alone(
    state_dir: StateDir, secrets: StackSecrets, system_user: str | None
) -> AsyncIterator[PostgresServer]:
    """The Postgres of the folder, without the rest of the stack. Call it under the lock of the folder."""
    with reserve_port() as port:
        server = PostgresServer(
            directory=state_dir.data("postgres"),
            port=port.port,
            password=secrets.postgres_password,
            system_user=system_user,
        )
        port.release_for_server()
        async with Runner(server, log_path=state_dir.log("postgres")):
            yield server


def _running(state_dir: StateDir, secrets: StackSecrets) -> PostgresServer:
    state = read_state(state_dir.stack_json)
    if state is None or state.phase is not Phase.READY:
        raise ProgramFailedError(
            f"the stack in {state_dir.root} is just starting or stopping: try again when it has done so"
        )
    return PostgresServer(
        directory=state_dir.data("postgres"), port=state.ports["postgres"], password=secrets.postgres_password
    )

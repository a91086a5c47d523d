"""The stack while it runs: what faults take hold of, and how clients reach it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from headrace.chaos.kinds import AGENTS
from headrace.chaos.notes.book import NoteBooks
from headrace.chaos.site.link import Link, linked
from headrace.chaos.site.process import Kept
from headrace.chaos.site.programs import LinkPorts, Programs, all_port_names, make_programs, servers_of
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import SupervisorLock
from headrace.embedded.log_file import LogFile
from headrace.embedded.one_off import run_one_off
from headrace.embedded.port_plan import reserved_ports
from headrace.embedded.program import Program, ProgramFailedError
from headrace.embedded.reporter import Reporter
from headrace.embedded.secrets_file import StackSecrets, load_or_create


@dataclass(kw_only=True)
class Site:
    """Processes and links by name. `deaths` are ends of processes that no fault explains."""

    where: StateDir
    programs: Programs
    secrets: StackSecrets = field(repr=False)
    postgres_link: Link
    agent_links: dict[str, Link]
    processes: dict[str, Kept] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)

    async def start(self, reporter: Reporter, *, before_services: Callable[[], Awaitable[None]]) -> None:
        """Servers, migrations, `before_services`, then the rest. Raises ProgramFailedError."""
        await self._begin(servers_of(self.programs))
        migrate = self.programs.migrate
        await run_one_off(migrate, log=LogFile(path=self.where.log(migrate.name)), reporter=reporter)
        await before_services()
        await self._begin((*self.programs.services, *self.programs.agents))

    async def not_ready(self, *, within_s: float = 60.0) -> list[str]:
        """Wait until every process answers; what those that do not say."""
        found = await asyncio.gather(
            *(each.ready(within_s=within_s) for each in self.processes.values()), return_exceptions=True
        )
        return [str(each) for each in found if isinstance(each, ProgramFailedError)]

    async def stop(self) -> None:
        """Agents first, then services, then what they work with."""
        for programs in (self.programs.agents, self.programs.services, servers_of(self.programs)):
            await asyncio.gather(*(self._stop(program) for program in programs))

    async def _begin(self, programs: Iterable[Program]) -> None:
        kept = []
        for program in programs:
            log = LogFile(path=self.where.log(program.name))
            process = self.processes[program.name] = Kept(program, log=log, died=self._died)
            process.begin()
            kept.append(process)
        await asyncio.gather(*(each.ready() for each in kept))

    async def _stop(self, program: Program) -> None:
        if program.name in self.processes:
            await self.processes[program.name].stop()

    def _died(self, name: str, how: str) -> None:
        self.deaths.append(f"{name} {how}")


@asynccontextmanager
async def standing_site(
    where: StateDir, books: NoteBooks, *, store_bytes: int, reporter: Reporter
) -> AsyncIterator[Site]:
    """Everything that a stack in this folder needs, reserved and made, but not started; stopped at the end."""
    where.logs.mkdir(parents=True, exist_ok=True)
    secrets = load_or_create(where.secrets_json)
    async with AsyncExitStack() as held:
        held.enter_context(SupervisorLock.acquire(where.lock))
        ports = held.enter_context(reserved_ports(all_port_names(), wanted={}, preferred={}))
        postgres_link = await held.enter_async_context(linked(ports["postgres"]))
        agent_links = {name: await held.enter_async_context(linked(ports["nats"])) for name in AGENTS}
        programs = make_programs(
            state_dir=where,
            secrets=secrets,
            ports=ports,
            links=LinkPorts(
                postgres=postgres_link.port, agents={name: link.port for name, link in agent_links.items()}
            ),
            notes=books.runs,
            store_bytes=store_bytes,
            environ=os.environ,
        )
        site = Site(
            where=where,
            programs=programs,
            secrets=secrets,
            postgres_link=postgres_link,
            agent_links=agent_links,
        )
        try:
            yield site
        finally:
            reporter.stopping()
            await asyncio.shield(site.stop())

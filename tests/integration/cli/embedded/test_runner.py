"""The embedded servers by themselves: start, crash, start again."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import asyncpg
import nats
import psutil
import pytest
from tests.support.servers import S3Access, nats_server, postgres_server, running, s3_client, s3_server

from headrace.embedded.nats import NatsServer
from headrace.embedded.ports import LOOPBACK
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.runner import Runner


async def test_streams_survive_a_crash_of_nats(tmp_path: Path) -> None:
    async with running(nats_server(tmp_path)) as server:
        client = await nats.connect(server.program.url)
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", b"still here")
        await client.close()
        await server.restart(crash=True)
        client = await nats.connect(server.program.url)
        assert (await client.jetstream().get_last_msg("KEPT", "kept")).data == b"still here"
        await client.close()


async def test_objects_survive_a_restart_of_s3(tmp_path: Path) -> None:
    async with running(s3_server(tmp_path)) as server:
        program = server.program
        access = S3Access(
            endpoint_url=program.url,
            access_key=program.access_key,
            secret_key=program.secret_key,
            region=program.region,
            bucket=program.bucket,
        )
        async with s3_client(access) as client:
            await client.put_object(Bucket=access.bucket, Key="a/b.txt", Body=b"still here")
        await server.restart(crash=True)
        async with s3_client(access) as client:
            found = await client.get_object(Bucket=access.bucket, Key="a/b.txt")
            assert await found["Body"].read() == b"still here"
        assert program.secret_key not in " ".join(psutil.Process(server.runner.pid).cmdline())


async def test_postgres_asks_for_a_password_and_is_not_root(tmp_path: Path) -> None:
    async with running(postgres_server(tmp_path)) as server:
        assert psutil.Process(server.runner.pid).uids().effective != 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.program.url.replace("headrace-test@", "guess@"), ssl=False)


async def test_postgres_passes_a_folder_that_is_closed_to_its_user(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with running(postgres_server(closed)) as server:
        connection = await asyncpg.connect(server.program.url, ssl=False)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        await server.restart(crash=True)
    assert closed.stat().st_mode & 0o777 == 0o700


async def test_a_lock_file_whose_pid_is_somebody_else_does_not_stop_postgres(tmp_path: Path) -> None:
    server = postgres_server(tmp_path)
    async with running(server):
        await server.kill()
        lock = server.program.data_directory / "postmaster.pid"
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
        await server.start()
        assert server.runner.pid is not None


async def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        runner_port = taken.getsockname()[1]
        program = NatsServer(directory=tmp_path / "nats", port=runner_port)
        runner = Runner(program, log_path=tmp_path / "nats.log")
        with pytest.raises(
            ProgramFailedError, match=r"(?s)nats ended with status 1.*nats\.log.*address already in use"
        ):
            await runner.start()
        assert runner.pid is None

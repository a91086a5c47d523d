"""Dialects on ports of their own: their documented paths are at the root, and nothing else is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.service_process import ServiceProcess, service

from headrace.embedded.ports import reserve_port


def _curl(port: int, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """What a command line gets."""
    answer = subprocess.run(
        ["curl", "-s", "-i", "-X", method, f"http://127.0.0.1:{port}{path}"], capture_output=True, check=True
    ).stdout
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def test_each_dialect_is_alone_at_its_root(api_env: dict[str, str], tmp_path: Path) -> None:
    reserved, second = reserve_port(), reserve_port()
    radiance, native = reserved.port, second.port
    ports = f"radiance={radiance}, native={native}, auralis=0"
    reserved.release_for_server()
    second.release_for_server()
    try:
        with service(
            "headrace_api", {**api_env, "HEADRACE_DIALECT_PORTS": ports}, tmp_path / "api.log"
        ) as api:
            auralis = _other_port(api, {radiance, native})
            status, headers, body = _curl(radiance, "/airunner/models")
            assert (status, json.loads(body)["success"]) == (200, True)
            assert headers["server"] == "headrace"
            assert "x-request-id" in headers
            for path in ("/", "/radiance/airunner/models", "/api/jobs"):
                status, _, body = _curl(radiance, path)
                assert status == 404
                assert json.loads(body)["error"]["code"] == "NOT_FOUND"
            status, headers, body = _curl(radiance, "/airunner/models", "POST")
            assert (status, headers["allow"]) == (405, "GET, HEAD")
            assert json.loads(body)["error"]["code"] == "METHOD_NOT_ALLOWED"
            status, _, body = _curl(auralis, "/api/jobs")
            assert (status, json.loads(body)["detail"]["code"]) == (401, "UNAUTHORIZED")
            status, _, body = _curl(auralis, "/airunner/models")
            assert (status, json.loads(body)["detail"]["code"]) == (404, "NOT_FOUND")
            status, _, body = _curl(native, "/v1/jobs")
            assert (status, json.loads(body)["error"]["code"]) == (401, "unauthorized")
            assert json.loads(_curl(native, "/")[2])["dialects"] == {}
            status, _, body = _curl(native, "/radiance/airunner/models")
            assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")
            # The mounts stay.
            assert _curl(api.api_port, "/radiance/airunner/models")[0] == 200
            assert _curl(api.api_port, "/auralis/api/jobs")[0] == 401
    finally:
        reserved.close()
        second.close()


def _other_port(api: ServiceProcess, known: set[int]) -> int:
    """The free port that was taken: the log names it."""
    ports = {int(port) for port in re.findall(r"listening on http://127\.0\.0\.1:(\d+)", api.log)}
    (found,) = ports - known - {api.api_port}
    return found


def test_bad_value_ends_the_start_with_its_name(api_env: dict[str, str]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "headrace_api"],
        env={**api_env, "HEADRACE_DIALECT_PORTS": "radiance=99999"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 2
    assert (
        process.stderr.strip()
        == "HEADRACE_DIALECT_PORTS: the port of radiance must be a number from 0 to 65535"
    )

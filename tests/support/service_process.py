"""Our services as processes of their own, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import S3Access

from headrace.embedded.ports import PortReservation, reserve_port

AGENT_TOKEN = "test-agent-token"


def service_env(nats_url: str, record_url: str, bucket: S3Access) -> dict[str, str]:
    """The settings that all services need, on the given servers."""
    return {
        "HEADRACE_NATS_URL": nats_url,
        "HEADRACE_POSTGRES_URL": record_url,
        "HEADRACE_S3_ENDPOINT_URL": bucket.endpoint_url,
        "HEADRACE_S3_ACCESS_KEY": bucket.access_key,
        "HEADRACE_S3_SECRET_KEY": bucket.secret_key,
        "HEADRACE_S3_BUCKET": bucket.bucket,
        "HEADRACE_S3_REGION": bucket.region,
        "HEADRACE_RADIANCE_AGENT_TOKEN": AGENT_TOKEN,
        "HEADRACE_ALLOW_LOOPBACK_WEBHOOKS": "true",
        "HEADRACE_ENABLE_NOOP": "true",
        # All tests come from one address, and many show what is wrong on purpose.
        "HEADRACE_WRONG_CREDENTIALS_PER_MINUTE": "1000000",
    }


@dataclass(kw_only=True)
class ServiceProcess:
    """One service; ``log`` is what it wrote."""

    module: str
    env: Mapping[str, str]
    log_path: Path
    _health: PortReservation = field(default_factory=reserve_port, repr=False)
    _api: PortReservation = field(default_factory=reserve_port, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def health_url(self) -> str:
        return f"http://127.0.0.1:{self._health.port}"

    @property
    def api_port(self) -> int:
        return self._api.port

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._api.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Start it and wait until it is ready."""
        self._health.release_for_server()
        self._api.release_for_server()
        known = {key: value for key, value in os.environ.items() if not key.startswith("HEADRACE_")}
        settings = {
            **known,
            **self.env,
            "HEADRACE_HEALTH_PORT": str(self._health.port),
            "HEADRACE_API_PORT": str(self._api.port),
        }
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module], env=settings, stdout=log, stderr=log
            )
        deadline = time.monotonic() + timeout_s
        while not self.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.module} did not get ready:\n{self.log[-3000:]}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """What ``/readyz`` says."""
        try:
            with urllib.request.urlopen(f"{self.health_url}/readyz", timeout=3) as answer:  # noqa: S310 - our own port
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, timeout_s: float = 30.0) -> int:
        """Its exit code."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def close(self) -> None:
        """End it, gently at first; safe to call twice."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._health.close()
        self._api.close()


@contextmanager
def service(module: str, env: Mapping[str, str], log_path: Path) -> Iterator[ServiceProcess]:
    """A service that is ready, and ends with the block."""
    process = ServiceProcess(module=module, env=env, log_path=log_path)
    try:
        process.start()
        yield process
    finally:
        process.close()

"""An API as a process, on servers of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.servers import S3Access
from tests.support.service_process import ServiceProcess, service, service_env

IMPATIENT = {"HEADRACE_BODY_TIMEOUT_S": "1.0", "HEADRACE_HEAD_TIMEOUT_S": "1.5"}


@pytest.fixture
def api_env(nats_url: str, record_url: str, bucket: S3Access) -> dict[str, str]:
    """The settings of the API."""
    return service_env(nats_url, record_url, bucket)


@pytest.fixture
def api(api_env: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    """A running API that soon loses patience with slow clients."""
    with service("headrace_api", {**api_env, **IMPATIENT}, tmp_path / "api.log") as process:
        yield process

"""``headrace-api``."""

from __future__ import annotations

from importlib.metadata import version

from headrace_api.bootstrap import api
from headrace_api.settings import ApiSettings
from headrace_contracts.ids import new_id
from headrace_runtime import logs, telemetry
from headrace_runtime.process import Stop, run
from headrace_runtime.settings import load


def main() -> None:
    """Run until told to stop."""
    settings = load(ApiSettings)
    logs.configure(settings, "headrace-api")

    async def body(stop: Stop) -> None:
        signals = telemetry.start("headrace-api", instance_id=str(new_id()), version=version("headrace-api"))
        try:
            async with api(settings, signals):
                stop.serving = True
                await stop.graceful.wait()
        finally:
            await signals.stop()

    run(body)


if __name__ == "__main__":
    main()

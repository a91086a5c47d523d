"""``headrace-dispatcher``."""

from __future__ import annotations

from importlib.metadata import version

from headrace_contracts.ids import new_id
from headrace_dispatcher.bootstrap import dispatcher
from headrace_dispatcher.settings import DispatcherSettings
from headrace_runtime import logs, telemetry
from headrace_runtime.process import Stop, run
from headrace_runtime.settings import load


def main() -> None:
    """Run until told to stop."""
    settings = load(DispatcherSettings)
    logs.configure(settings, "headrace-dispatcher")

    async def body(stop: Stop) -> None:
        signals = telemetry.start(
            "headrace-dispatcher", instance_id=str(new_id()), version=version("headrace-dispatcher")
        )
        try:
            async with dispatcher(settings, signals):
                stop.serving = True
                await stop.graceful.wait()
        finally:
            await signals.stop()

    run(body)


if __name__ == "__main__":
    main()

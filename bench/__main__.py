"""``python -m bench``: measure, print the table, write the JSON."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from bench import claims, dialects, latency, throughput
from bench.figures import Figure, conditions, table, write_json
from bench.peers import faststream
from bench.stack import SLOTS

#: Our own processes, whose memory has a bar.
_SERVICES = ("api", "dispatcher", "webhooks", "publisher", "agent-1")


def _throughput(runs: int) -> list[Figure]:
    found, peers = [], []
    for number in range(runs):  # in turn, so that the machine's mood is the same for both
        found.append(asyncio.run(throughput.measure(long=number == runs - 1)))
        peers.append(asyncio.run(faststream.measure(throughput.JOBS)))
    last = found[-1]
    cpu = [
        Figure(name=f"  CPU of {name}", unit="ms/job", values=[run.cpu_ms.get(name, 0.0) for run in found])
        for name in last.cpu_ms
    ]
    memory = [
        Figure(
            name=f"memory of {name} after {throughput.JOBS:,} jobs", unit="MB",
            values=[run.memory_mb[name] for run in found], most=120,
        )
        for name in _SERVICES
    ]  # fmt: skip
    growth = [
        Figure(
            name=f"  its growth to {throughput.JOBS + throughput.MORE_JOBS:,} jobs", unit="MB",
            values=[last.memory_later_mb[name] - last.memory_mb[name]],
        )
        for name in _SERVICES
    ]  # fmt: skip
    return [
        Figure(
            name="end to end", unit="jobs/s", values=[run.jobs_per_s for run in found], least=2000, aim=4000
        ),
        Figure(name="  peer: FastStream on JetStream, 2 workers", unit="jobs/s", values=[rate for rate, _ in peers]),
        Figure(
            name="  ours over the peer, run by run", unit="×",
            values=[run.jobs_per_s / rate for run, (rate, _) in zip(found, peers, strict=True)],
        ),
        Figure(name="  submits meanwhile", unit="jobs/s", values=[run.submit_per_s for run in found]),
        Figure(
            name="CPU of all processes", unit="ms/job",
            values=[sum(run.cpu_ms.values()) for run in found], most=0.9, aim=0.5,
        ),
        Figure(name="  peer, without its client", unit="ms/job", values=[cpu_ms for _, cpu_ms in peers]),
        *cpu,
        *(figure for pair in zip(memory, growth, strict=True) for figure in pair),
    ]  # fmt: skip


def _latency(runs: int) -> list[Figure]:
    found = [asyncio.run(latency.measure()) for _ in range(runs)]
    return [
        Figure(name="idle latency p50", unit="ms", values=[p50 for p50, _ in found], most=10, aim=5),
        Figure(name="idle latency p99", unit="ms", values=[p99 for _, p99 in found], most=30, aim=15),
    ]


def _claims(runs: int) -> list[Figure]:
    found = [asyncio.run(claims.measure()) for _ in range(runs)]
    return [
        Figure(
            name="claim + return over REST, 8 clients",
            unit="pairs/s",
            values=[rate for rate, _ in found],
            least=400,
        ),
        Figure(name="  CPU of all processes", unit="ms/pair", values=[cpu for _, cpu in found]),
    ]


def _dialects(runs: int) -> list[Figure]:
    found = [asyncio.run(dialects.measure()) for _ in range(runs)]
    costs = {name: [cost for run in found for cost in run[name]] for name in found[0]}
    figures = [
        Figure(name=f"submit: {name}", unit="CPU ms/job", values=[cost.cpu_ms for cost in each])
        for name, each in costs.items()
    ]
    rates = [
        Figure(name=f"  rate: {name}", unit="jobs/s", values=[cost.per_s for cost in each])
        for name, each in costs.items()
    ]
    ratios = [
        Figure(
            name=f"  {name} over {peer}, round by round", unit="×",
            values=[
                cost.cpu_ms / other.cpu_ms for cost, other in zip(costs[name], costs[peer], strict=True)
            ],
            most=1.2,
        )
        for name, peer in dialects.PEERS.items()
    ]  # fmt: skip
    return [*figures, *rates, *ratios]


_PARTS = {"throughput": _throughput, "latency": _latency, "claims": _claims, "dialects": _dialects}


def main() -> int:
    """Exit status 0 when every bar is met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*_PARTS, []], help="what to measure; all by default")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, on fresh stacks (default: 3)")
    parser.add_argument("--out", type=Path, default=Path("bench/results/latest.json"))
    arguments = parser.parse_args()
    facts = conditions(
        {
            "postgres": "fsync on, synchronous_commit on",
            "jetstream": "file storage, 1 replica, default sync interval",
            "processes": "1 API, 1 dispatcher, 1 webhooks, 1 publisher, 1 agent with no-op handlers inside it",
            "agent_slots": SLOTS,
            "export": "off for the no-op model: its result is in the record only",
            "runs": arguments.runs,
        }
    )
    for name, value in facts.items():
        print(f"{name:>18}  {value}")
    figures = [figure for part in arguments.parts or _PARTS for figure in _PARTS[part](arguments.runs)]
    print(f"\n{table(figures)}")
    write_json(arguments.out, figures, facts)
    return 0 if all(figure.met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())

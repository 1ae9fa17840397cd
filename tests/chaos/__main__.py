"""The crash lab from the command line; ``make chaos`` runs it.

python -m tests.chaos --seed 7 --faults 40
python -m tests.chaos --controls
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from tests.chaos.controls import NO_GUARD
from tests.chaos.faults import drawn
from tests.chaos.lab import TMPFS_MB
from tests.chaos.run import Plan, Report, run

CONTROLS: dict[str, Plan] = {
    "synchronous_commit off": Plan(
        seed=1,
        faults=("crash postgres",),
        between=4,
        settings={"synchronous_commit": "off", "wal_writer_delay": "10s"},
        bells=False,
    ),
    "unique keys dropped, a retry is written anew": Plan(
        seed=2,
        faults=("cut connections", "kill worker", "cut connections", "cut connections", "kill worker"),
        control="forgets-what-was-answered",
        statements=NO_GUARD,
        bells=False,
    ),
    "unique keys dropped, the expected version ignored": Plan(
        seed=3,
        faults=("another writer", "another writer", "another writer"),
        control="ignores-the-version",
        statements=NO_GUARD,
        bells=False,
    ),
    "acknowledged before the commit": Plan(
        seed=4,
        faults=("cut connections", "kill worker", "cut connections", "kill worker"),
        control="acknowledges-before-commit",
        bells=False,
    ),
}
"""Machines that are wrong on purpose; each must be found out."""


def table(reports: Sequence[tuple[str, Report]]) -> str:
    """What was injected, acknowledged, lost, doubled and out of order, a line each."""
    head = (
        "| run | faults | attempts | acknowledged | events | lost | doubled | out of order | untiled | timers "
        "| read models | stopped | unanswered | seconds |"
    )
    lines = [head, "|" + " --- |" * (head.count("|") - 1)]
    for name, each in reports:
        counts = each.findings.counts()
        found = [
            counts[key] for key in ("lost", "doubled", "out_of_order", "untiled", "timers", "read_models")
        ]
        cells = [name, sum(each.injected.values()), each.attempts, each.acknowledged, each.events]
        cells += [*found, each.stopped, each.unanswered, round(each.seconds)]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


async def _main(arguments: argparse.Namespace) -> int:
    reports: list[tuple[str, Report]] = []
    wrong = False
    if not arguments.controls:
        for round_ in range(arguments.rounds):
            seed = arguments.seed + round_
            special = {"small_disk": arguments.small_disk, "fake_clock": arguments.fake_clock}
            report = await run(Plan(seed=seed, faults=drawn(seed, arguments.faults, **special), **special))
            reports.append((f"seed {seed}", report))
            print(f"seed {seed}: {report.injected} alarms {report.alarms} {report.findings}", flush=True)
            wrong = wrong or not report.clean
    if arguments.controls or arguments.rounds > 1:
        for name, plan in CONTROLS.items():
            report = await run(plan)
            reports.append((f"control: {name}", report))
            print(f"control {name}: found out: {not report.findings.clean}", flush=True)
            wrong = wrong or report.findings.clean
    print(table(reports))
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="the crash lab", epilog=f"a small disk has {TMPFS_MB} MB")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--faults", type=int, default=18)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--controls", action="store_true", help="only the machines that are wrong on purpose")
    parser.add_argument(
        "--small-disk", action="store_true", help="on a tmpfs, with full disks among the faults"
    )
    parser.add_argument("--fake-clock", action="store_true", help="under libfaketime, with clocks that step")
    sys.exit(asyncio.run(_main(parser.parse_args())))

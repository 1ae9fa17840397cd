"""Record the histories that a change has to be able to replay (docs/temporal.md, "Saved histories").

    python -m tests.replay.record                every life
    python -m tests.replay.record renewed swept  these lives only
    python -m tests.replay.record --seal         from now on what is there stays as it is: at a release

It drives the lives on real servers of its own. A life that is not sealed is recorded over; one that is gets files
beside the sealed ones, under the next free number. A life has one file for each run that it went through.
"""

import argparse
import asyncio
import hashlib
import inspect
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType

from temporalio.testing import WorkflowEnvironment

from deploy.onemachine.postgres import temporary_postgres
from deploy.onemachine.temporal import EmbeddedTemporal
from ledger.pool import migrate
from tests.databases import fresh_database
from tests.replay import lives, lives_of_clocks
from tests.replay.saved import HISTORIES, written
from tests.replay.stage import Stage
from tests.running import run_all
from tests.skipping import skipping_server
from workflows.connection import connect

SEALED = "sealed.txt"
"""Beside the histories: SHA-256 and name of each that was there when a release was made, as sha256sum writes them."""

SOON = {"renewed": 40, "renewed_with_its_clock": 40}
"""Lives whose runs continue as new after so many events, not after thousands."""

Drive = Callable[[Stage], Awaitable[None]]


def _in(module: ModuleType) -> dict[str, Drive]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.iscoroutinefunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    }


STRAIGHT = _in(lives)
WAITING = _in(lives_of_clocks)
"""The lives in which time is moved; they need the server that can."""
LIVES = {**STRAIGHT, **WAITING}


async def lived(
    name: str, database: str, address: str, skipping: WorkflowEnvironment | None, folder: Path
) -> list[str]:
    """Live it over a migrated database and a Temporal server; the histories of its runs, as they are saved."""
    moving = name in WAITING
    assert skipping is not None or not moving
    client = skipping.client if skipping is not None and moving else await connect(address)
    async with run_all(database, client, folder, history_limit=SOON.get(name, 4_000)) as office:
        stage = Stage(office, skipping)
        await LIVES[name](stage)
        for case in office.opened:
            await stage.keep_case(case)
        assert stage.kept, f"{name} kept no run"
        handles = [client.get_workflow_handle(run.workflow, run_id=run.run) for run in stage.kept]
        return [written(await handle.fetch_history()) for handle in handles]


def sealed(folder: Path = HISTORIES) -> dict[str, str]:
    """File name ─▶ SHA-256 of every sealed history."""
    seals = folder / SEALED
    lines = seals.read_text(encoding="utf-8").splitlines() if seals.exists() else []
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def seal(folder: Path = HISTORIES) -> None:
    """What is there now stays."""
    lines = [f"{mark(path)}  {path.name}\n" for path in sorted(folder.glob("*.json"))]
    (folder / SEALED).write_text("".join(lines), encoding="utf-8")


def mark(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def store(name: str, histories: Iterable[str], folder: Path, kept: Iterable[str]) -> list[Path]:
    """Write the histories of a life, one file each; files of it that are not in ``kept`` make room."""
    kept = set(kept)
    for old in folder.glob(f"{name}.*.json"):
        if old.name not in kept:
            old.unlink()
    first = max((int(old.split(".")[1]) for old in kept if old.startswith(f"{name}.")), default=0) + 1
    paths: list[Path] = []
    for number, text in enumerate(histories, first):
        paths.append(folder / f"{name}.{number:02}.json")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


async def record(names: list[str]) -> None:
    """Live the lives and save what happened."""
    with temporary_postgres() as postgres, tempfile.TemporaryDirectory(prefix="zeren-record-") as folder:
        temporal = EmbeddedTemporal(Path(folder))
        temporal.start()
        try:
            async with AsyncExitStack() as stack:
                skipping = await stack.enter_async_context(skipping_server())
                for name in names:
                    place = Path(folder) / name
                    place.mkdir()
                    async with fresh_database(postgres, f"life_{name}") as dsn:
                        await migrate(dsn)
                        texts = await lived(name, dsn, temporal.address, skipping, place)
                    for path in store(name, texts, HISTORIES, sealed()):
                        print(path.name)  # noqa: T201 - a command says what it wrote
        finally:
            temporal.stop()


def main() -> None:
    """What the command line runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lives", nargs="*", choices=[[], *LIVES], help="all of them if left out")
    parser.add_argument("--seal", action="store_true", help="what is there now stays as it is")
    given = parser.parse_args()
    HISTORIES.mkdir(exist_ok=True)
    # The lives provoke errors on purpose, and the worker logs each at length.
    logging.disable(logging.ERROR)
    if given.seal:
        seal()
        return
    asyncio.run(record(given.lives or list(LIVES)))


if __name__ == "__main__":
    main()

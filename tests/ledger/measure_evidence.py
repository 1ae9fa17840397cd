"""What evidence costs, measured: appends before and after it, sealing, verifying, exporting, against SHA-256 alone.

    python -m tests.ledger.measure_evidence [EVENTS]        100,000 if left out

It starts a PostgreSQL of its own in a temporary folder. The figures in docs/evidence.md come from here.
"""

import asyncio
import hashlib
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from deploy.onemachine.postgres import EmbeddedPostgres
from deploy.verify import zeren_verify as alone
from domain import commands as c
from domain.evolve import fold
from domain.ports import Append
from domain.words import Step
from ledger.append import append
from ledger.evidence.checkpoints import make_checkpoint
from ledger.evidence.export import export
from ledger.evidence.keys import SigningKeys, create_signing_keys
from ledger.evidence.sequence import sequence
from ledger.evidence.verify import verify
from ledger.pool import migrate, open_pool
from tests import small
from tests.ledger.cases import Story, ready

CASES = 150

_MORE = """
INSERT INTO command SELECT md5(c.case_id::text || k)::uuid, command_id, type, fingerprint, at, recorded_at, actor, facts,
    outcome, first_version, last_version, NULL, answer FROM command c, generate_series(1, $1) k
"""
_MORE_EVENTS = """
INSERT INTO event SELECT h.position + row_number() OVER (ORDER BY k, e.position), md5(e.case_id::text || k)::uuid, version,
    gen_random_uuid(), command_id, type, schema, at, e.recorded_at, done_at, actor, facts, body
FROM event e, generate_series(1, $1) k, head h
"""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def appends(pools: dict[str, asyncpg.Pool]) -> None:
    """The same cases into both databases, turn about, so that whatever else the machine does falls on both."""
    took: dict[str, list[float]] = {name: [] for name in pools}
    for number in range(CASES):
        for pool in pools.values():
            story = Story(pool, f"measured-{number}")
            await (await story.open()).work()
    for number in range(CASES):
        for name, pool in sorted(pools.items(), reverse=number % 2 == 0):
            story = Story(pool, f"again-{number}")
            await story.open()
            for at in range(3):
                row = await _next(story, at)
                began = time.perf_counter()
                done = await append(pool, row)
                took[name].append(time.perf_counter() - began)
                assert done.outcome == "ok"
                story.case = fold(row.events, story.case)
    for name, times in took.items():
        times.sort()
        say(
            f"append, {name}: median {statistics.median(times) * 1000:.2f} ms, p95 {times[int(len(times) * 0.95)] * 1000:.2f} ms"
            f" ({len(times)} appends)"
        )


async def _next(story: Story, at: int) -> Append:
    story.count += 1
    story.later(1)
    model, fields = _STEPS[at]
    command = {"id": f"{story.name}:{story.count}", "personal": None, **fields}
    return await story.decided(model.model_validate(command))


_STEPS: list[tuple[type[c.Command], dict[str, object]]] = [
    (c.Propose, {"actor": small.CLERK, "to": small.HOUSING}),
    (c.Sign, {"actor": small.HOUSING_WORKER}),
    (c.RecordStep, {"actor": small.HOUSING_WORKER, "step": Step.SITE_VISIT}),
]


async def main(wanted: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="zeren-measure-"))
    postgres = EmbeddedPostgres(folder / "data")
    try:
        postgres.start()
        pools: dict[str, asyncpg.Pool] = {}
        for name in ("before", "after"):
            postgres.create_database(name)
            await migrate(postgres.dsn(name))
            pools[name] = await open_pool(postgres.dsn(name))
            await ready(pools[name])
        # All that an append has to do with evidence.
        await pools["before"].execute("DROP INDEX command_recorded")
        await appends(pools)
        await pools.pop("before").close()
        await whole(pools["after"], folder, wanted)
        await pools["after"].close()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(postgres.home, ignore_errors=True)


def rss() -> int:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def whole(pool: asyncpg.Pool, folder: Path, wanted: int) -> None:
    """Sealing, verifying and exporting a ledger of that many events."""
    there = await pool.fetchval("SELECT count(*) FROM event")
    more = max(1, (wanted - there) // there)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_MORE_EVENTS, more, timeout=600)
        await connection.execute(_MORE, more, timeout=600)
        await connection.execute("UPDATE head SET position = (SELECT max(position) FROM event)")
    await pool.execute("ANALYZE", timeout=600)
    events = await pool.fetchval("SELECT count(*) FROM event")
    create_signing_keys(folder / "evidence.json")
    keys = SigningKeys.from_file(folder / "evidence.json")
    began = time.perf_counter()
    made = await make_checkpoint(pool, keys, None)
    sealed = time.perf_counter() - began
    leaves = made.checkpoint.size
    say(f"{events} events, {leaves} leaves; memory so far {rss()} MB")
    say(f"sealing the past: {sealed:.1f} s, {leaves / sealed:.0f} leaves/s")
    began = time.perf_counter()
    assert await sequence(pool) == 0
    say(f"a round with nothing new: {(time.perf_counter() - began) * 1000:.1f} ms")
    began = time.perf_counter()
    found = await verify(pool)
    verified = time.perf_counter() - began
    assert found.ok, found
    say(f"verify the database: {verified:.1f} s, {leaves / verified:.0f} leaves/s; memory {rss()} MB")
    out = folder / "ledger.jsonl"
    began = time.perf_counter()
    with out.open("wb") as file:
        done = await export(pool, file.write)
    exported = time.perf_counter() - began
    out.with_name("ledger.jsonl.checkpoint").write_text(done.note, encoding="utf-8")
    say(f"export: {exported:.1f} s, {out.stat().st_size / 1e6:.0f} MB; memory {rss()} MB")
    began = time.perf_counter()
    report = alone.verify(out, [out.with_name("ledger.jsonl.checkpoint")])
    checked = time.perf_counter() - began
    assert report.ok, report.findings
    say(f"verify the export: {checked:.1f} s, {leaves / checked:.0f} leaves/s; memory {rss()} MB")
    hashing(out, verified, checked)


def hashing(out: Path, verified: float, checked: float) -> None:
    """SHA-256 of the same bytes: of the file in one, and of its entries one by one."""
    whole_file = out.read_bytes()
    began = time.perf_counter()
    hashlib.sha256(whole_file)
    one = time.perf_counter() - began
    entries = [line.partition(b',"index":')[0][9:] for line in whole_file.splitlines()]
    began = time.perf_counter()
    for entry in entries:
        hashlib.sha256(b"\x00" + entry).digest()
    each = time.perf_counter() - began
    size = sum(map(len, entries)) / 1e6
    say(f"SHA-256 alone: file in one {one:.2f} s; {size:.0f} MB of entries one by one {each:.2f} s")
    say(
        f"verifying took {verified / each:.0f} times (database), {checked / each:.0f} times (export) that of the entries"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))

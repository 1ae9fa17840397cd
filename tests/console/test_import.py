"""Live intake from files: real letters, interruption, a second run, and rows that cannot be taken in."""

import asyncio
import csv
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from console.desk import Receipt
from console.hats import Acting
from console.intake.rows import Row
from console.intake.run import Import
from domain.actors import Actor
from domain.numbers import case_id
from domain.ports import Answer
from domain.rules import Refusal
from tests import small
from tests.console.calling import ROOT, call, ended, started
from tests.running import Running
from workflows.door import Outcome, OutcomeKind

LETTERS = ROOT.parent / "shared" / "data" / "letters.csv"
needs_letters = pytest.mark.skipif(not LETTERS.exists(), reason="the shared letters are not here")

ROWS = "编号,标题,内容,收到时间,事项,地点\n"


def write(path: Path, *rows: str, head: str = ROWS) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


async def _cases(running: Running) -> int:
    return await running.pool.fetchval("SELECT count(*) FROM case_now")


async def _end_all(running: Running) -> None:
    running.opened += [row["case_id"] for row in await running.pool.fetch("SELECT case_id FROM case_now")]


def refused(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@needs_letters
@pytest.mark.timeout(300)
async def test_real_letters_interrupted_half_way_end_at_their_number(
    running: Running, tmp_path: Path
) -> None:
    file = tmp_path / "信件 letters.csv"
    file.write_bytes(LETTERS.read_bytes())
    words = ("import", "cases", str(file), "--as", "clerk-1", "--json")
    first = await started(running, *words)
    while await _cases(running) < 150:
        await asyncio.sleep(0.05)
    first.send_signal(signal.SIGINT)
    stopped = await ended(first)
    assert stopped.code == 1, stopped
    assert "again" in stopped.err
    opened = stopped.json["opened"]
    assert 150 <= opened < 586
    assert opened == await _cases(running)

    killed = await started(running, *words)
    while await _cases(running) < opened + 100:
        await asyncio.sleep(0.05)
    killed.kill()
    await killed.wait()

    last = await ended(await started(running, *words), 200)
    assert last.code == 0, last
    figures = last.json
    assert (figures["read"], figures["refused"]) == (586, 0)
    assert figures["opened"] + figures["already"] == 586
    assert await _cases(running) == 586
    assert "answer" in figures["not_taken"]
    queue = (await call(running, "queue", "--state", "triage", "--json")).json
    assert queue["total"] == 586
    dates = await running.pool.fetchval("SELECT count(*) FROM case_now WHERE received_at IS NULL")
    assert dates == 3
    again = (await call_import(running, file)).json
    assert (again["read"], again["opened"], again["already"], again["remarks"]) == (586, 0, 586, 3)
    await _end_all(running)


async def call_import(running: Running, file: Path, *words: str):  # noqa: ANN201 - what the caller of a command gets
    """As a process of its own: an import listens to signals, which a thread cannot."""
    process = await started(running, "import", "cases", str(file), "--as", "clerk-1", "--json", *words)
    return await ended(process)


async def test_bad_rows_are_written_with_their_reasons_and_good_ones_are_opened(
    running: Running, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "a.csv",
        f"1,漏水,屋顶漏水,2026-03-01,房屋漏水,{small.COMMUNITY}",
        "2,没有日期,路灯坏了,-,,",
        "3,太短",
        "4,,,2026-03-01,,",
        "5,=cmd(),路灯坏了,2026-03-01,没有的事项,",
        f"6,长,{'长' * 20_001},2026-03-01,,",
        "7,控制,a\x07b,2026-03-01,,",
        '8,"没有配对,路灯坏了,2026-03-01,,',
    )
    called = await call_import(running, file)
    assert called.code == 0, called
    figures = called.json
    assert (figures["read"], figures["opened"], figures["already"]) == (8, 2, 0)
    assert (figures["refused"], figures["remarks"]) == (6, 1)
    told = {row["zeren_row"]: row for row in refused(Path(figures["refused_file"]))}
    assert {number: row["zeren_outcome"] for number, row in told.items()} == {
        "3": "remark",
        **dict.fromkeys(("4", "5", "6", "7", "8", "9"), "refused"),
    }
    assert told["6"]["标题"] == "'=cmd()"
    assert all(row["zeren_reason_zh"] and row["zeren_reason_en"] for row in told.values())
    case = await running.pool.fetchrow(
        "SELECT matter, place, received_at FROM case_now WHERE matter IS NOT NULL"
    )
    assert case is not None
    assert tuple(case) == (small.HOUSING_MATTER, small.COMMUNITY, datetime(2026, 2, 28, 16, tzinfo=UTC))
    await _end_all(running)

    mended = write(tmp_path / "b.csv", "5,=cmd(),路灯坏了,2026-03-01,房屋漏水,", "2,没有日期,路灯坏了,-,,")
    again = (await call_import(running, mended)).json
    assert (again["opened"], again["already"], again["refused"], again["remarks"]) == (1, 1, 0, 1)
    await _end_all(running)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00garbage\x9f" * 50, "UTF-8"),
        ("内容\n路灯坏了\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,2\n", "column"),
    ],
)
async def test_a_file_that_cannot_be_read_imports_nothing(
    running: Running, tmp_path: Path, data: bytes, said: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    called = await call_import(running, file)
    assert called.code == 1
    assert said in called.err
    assert "Traceback" not in called.err
    assert await _cases(running) == 0
    assert list(tmp_path.glob("*.refused.csv")) == []
    missing = await call_import(running, tmp_path / "none.csv")
    assert "no such file" in missing.err.lower()


async def test_gb18030_is_read(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("内容,收到时间\n小区路灯坏了三天没人修，晚上看不见。,2026-03-01\n".encode("gb18030"))
    assert (await call_import(running, file)).json["opened"] == 1
    await _end_all(running)


# ------------------------------------------------------------------ the run alone, with a desk that answers as told

REFUSAL = Refusal(rule="x", zh="不行。", en="No.", next_zh="改。", next_en="Mend it.")


class PlayedDesk:
    """A desk that answers what the test says, and remembers what it was asked."""

    def __init__(self, *answers: OutcomeKind, age: timedelta = timedelta(0)) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.age = age
        self.opened: set[str] = set()

    async def opened_by(self, command_id: str, user: str) -> bool:  # noqa: ARG002 - the desk's own signature
        return command_id in self.opened

    async def open_case(
        self,
        fields: dict[str, object],  # noqa: ARG002 - the desk's own signature
        acting: Acting,  # noqa: ARG002
        *,
        command_id: str | None = None,
    ) -> Receipt:
        assert command_id is not None
        self.asked.append(command_id)
        await asyncio.sleep(0)
        kind = self.answers.pop(0) if self.answers else OutcomeKind.DONE
        answer = Answer(
            outcome="refused",
            case=uuid4(),
            command=command_id,
            number=None,
            version=0,
            state=None,
            at=datetime.now(UTC) - self.age,
        )
        known = kind in {OutcomeKind.DONE, OutcomeKind.REFUSED}
        return Receipt(
            command="register",
            command_id=command_id,
            case=case_id(command_id),
            number=None,
            actor=Actor(kind="person"),  # pyright: ignore[reportArgumentType]
            outcome=Outcome(
                kind=kind, answer=answer if known else None, refusal=REFUSAL, zh="不行。", en="No."
            ),
        )


class Notes:
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, str]] = []

    def add(self, row: Row, outcome: str, why: tuple[str, str]) -> None:  # noqa: ARG002
        self.kept.append((row.number, outcome))


def _rows(count: int) -> Sequence[Row]:
    return [Row(n, [], {"text": "x"}, f"import:{n}") for n in range(count)]


def _taking(desk: PlayedDesk) -> Import:
    return Import(desk, Acting("u"), Notes(), progress=lambda _: None)


async def test_a_refusal_of_an_earlier_run_is_tried_under_the_next_id() -> None:
    desk = PlayedDesk(OutcomeKind.REFUSED, age=timedelta(days=1))
    figures = await _taking(desk).run(_rows(1))
    assert desk.asked == ["import:0", "import:0:try2"]
    assert (figures.opened, figures.refused) == (1, 0)
    fresh = PlayedDesk(OutcomeKind.REFUSED, age=timedelta(seconds=-1))
    figures = await _taking(fresh).run(_rows(1))
    assert (fresh.asked, figures.refused) == (["import:0"], 1)


async def test_an_outcome_that_nobody_knows_is_asked_again_and_then_stops_everything() -> None:
    desk = PlayedDesk(OutcomeKind.STILL_DECIDING)
    figures = await _taking(desk).run(_rows(1))
    assert (figures.opened, desk.asked) == (1, ["import:0", "import:0"])
    away = PlayedDesk(*[OutcomeKind.NOTHING_SENT] * 100)
    figures = await _taking(away).run(_rows(50))
    assert figures.stopped is not None
    assert (figures.read, figures.opened, figures.refused) == (0, 0, 0)
    assert len(away.asked) < 50


async def test_a_stop_finishes_what_is_in_flight_and_counts_it() -> None:
    desk = PlayedDesk()
    taking = Import(
        desk, Acting("u"), Notes(), progress=lambda figures: taking.stop() if figures.opened == 10 else None
    )
    figures = await taking.run(_rows(100))
    assert figures.read == figures.opened < 100
    assert figures.stopped is not None

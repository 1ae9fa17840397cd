"""Rows become cases, a few at a time, through the desk that everybody uses.

    row ─▶ case there already? ─yes─▶ already
             └─no─▶ desk ─┬─ done      ─▶ opened
                          ├─ refused   ─▶ the file of refused rows
                          └─ not known ─▶ tried again under the same id, then everything stops

A row's command id is made of its content (console/intake/rows.py), so a second run, or one after an interruption, opens
nothing twice. A refusal by rule is kept under its id for good; what led to it may have been mended since, so the next
run tries that row under the next id.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from console.desk import Receipt
from console.hats import Acting
from console.intake.rows import Row
from console.views import Json
from domain.errors import BadInput
from workflows.door import OutcomeKind

AT_ONCE = 8
"""Rows in flight."""

_ATTEMPTS = 8
_PATIENCE = 3
_UNKNOWN = frozenset({OutcomeKind.STILL_DECIDING, OutcomeKind.MAY_HAVE_BEEN_SENT, OutcomeKind.NOTHING_SENT})


class IntakeDesk(Protocol):
    """The desk, as far as an import uses it."""

    async def open_case(
        self, fields: dict[str, object], acting: Acting, *, command_id: str | None = None
    ) -> Receipt:
        """Take a case in."""
        ...

    async def opened_by(self, command_id: str, user: str) -> bool:
        """Whether that command has opened a case that exists for the person."""
        ...


class Notes(Protocol):
    """Where the rows go that somebody has to look at."""

    def add(self, row: Row, outcome: str, why: tuple[str, str]) -> None:
        """Note one row: ``refused`` or ``remark``, and why in both languages."""
        ...


@dataclass
class Figures:
    """How far an import has come."""

    read: int = 0
    opened: int = 0
    already: int = 0
    refused: int = 0
    remarks: int = 0
    stopped: tuple[str, str] | None = None
    not_taken: list[str] = field(default_factory=list[str])

    def as_json(self) -> Json:
        """The shape that the command prints."""
        return {
            "read": self.read,
            "opened": self.opened,
            "already": self.already,
            "refused": self.refused,
            "remarks": self.remarks,
        }


class Import:
    """One run over the rows of a file."""

    def __init__(
        self, desk: IntakeDesk, acting: Acting, report: Notes, *, progress: Callable[[Figures], None]
    ) -> None:
        """``progress`` is called after every row."""
        self.figures = Figures()
        self._desk = desk
        self._acting = acting
        self._report = report
        self._progress = progress
        self._since = datetime.now(UTC)
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Read no further row; those in flight are finished."""
        if self.figures.stopped is None:
            self.figures.stopped = (
                "已中断，再次运行同一命令可继续，不会重复登记。",
                "It was interrupted; run the same command again to go on, nothing is opened twice.",
            )
        self._stop.set()

    async def run(self, rows: Iterable[Row]) -> Figures:
        """Take every row in, until the end or a stop."""
        # One iterator for all: whoever is free takes the next row.
        waiting = self._in_turn(rows)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work(waiting))
        return self.figures

    def _in_turn(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if self._stop.is_set():
                return
            self.figures.read += 1
            yield row

    async def _work(self, waiting: Iterator[Row]) -> None:
        for row in waiting:
            await self._take(row)
            self._progress(self.figures)

    async def _take(self, row: Row) -> None:
        if row.broken is not None:
            self._refuse(row, row.broken)
            return
        try:
            await self._open(row)
        except BadInput as error:
            self._refuse(row, (error.zh, error.en))

    async def _open(self, row: Row) -> None:
        """Find the id under which the row has its case or may get one. Raises BadInput."""
        why = ("", "")
        for attempt in range(1, _ATTEMPTS + 1):
            id_ = row.command_id if attempt == 1 else f"{row.command_id}:try{attempt}"
            if await self._desk.opened_by(id_, self._acting.user):
                self.figures.already += 1
                self._remark(row)
                return
            receipt = await self._send(row, id_)
            if receipt is None:
                return
            if receipt.done:
                self._opened(row)
                return
            why, answer = (receipt.outcome.zh, receipt.outcome.en), receipt.outcome.answer
            if answer is not None and answer.at >= self._since:
                break
            # An answer of an earlier run, or its id with another actor: what stood in the way may be mended.
        self._refuse(row, why)

    async def _send(self, row: Row, id_: str) -> Receipt | None:
        """Send, and again while nobody knows; None once that has stopped everything. Raises BadInput."""
        why = ("", "")
        for _ in range(_PATIENCE):
            receipt = await self._desk.open_case(row.fields, self._acting, command_id=id_)
            if receipt.outcome.kind not in _UNKNOWN:
                return receipt
            why = (receipt.outcome.zh, receipt.outcome.en)
            if self._stop.is_set():
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1)
        self.figures.read -= 1
        self.figures.stopped = self.figures.stopped or why
        self._stop.set()
        return None

    def _opened(self, row: Row) -> None:
        self.figures.opened += 1
        self._remark(row)

    def _remark(self, row: Row) -> None:
        """Note what is said about a row whose case stands, in this run or an earlier one."""
        if row.remark is not None:
            self.figures.remarks += 1
            self._report.add(row, "remark", row.remark)

    def _refuse(self, row: Row, why: tuple[str, str]) -> None:
        self.figures.refused += 1
        self._report.add(row, "refused", why)

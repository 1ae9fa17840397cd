"""One durable workflow for each case: it decides, and the ledger remembers (design.md §4).

    update act ─▶ validator: shape, size, draining only
               ─▶ lock ─▶ load once ─▶ answered before? ─▶ due clocks, in due order ─▶ decide ─▶ append ─▶ evolve
    run        ─▶ wait for the nearest deadline ─▶ lock ─▶ due clocks
               ─▶ history long? drain ─▶ continue as new
               ─▶ case ended, or follows a parent, and all handlers done ─▶ return

The state changes only after the append has returned: what is acknowledged is in the ledger. The lock is held round
decide, append and evolve, since another handler may run at every await. Start of a run, continue-as-new, rehydration and
a version conflict share one path: the case is loaded from the ledger.

A case that follows a parent sleeps: it waits for nothing, so its run returns, and the next command starts another one.
When a parent was answered or has ended, its run starts the batch that wakes them (merged_batch.py).
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from pydantic import PositiveInt

    from domain.actors import CLOCK
    from domain.base import Frozen
    from domain.case import Case
    from domain.commands import AnyCommand, Register, Strike
    from domain.deadlines import clock_command
    from domain.decide import decide, needs
    from domain.decision import Decision
    from domain.errors import ZerenError
    from domain.events import FactsUsed, Recorded
    from domain.evolve import evolve, fold
    from domain.facts import Facts
    from domain.ladder import due, next_bell
    from domain.numbers import draw_number, event_id
    from domain.ports import Alarm, Answer, Append, Appended, Ask, LookUp, fingerprint
    from domain.succession import Bell
    from workflows import calls
    from workflows.merged_batch import BatchStart, MergedBatch, batch_id
    from workflows.names import (
        ACT,
        BAD_SHAPE,
        CASE,
        COMMAND_REUSED,
        COMPARTMENT_MISSING,
        DRAINING,
        PACK_LOADED,
        STOPPED,
    )

HISTORY_LIMIT = 4_000
"""Events in the history of a run after which it continues as new: far below the server's 51,200."""

LARGEST_COMMAND = 32 * 1024
"""Characters of a command's JSON. Free text is not in it, so a lawful command is far smaller."""

_NOBODY_CAME = timedelta(minutes=1)
_AFTER_A_FAULT = timedelta(minutes=10)
_TRIES = 8


class CaseStart(Frozen):
    """What a run needs to begin: everything else is in the ledger."""

    case: UUID
    history_limit: PositiveInt = HISTORY_LIMIT


class Submission(Frozen):
    """What the update carries."""

    command: AnyCommand


@workflow.defn(name=CASE)
class CaseWorkflow:
    """The one who decides on a case, for as long as it is open."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        """Handlers may run before ``run`` does, so everything that they touch is made here."""
        self._start = start
        self._lock = asyncio.Lock()
        self._case: Case | None = None
        self._last: UUID | None = None
        self._answered: set[str] = set()
        self._facts: Facts | None = None
        self._loaded = False
        self._handled = 0
        self._moved = False
        self._draining = False
        self._contradicted = False
        self._faulty = False
        self._packs = 0

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """Wait for deadlines until the case has ended or sleeps, renewing the history on the way."""
        try:
            await self._live(start)
        except asyncio.CancelledError:
            # An operator's doing. Whoever waits for an answer gets it first; the case goes on when it is woken.
            self._draining = True
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise

    async def _live(self, start: CaseStart) -> None:
        async with self._lock:
            await self._ensure_loaded()
        while True:
            if self._over():
                await self._let_handlers_finish()
                if self._over():
                    return
            elif self._long():
                self._draining = True
                await workflow.wait_condition(workflow.all_handlers_finished)
                # No await between the wait and this: a handler that began in between would be lost.
                workflow.continue_as_new(start)
            else:
                await self._wait()

    @workflow.update(name=ACT)
    async def act(self, submission: Submission) -> Answer:
        """Carry out one command: the answer names what happened, or the rule that refused it.

        Fails with an application error of type CommandReused, CompartmentMissing or Stopped.
        """
        command = submission.command
        try:
            # Dangerous without the lock: between deciding and appending another handler could decide on the same
            # version of the case.
            async with self._lock:
                await self._ensure_loaded()
                return await self._answer(command)
        finally:
            self._handled += 1

    @act.validator
    def _acceptable(self, submission: Submission) -> None:
        """Shape, size and draining only; rules are decided in the handler, where the case is locked."""
        if self._draining:
            raise ApplicationError("the run is being renewed; send the same command again", type=DRAINING)
        if isinstance(submission.command, Strike):
            raise ApplicationError("only the clock strikes", type=BAD_SHAPE, non_retryable=True)
        if len(submission.command.model_dump_json()) > LARGEST_COMMAND:
            raise ApplicationError("the command is too large", type=BAD_SHAPE, non_retryable=True)

    @workflow.signal(name=PACK_LOADED)
    def pack_loaded(self) -> None:
        """A newer pack may have ended a body of this case: look it up anew, and wait for other instants."""
        self._facts = None
        self._packs += 1

    @workflow.query
    def version(self) -> int:
        """The version of the case that this run knows, 0 before it has one. For operators."""
        return self._case.version if self._case else 0

    # ------------------------------------------------------------------ waiting

    def _over(self) -> bool:
        case = self._case
        return case is None or case.ending is not None or (case.merged is not None and not case.deadlines)

    def _long(self) -> bool:
        if not self._moved:
            # The next run would load as much as this one did, and be as long at once.
            return False
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > self._start.history_limit
        )

    async def _let_handlers_finish(self) -> None:
        if self._case is None and self._handled == 0:
            # Started for a registration that has not been delivered yet, or for a case that never was.
            try:
                await workflow.wait_condition(lambda: self._handled > 0, timeout=_NOBODY_CAME)
            except TimeoutError:
                return
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _wait(self) -> None:
        """Until the nearest bell, or until another one is; then let the clock act."""
        case, packs = self._case, self._packs
        nearest = next_bell(case, await self._facts_of(case)) if case is not None else None
        wait = nearest.due - workflow.now() if nearest is not None else None
        if self._contradicted:
            # Only an operator can end this.
            wait = None
        elif self._faulty:
            wait = _AFTER_A_FAULT
        elif wait is not None and wait <= timedelta(0):
            async with self._lock:
                await self._strike_due(workflow.now())
            return
        try:
            await workflow.wait_condition(
                # A command that leaves the nearest bell as it is leaves its timer too: two events of history less.
                lambda: self._packs != packs or self._turned(nearest) or self._over() or self._long(),
                # One millisecond more than the distance, since the server's timers are no finer.
                timeout=wait + timedelta(milliseconds=1) if wait is not None else None,
                timeout_summary=f"{nearest.id} is due" if nearest is not None else None,
            )
        except TimeoutError:
            self._faulty = False

    def _turned(self, nearest: Bell | None) -> bool:
        """Whether another bell is the nearest by now; while there are no facts, whoever fetches them will see."""
        case, facts = self._case, self._facts
        return case is not None and facts is not None and next_bell(case, facts) != nearest

    async def _strike_due(self, now: datetime) -> None:
        """Decide every clock command due at or before ``now``, in due order. The caller holds the lock."""
        while self._case is not None and not self._contradicted:
            bell = due(self._case, await self._facts_of(self._case), now)
            if bell is None:
                return
            strike = Strike(id=clock_command(bell.id), actor=CLOCK, deadline=bell.id)
            try:
                await self._carry_out(strike, bell.due)
            except (ApplicationError, ZerenError) as error:
                # A clock that cannot be decided must not stop the case from taking commands, nor ring in a loop.
                self._faulty = True
                await self._alarm("undecidable", f"{strike.id}: {type(error).__name__}")
                return

    # ----------------------------------------------------------------- deciding

    async def _answer(self, command: AnyCommand) -> Answer:
        if self._contradicted:
            raise ApplicationError("the ledger contradicts this run", type=STOPPED, non_retryable=True)
        if command.id in self._answered:
            return await self._answered_before(command)
        now = workflow.now()
        await self._strike_due(now)
        try:
            return await self._carry_out(command, now)
        except ZerenError as error:
            await self._alarm("undecidable", f"{command.type}: {type(error).__name__}")
            raise ApplicationError(
                "the command cannot be decided", type=STOPPED, non_retryable=True
            ) from error

    async def _answered_before(self, command: AnyCommand) -> Answer:
        earlier = await calls.earlier_answer(
            Ask(case=self._start.case, command=command.id, fingerprint=fingerprint(command))
        )
        if earlier.answer is None:
            raise ApplicationError("the command id was used before", type=COMMAND_REUSED, non_retryable=True)
        return earlier.answer

    async def _carry_out(self, command: AnyCommand, instant: datetime) -> Answer:
        """Decide and append until it stands. Changes the state only after the append has returned."""
        mark = fingerprint(command)
        for _ in range(_TRIES):
            given = self._numbered(command)
            carried, case = self._facts, self._case
            facts = await self._facts_for(given)
            if facts is not carried and not isinstance(given, Strike):
                # Newer facts may have ended a body of the case: that comes first, for when it was.
                await self._strike_due(instant)
                if self._case is not case:
                    continue
            at = max(instant, self._case.last_at) if self._case else instant
            decision = self._decided(given, facts, at)
            row = self._row(given, mark, decision, facts, at)
            appended = await calls.append(row)
            answer = await self._settle(row, appended)
            if answer is not None:
                return answer
        raise ApplicationError("the command could not be settled", type=STOPPED, non_retryable=True)

    def _decided(self, command: AnyCommand, facts: Facts, at: datetime) -> Decision:
        try:
            return decide(self._case, command, facts, at)
        except ZerenError:
            # Only an append can say that facts are stale, and it will never see these: a newer pack may mend them.
            self._facts = None
            raise

    def _numbered(self, command: AnyCommand) -> AnyCommand:
        """A registration gets a number drawn here: random, yet the same when this history is replayed."""
        if isinstance(command, Register):
            return command.model_copy(update={"number": draw_number(workflow.random().randrange)})
        return command

    async def _facts_of(self, case: Case) -> Facts:
        """The facts carried so far, which know when the bodies of the case end; fetched where there are none."""
        if self._facts is None:
            self._facts = await calls.look_up(
                LookUp(needs=needs(case, Strike(id="clock", actor=CLOCK, deadline="any")))
            )
        return self._facts

    async def _facts_for(self, command: AnyCommand) -> Facts:
        """The facts carried from earlier commands if they cover this one, else fresh ones."""
        wanted = needs(self._case, command)
        if self._facts is None or not self._facts.covers(wanted):
            self._facts = await calls.look_up(LookUp(needs=wanted))
        return self._facts

    def _row(self, command: AnyCommand, mark: str, decision: Decision, facts: Facts, at: datetime) -> Append:
        base = self._case.version if self._case else 0
        used = FactsUsed(pack=facts.pack, version=facts.version)
        office = facts.name(command.actor.body) if command.actor.body else None
        actor = command.actor.model_copy(update={"office": office})
        return Append(
            case=self._start.case,
            command=command.id,
            type=command.type,
            fingerprint=mark,
            actor=actor,
            at=at,
            expected=base,
            facts=used,
            personal=command.personal,
            refusal=decision.refusal,
            seen=tuple(
                facts.cases[number]
                for number in sorted(needs(self._case, command).cases)
                if number in facts.cases
            ),
            events=tuple(
                Recorded(
                    id=event_id(self._start.case, version, command.id),
                    case=self._start.case,
                    version=version,
                    at=at,
                    done_at=command.done_at,
                    command=command.id,
                    actor=actor,
                    facts=used,
                    body=body,
                )
                for version, body in enumerate(decision.events, start=base + 1)
            ),
        )

    async def _settle(self, row: Append, appended: Appended) -> Answer | None:
        """What the append's outcome means here. None: decide again."""
        match appended.outcome:
            case "ok" if appended.answer is not None:
                await self._apply(row, appended.answer)
                if appended.wakes:
                    await self._wake_children(appended.answer.version)
                return appended.answer
            case "stale_facts":
                self._facts = None
            case "conflict":
                await self._reload("ledger_ahead")
            case "reused":
                raise ApplicationError(
                    "the command id was used before", type=COMMAND_REUSED, non_retryable=True
                )
            case "compartment_missing":
                raise ApplicationError(
                    "the personal data of the command do not stand",
                    type=COMPARTMENT_MISSING,
                    non_retryable=True,
                )
            case _:
                pass
        return None

    async def _wake_children(self, version: int) -> None:
        """Start the batch that tells the cases which follow this one; it outlives this run."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                MergedBatch.run,
                BatchStart(parent=self._start.case, version=version),
                id=batch_id(self._start.case, version),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )

    async def _apply(self, row: Append, answer: Answer) -> None:
        self._answered.add(row.command)
        self._moved = True
        if [event.id for event in row.events] != [event.id for event in answer.events]:
            # An earlier try, of another run or worker, decided this command; the ledger has what it wrote.
            await self._reload(None)
            return
        for event in row.events:
            self._case = evolve(self._case, event)
            self._last = event.id

    # ------------------------------------------------------------------ loading

    async def _ensure_loaded(self) -> None:
        if not self._loaded:
            await self._reload(None)

    async def _reload(self, alarm: str | None) -> None:
        """Take the case from the ledger. If it contradicts what this run knows, stop; nothing here may decide then."""
        loaded = await calls.load(self._start.case)
        known = self._case.version if self._case else 0
        if known and (len(loaded.events) < known or loaded.events[known - 1].id != self._last):
            self._contradicted = True
            await self._alarm("ledger_contradicts", f"at version {known}")
            raise ApplicationError("the ledger contradicts this run", type=STOPPED, non_retryable=True)
        if alarm == "ledger_ahead" and len(loaded.events) > known:
            await self._alarm("ledger_ahead", f"knew {known}, found {len(loaded.events)}")
        self._case = fold(loaded.events)
        self._last = loaded.events[-1].id if loaded.events else None
        self._answered = set(loaded.answered)
        self._loaded = True

    async def _alarm(self, kind: str, detail: str) -> None:
        workflow.logger.error("alarm", extra={"alarm": kind, "detail": detail})
        await calls.alarm(Alarm.model_validate({"kind": kind, "case": self._start.case, "detail": detail}))

"""The one door to a case for every client, with a named outcome for each way it can end.

    done                 the command is in the ledger; the answer names the events
    refused              a rule refused it; the answer names the rule, and is in the ledger too
    case_ended           refused because the case has ended
    still_deciding       the case has accepted it and has not answered yet; send it again, with the same id
    may_have_been_sent   nobody knows; send it again, with the same id
    nothing_sent         the server was never reached; nothing has changed

Sending the same command again is always safe: the ledger answers it once. The door sends to a running workflow, starts
one where there is none (a reopened case, a lost server), and asks the ledger before it says that it does not know.
"""

# The SDK leaves the ``args`` of its update calls untyped.
# pyright: reportUnknownMemberType=false

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.base import Frozen
from domain.commands import AnyCommand, Register
from domain.errors import LedgerAway
from domain.numbers import workflow_id
from domain.ports import Answer, Answered, Ask, fingerprint
from domain.rules import Refusal, Rule, refusal
from domain.words import Urgency
from workflows import names
from workflows.case_workflow import HISTORY_LIMIT, CaseStart, CaseWorkflow, Submission
from workflows.housekeeping import schedule_housekeeping
from workflows.merged_batch import BatchStart, MergedBatch, batch_id
from workflows.notices import schedule_notices

LONGEST_TRY = 5.0
"""Seconds for one call; a sender with more patience calls again."""

FindAnswer = Callable[[Ask], Awaitable[Answered]]
"""How the door asks the ledger. Raises LedgerAway where it does not answer."""


class OutcomeKind(StrEnum):
    """How sending a command ended."""

    DONE = "done"
    REFUSED = "refused"
    CASE_ENDED = "case_ended"
    STILL_DECIDING = "still_deciding"
    MAY_HAVE_BEEN_SENT = "may_have_been_sent"
    NOTHING_SENT = "nothing_sent"


class Outcome(Frozen):
    """The end of one sending. ``refusal`` is set on a refusal; ``answer`` where the ledger has one.

    ``zh`` and ``en`` say in one sentence what happened and what to do next, for every kind but ``done``.
    """

    kind: OutcomeKind
    answer: Answer | None = None
    refusal: Refusal | None = None
    zh: str = ""
    en: str = ""


class Door:
    """The client's side of every case."""

    def __init__(
        self,
        client: Client,
        find_answer: FindAnswer,
        *,
        task_queue: str = names.TASK_QUEUE,
        history_limit: int = HISTORY_LIMIT,
    ) -> None:
        """``find_answer`` asks the ledger; the rest goes into the runs that this door starts."""
        self._client = client
        self._find_answer = find_answer
        self._task_queue = task_queue
        self._history_limit = history_limit

    async def send(
        self, case: UUID, command: AnyCommand, *, patience: float = 20.0, asleep: bool = False
    ) -> Outcome:
        """Send a command and wait up to ``patience`` seconds for its answer. Never raises for what the world does.

        ``asleep``: the case has no run, as far as the sender knows, so one is started with the command.
        """
        ending = _Ending(until=asyncio.get_running_loop().time() + patience)
        ending.start_a_run = asleep
        while ending.seconds_left > 0:
            outcome = await self._try(case, command, ending)
            if outcome is not None:
                return outcome
            await asyncio.sleep(ending.pause())
        return await self._after_the_wait(case, command, ending)

    async def wake(self, case: UUID, *, anew: bool = False) -> bool:
        """Start the workflow of an open case whose workflow is gone. False if one is running already.

        ``anew`` ends one that is running and starts another, which takes the case from the ledger: for rules by which
        the histories of running cases cannot be replayed (docs/temporal.md). Commands under way are safe to send again.
        """
        try:
            await self._client.start_workflow(
                CaseWorkflow.run,
                CaseStart(case=case, history_limit=self._history_limit),
                id=workflow_id(case),
                task_queue=self._task_queue,
                id_conflict_policy=(
                    WorkflowIDConflictPolicy.TERMINATE_EXISTING if anew else WorkflowIDConflictPolicy.FAIL
                ),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=_started_by("rehydrate"),
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def tell_of_pack(self, case: UUID) -> bool:
        """Tell the run of a case that a newer pack may concern it. False if there is none; it would look by itself."""
        try:
            await self._client.get_workflow_handle(workflow_id(case)).signal(
                names.PACK_LOADED, rpc_timeout=timedelta(seconds=LONGEST_TRY)
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def wake_children(self, parent: UUID, version: int) -> bool:
        """Start the batch that tells the children of a parent. False if one runs for that version already."""
        try:
            await self._client.start_workflow(
                MergedBatch.run,
                BatchStart(parent=parent, version=version),
                id=batch_id(parent, version),
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def schedule(self) -> None:
        """Make the Schedules that are missing."""
        await schedule_housekeeping(self._client, self._task_queue)
        await schedule_notices(self._client, self._task_queue)

    async def _try(self, case: UUID, command: AnyCommand, ending: "_Ending") -> Outcome | None:
        """One try, and a question to the ledger where it may have arrived. None: try again."""
        try:
            return await self._once(case, command, ending)
        except _Again as again:
            ending.note(again)
        return await self._earlier(case, command) if ending.maybe_sent else None

    async def _once(self, case: UUID, command: AnyCommand, ending: "_Ending") -> Outcome:
        """One try. Raises _Again where another try can help.

        The time-out is the call's own: the SDK turns a cancellation into an error of its own and would swallow an
        outer one. It is short, since a server that was killed may have lost an update that it had taken in.
        """
        limit = timedelta(seconds=max(0.1, min(ending.seconds_left, LONGEST_TRY)))
        try:
            if isinstance(command, Register) or ending.start_a_run:
                answer: Answer = await self._start_and_update(case, command, limit, ending.failures)
            else:
                answer = await self._client.get_workflow_handle(workflow_id(case)).execute_update(
                    names.ACT,
                    Submission(command=command),
                    id=update_id(command, ending.failures),
                    result_type=Answer,
                    rpc_timeout=limit,
                )
        except WorkflowUpdateFailedError as error:
            return _failed(error)
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise _Again(maybe_sent=True) from error
        except WorkflowAlreadyStartedError as error:
            raise _Again(maybe_sent=False) from error
        except RPCError as error:
            raise _after_rpc_error(error) from error
        return answered(answer)

    async def _start_and_update(
        self, case: UUID, command: AnyCommand, limit: timedelta, failures: int
    ) -> Answer:
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            CaseWorkflow.run,
            CaseStart(case=case, history_limit=self._history_limit),
            id=workflow_id(case),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=_started_by("intake" if isinstance(command, Register) else "command"),
            priority=_priority(command),
        )
        try:
            return await self._client.execute_update_with_start_workflow(
                names.ACT,
                Submission(command=command),
                start_workflow_operation=start,
                id=update_id(command, failures),
                result_type=Answer,
                rpc_timeout=limit,
            )
        except Exception:
            await _heard(start)
            raise

    async def _earlier(self, case: UUID, command: AnyCommand) -> Outcome | None:
        try:
            found = await self._find_answer(
                Ask(case=case, command=command.id, fingerprint=fingerprint(command))
            )
        except LedgerAway:
            # That the ledger cannot be asked now says nothing about where the command is.
            return None
        if found.outcome == "reused":
            return _refused(COMMAND_REUSED)
        return answered(found.answer) if found.answer is not None else None

    async def _after_the_wait(self, case: UUID, command: AnyCommand, ending: "_Ending") -> Outcome:
        earlier = await self._earlier(case, command)
        if earlier is not None:
            return earlier
        if ending.never_reached:
            return _outcome(OutcomeKind.NOTHING_SENT, NOTHING_SENT)
        if await self._accepted(case, command, ending):
            return _outcome(OutcomeKind.STILL_DECIDING, STILL_DECIDING)
        return _outcome(OutcomeKind.MAY_HAVE_BEEN_SENT, MAY_HAVE_BEEN_SENT)

    async def _accepted(self, case: UUID, command: AnyCommand, ending: "_Ending") -> bool:
        """Whether the running case has accepted the command: the same id, so this sends nothing twice."""
        handle = self._client.get_workflow_handle(workflow_id(case))
        try:
            await handle.start_update(
                names.ACT,
                Submission(command=command),
                id=update_id(command, ending.failures),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                rpc_timeout=timedelta(seconds=1),
            )
        except (RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return False
        return True


async def _heard(start: WithStartWorkflowOperation[Any, Any]) -> None:
    """Take the error out of an operation that failed.

    It is kept there a second time; left unread, Python shouts it at the user as an exception never retrieved.
    """
    waiting = asyncio.ensure_future(start.workflow_handle())
    await asyncio.wait({waiting}, timeout=0)
    if waiting.done():
        waiting.exception()
    else:
        waiting.cancel()


class _Again(Exception):
    """Another try can help."""

    def __init__(
        self, *, maybe_sent: bool, reached: bool = True, start_a_run: bool = False, failed: bool = False
    ) -> None:
        super().__init__("try again")
        self.maybe_sent = maybe_sent
        self.reached = reached
        self.start_a_run = start_a_run
        self.failed = failed


class _Ending:
    """What is known so far about where a command has got to, and how long there is left to find out."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._pause = 0.05
        self.maybe_sent = False
        self.start_a_run = False
        self.failures = 0
        self._tries = 0
        self._reached = False

    def note(self, again: _Again) -> None:
        self._tries += 1
        self.failures += again.failed
        self._reached = self._reached or again.reached
        self.maybe_sent = self.maybe_sent or again.maybe_sent
        self.start_a_run = self.start_a_run or again.start_a_run

    @property
    def seconds_left(self) -> float:
        """Until the sender's patience is over."""
        return self._until - asyncio.get_running_loop().time()

    def pause(self) -> float:
        """How long to wait before the next try; longer each time."""
        self._pause = min(self._pause * 2, 1.0)
        return max(0.0, min(self._pause, self.seconds_left))

    @property
    def never_reached(self) -> bool:
        """Every try failed before anything left this side."""
        return self._tries > 0 and not self._reached


def update_id(command: AnyCommand, failures: int = 0) -> str:
    """The id of the update that carries a command.

    It has the mark of the content in it: by the command's id alone the server would answer other content with the
    first answer, before the case could see that it is not the same command. ``failures`` makes it another update
    after one that failed without an answer, since a run keeps a failure as it keeps an answer.
    """
    again = f":{failures}" if failures else ""
    return f"{command.id}:{fingerprint(command)[:32]}{again}"


_PRESSING = {Urgency.CRITICAL: 1, Urgency.URGENT: 2, Urgency.NORMAL: 3}


def _priority(command: AnyCommand) -> Priority:
    """What a case's tasks count for where many wait: the pressing ones first, and registering bodies in turn."""
    if not isinstance(command, Register):
        return Priority.default
    return Priority(priority_key=_PRESSING[command.urgency], fairness_key=command.actor.body)


def _started_by(what: str) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(names.STARTED_BY, what)])


def _after_rpc_error(error: RPCError) -> Exception:
    """What an RPC error says about where the command is."""
    match error.status:
        case RPCStatusCode.NOT_FOUND:
            # No run, or it ended before it took the command.
            return _Again(maybe_sent=True, start_a_run=True)
        case RPCStatusCode.UNAVAILABLE if "connect" in error.message.lower():
            return _Again(maybe_sent=False, reached=False)
        case (
            RPCStatusCode.UNAVAILABLE
            | RPCStatusCode.DEADLINE_EXCEEDED
            | RPCStatusCode.CANCELLED
            | RPCStatusCode.ABORTED
            | RPCStatusCode.RESOURCE_EXHAUSTED
            | RPCStatusCode.INTERNAL
            | RPCStatusCode.UNKNOWN
            | RPCStatusCode.FAILED_PRECONDITION
        ):
            return _Again(maybe_sent=True)
        case _:
            return error


def _failed(error: WorkflowUpdateFailedError) -> Outcome:
    cause = error.cause
    kind = cause.type if isinstance(cause, ApplicationError) else None
    match kind:
        case names.DRAINING:
            raise _Again(maybe_sent=False) from error
        case names.COMMAND_REUSED:
            return _refused(COMMAND_REUSED)
        case names.COMPARTMENT_MISSING:
            return _refused(COMPARTMENT_MISSING)
        case names.STOPPED:
            return _refused(CASE_STOPPED)
        case names.BAD_SHAPE:
            return _refused(BAD_SHAPE)
        case _:
            # The run completed while the command was on its way: the ledger, or a new run, has the answer.
            raise _Again(maybe_sent=True, start_a_run=True, failed=True) from error


def answered(answer: Answer) -> Outcome:
    """The outcome that an answer of the ledger stands for."""
    if answer.refusal is None:
        return Outcome(kind=OutcomeKind.DONE, answer=answer)
    kind = OutcomeKind.CASE_ENDED if answer.refusal.rule == "case.ended" else OutcomeKind.REFUSED
    return _with(kind, answer.refusal, answer)


def _refused(rule: Rule) -> Outcome:
    return _with(OutcomeKind.REFUSED, refusal(rule), None)


def _outcome(kind: OutcomeKind, rule: Rule) -> Outcome:
    said = refusal(rule)
    return Outcome(kind=kind, zh=f"{said.zh}{said.next_zh}", en=f"{said.en} {said.next_en}")


def _with(kind: OutcomeKind, said: Refusal, answer: Answer | None) -> Outcome:
    return Outcome(
        kind=kind,
        answer=answer,
        refusal=said,
        zh=f"{said.zh}{said.next_zh}",
        en=f"{said.en} {said.next_en}",
    )


COMMAND_REUSED = Rule(
    "command.reused",
    zh="同一命令编号此前已提交过不同内容。",
    en="The same command id was sent before with other content.",
    next_zh="内容确需更改的，请使用新的命令编号。",
    next_en="If the content has to be another one, use a new command id.",
)
COMPARTMENT_MISSING = Rule(
    "command.compartment-missing",
    zh="命令所附的个人信息内容不存在或已被清理，案件未变。",
    en="The personal data of the command do not stand any more; the case has not changed.",
    next_zh="请用新的命令编号重新提交。",
    next_en="Send it again under a new command id.",
)
CASE_STOPPED = Rule(
    "case.stopped",
    zh="本件的办理已因数据不一致暂停，命令未执行，运维已收到告警。",
    en="The case has been stopped because of an inconsistency; nothing was done, and the operator is alarmed.",
    next_zh="请联系系统运维（zeren doctor 可查看告警）。",
    next_en="Ask the operator (zeren doctor shows the alarm).",
)
BAD_SHAPE = Rule(
    "command.bad-shape",
    zh="命令格式不正确或过大，案件未变。",
    en="The command has a wrong shape or is too large; the case has not changed.",
    next_zh="请检查后重新提交。",
    next_en="Check it and send it again.",
)
NOTHING_SENT = Rule(
    "door.nothing-sent",
    zh="无法连接流程服务，命令没有发出，案件未变。",
    en="The workflow server was not reached: nothing was sent and the case has not changed.",
    next_zh="请检查服务（zeren doctor）后用同一命令编号重试。",
    next_en="Check it (zeren doctor) and send the command again under the same id.",
)
STILL_DECIDING = Rule(
    "door.still-deciding",
    zh="命令已被受理，尚未办完。",
    en="The case has accepted the command and has not answered yet.",
    next_zh="请稍后用同一命令编号查询或重试，不会重复办理。",
    next_en="Send it again in a while under the same id: it is carried out once.",
)
MAY_HAVE_BEEN_SENT = Rule(
    "door.may-have-been-sent",
    zh="命令可能已经发出，尚不知结果。",
    en="The command may have been sent; its outcome is not known yet.",
    next_zh="请用同一命令编号重试，不会重复办理。",
    next_en="Send it again under the same id: it is carried out once.",
)

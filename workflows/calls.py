"""How a workflow calls the world: local and quick first, durable when the world is away.

A local activity answers in one workflow task and leaves few events in the history; it is tried for a few seconds. If
the database is away longer, the same call is made as a normal activity, which waits for it for as long as it takes and
which another worker may take over. Both run at least once, so everything called here is idempotent.

The calls that decide nothing by themselves return their outcome as a value; an exception means only that the world did
not answer.
"""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.facts import Facts
    from domain.ports import (
        ALARM,
        ANSWER,
        APPEND,
        LOAD,
        LOOK_UP,
        Alarm,
        Answered,
        Append,
        Appended,
        Ask,
        LoadCase,
        Loaded,
        LookUp,
    )

_QUICK = RetryPolicy(
    initial_interval=timedelta(milliseconds=50), maximum_interval=timedelta(seconds=1), maximum_attempts=3
)
_PATIENT = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))

QUICK_TRY = timedelta(seconds=5)
"""For one local try; above what an append takes by three orders of magnitude."""

PATIENT_TRY = timedelta(seconds=20)
"""For one try of the durable call."""


_R = TypeVar("_R", bound=BaseModel)


async def _call(name: str, argument: BaseModel, result: type[_R]) -> _R:
    try:
        return await workflow.execute_local_activity(
            name,
            argument,
            result_type=result,
            start_to_close_timeout=QUICK_TRY,
            schedule_to_close_timeout=QUICK_TRY * 2,
            retry_policy=_QUICK,
        )
    except FailureError as error:
        # A local activity that ran out of tries fails with its own error, not with an ActivityError.
        if is_cancelled_exception(error):
            raise
        # The world is away. Every await below may last for hours: the caller holds the case's lock and must not
        # have changed any state yet.
        workflow.logger.warning("falling back to the durable call", extra={"call": name})
    return await _durable(name, argument, result)


async def _durable(name: str, argument: BaseModel, result: type[_R]) -> _R:
    return await workflow.execute_activity(
        name,
        argument,
        result_type=result,
        start_to_close_timeout=PATIENT_TRY,
        retry_policy=_PATIENT,
    )


async def load(case: UUID) -> Loaded:
    """Every event of the case and the ids of all commands that it has answered; of a long case in more than one call."""
    page = await _call(LOAD, LoadCase(case=case), Loaded)
    events, answered = [*page.events], [*page.answered]
    while page.more:
        request = LoadCase(case=case, version=events[-1].version if events else 0, command=answered[-1])
        # Durable at once: the answers of all quick calls of one task go to the server in one message of at most 4 MB.
        page = await _durable(LOAD, request, Loaded)
        events += page.events
        answered += page.answered
    return Loaded(events=tuple(events), answered=tuple(answered))


async def look_up(request: LookUp) -> Facts:
    """Facts from the newest version of the pack."""
    return await _call(LOOK_UP, request, Facts)


async def append(decision: Append) -> Appended:
    """One decision into the ledger, in one transaction; a retry gets back what the first try wrote."""
    return await _call(APPEND, decision, Appended)


async def earlier_answer(request: Ask) -> Answered:
    """What the command was answered before."""
    return await _call(ANSWER, request, Answered)


async def alarm(what: Alarm) -> None:
    """Something that a person has to look at."""
    await _call(ALARM, what, Alarm)

"""What an update leaves in the history, and how one fails without taking the case with it (docs/temporal.md)."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain import commands as c
from domain.actors import CLOCK
from domain.numbers import workflow_id
from domain.ports import Answer
from domain.words import Step
from ledger.packs import store_pack
from tests import small
from tests.mishaps import accepted_updates
from tests.running import Running
from workflows import names
from workflows.case_workflow import LARGEST_COMMAND, Submission
from workflows.door import OutcomeKind, update_id

WHOLE: dict[str, Any] = {"place": small.COMMUNITY, "matter": small.HOUSING_MATTER}


async def test_what_the_validator_rejects_leaves_nothing(running: Running) -> None:
    case = await running.open()
    handle = running.client.get_workflow_handle(workflow_id(case))
    before = await accepted_updates(running, case)
    strike = c.Strike(id="clock:triage.1", actor=CLOCK, deadline="triage.1")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(names.ACT, Submission(command=strike))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == names.BAD_SHAPE
    huge = await running.command(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    huge = huge.model_copy(update={"actor": small.CLERK.model_copy(update={"office": "x" * LARGEST_COMMAND})})
    outcome = await running.door.send(case, huge)
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "command.bad-shape"
    assert await accepted_updates(running, case) == before
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)


async def test_what_a_rule_refuses_is_an_answer_and_stays(running: Running) -> None:
    case = await running.open()
    sign = await running.command(case, c.Sign, small.HOUSING_WORKER)
    outcome = await running.door.send(case, sign)
    assert outcome.kind is OutcomeKind.REFUSED
    assert (await accepted_updates(running, case))[-1] == update_id(sign)
    handle = running.client.get_workflow_handle(workflow_id(case))
    kept = handle.get_update_handle(update_id(sign), result_type=Answer)
    assert await kept.result() == outcome.answer


async def test_a_command_that_cannot_be_decided_fails_alone_and_is_decided_once_it_can(
    running: Running,
) -> None:
    """A newer pack lacks the case's matter. The facts it left behind must not outlive the pack that mends it."""
    case = await running.open(**WHOLE)
    without = tuple(matter for matter in small.PACK.matters if matter.id != small.HOUSING_MATTER)
    await store_pack(running.pool, small.PACK.model_copy(update={"matters": without}))
    stopped = await running.act(case, c.Propose, small.CLERK, to=small.HOUSING)
    assert stopped.refusal is not None
    assert stopped.refusal.rule == "case.stopped"
    kinds = await running.pool.fetch("SELECT kind FROM alarm WHERE case_id = $1", case)
    assert [row["kind"] for row in kinds] == ["undecidable"]
    assert await running.types(case) == ["registered"]
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    await store_pack(running.pool, small.PACK)
    await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)


async def test_many_commands_at_once_are_all_answered(running: Running) -> None:
    """The server takes ten updates of a run at a time; the door waits its turn for the rest."""
    case = await running.open()
    outcomes = await asyncio.gather(
        *(
            running.act(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)
            for number in range(40)
        )
    )
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.DONE}
    assert (await running.case(case)).version == 41

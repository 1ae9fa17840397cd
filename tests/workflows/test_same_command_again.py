"""The same command sent again gets the first answer, whenever and from wherever it comes (design.md §3.11)."""

import asyncio
import gc
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.errors import LedgerAway
from domain.numbers import case_id, workflow_id
from domain.ports import Answered, Ask
from domain.words import Step
from ledger.compartment import put
from tests import small
from tests.running import Running, run_all
from workflows.door import Door, OutcomeKind

FIELDS = {"step": Step.NOTE, "note": "the same words"}


async def test_in_one_run(running: Running) -> None:
    case = await running.open()
    first = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    again = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    assert again.answer == first.answer
    assert (await running.case(case)).version == 2


async def test_intake_sent_twice_opens_one_case(running: Running) -> None:
    first = await running.open(id="intake-1", text="one issue")
    second = await running.open(id="intake-1", text="one issue")
    assert first == second
    assert await running.pool.fetchval("SELECT count(*) FROM case_now") == 1


async def test_after_continue_as_new(database: str, temporal: EmbeddedTemporal, tmp_path: Path) -> None:
    async with run_all(database, temporal.address, tmp_path, history_limit=12) as running:
        case = await running.open()
        first = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
        handle = running.client.get_workflow_handle(f"case-{case}")
        run = (await handle.describe()).run_id
        for number in range(2, 12):
            await running.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", **FIELDS)
        assert (await handle.describe()).run_id != run, "the run was renewed on the way"
        again = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
        assert again.answer == first.answer
        assert (await running.case(case)).version == 12


async def test_after_the_case_has_ended(running: Running) -> None:
    case = await running.open()
    first = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    await running.done(case, c.Withdraw, small.CLERK, channel="phone", note="asked to")
    await running.client.get_workflow_handle(f"case-{case}").result()
    again = await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    assert again.answer == first.answer


async def test_a_refusal_is_kept_too(running: Running) -> None:
    case = await running.open()
    first = await running.act(case, c.Sign, small.HOUSING_WORKER, id="sign-1")
    assert first.kind is OutcomeKind.REFUSED
    await running.done(case, c.Triage, small.CLERK, matter=small.HOUSING_MATTER)
    await running.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    again = await running.act(case, c.Sign, small.HOUSING_WORKER, id="sign-1")
    assert again.answer == first.answer, "it would be allowed by now, yet this id has had its answer"


async def test_with_other_content_it_is_refused(running: Running) -> None:
    case = await running.open()
    await running.done(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    other = await running.command(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    assert isinstance(other, c.RecordStep)
    outcome = await running.door.send(case, other.model_copy(update={"step": Step.SITE_VISIT}))
    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "command.reused"
    assert (await running.case(case)).version == 2


async def test_from_many_clients_at_once(running: Running) -> None:
    case = await running.open()
    command = await running.command(case, c.RecordStep, small.CLERK, id="note-1", **FIELDS)
    outcomes = await asyncio.gather(*(running.door.send(case, command) for _ in range(12)))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.DONE}
    assert len({outcome.answer.model_dump_json() for outcome in outcomes if outcome.answer}) == 1
    assert (await running.case(case)).version == 2


_ANOTHER_PROCESS = """
import asyncio, sys
from uuid import UUID
from domain.commands import COMMAND
from ledger.load import answered
from ledger.pool import open_pool
from workflows.connection import connect
from workflows.door import Door

async def main(dsn, address, queue, case, command):
    pool = await open_pool(dsn, size=1)
    async def find(ask):
        return await answered(pool, ask)
    door = Door(await connect(address), find, task_queue=queue)
    outcome = await door.send(UUID(case), COMMAND.validate_json(command))
    print(outcome.model_dump_json())
    await pool.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_from_two_processes_at_once(running: Running) -> None:
    command_id = str(uuid4())
    case = case_id(command_id)
    running.opened.append(case)
    ref = await put(running.pool, running.keyring, case, command_id, {"text": "from two processes"})
    command = c.Register(id=command_id, actor=small.CLERK, personal=ref, place=small.COMMUNITY)
    arguments = [
        running.env["ZEREN_DATABASE_URL"],
        running.env["ZEREN_TEMPORAL_ADDRESS"],
        running.task_queue,
        str(case),
        command.model_dump_json(),
    ]
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _ANOTHER_PROCESS, *arguments, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [(await child.communicate())[0] for child in children]
    assert all(child.returncode in (0, 134) for child in children)
    assert said[0] == said[1]
    assert b'"kind":"done"' in said[0]
    assert (await running.case(case)).version == 1


@pytest.mark.parametrize("junk", ["words", 5, None, {"command": {"type": "nope"}}, {"other": 1}])
async def test_a_malformed_update_is_refused_and_the_case_goes_on(running: Running, junk: object) -> None:
    from temporalio.client import WorkflowUpdateFailedError

    case = await running.open()
    handle = running.client.get_workflow_handle(f"case-{case}")
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update("act", junk)
    await running.done(case, c.RecordStep, small.CLERK, **FIELDS)


async def test_a_ledger_that_cannot_be_asked_leaves_the_outcome_open(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(_: Ask) -> Answered:
        raise LedgerAway("the ledger's database does not answer")

    command_id = str(uuid4())
    case = case_id(command_id)
    command = await running.command(case, c.Register, small.CLERK, id=command_id, place=small.COMMUNITY)
    deaf = Door(running.client, away, task_queue="nobody-listens")
    assert (await deaf.send(case, command, patience=1.5)).kind is OutcomeKind.MAY_HAVE_BEEN_SENT
    gc.collect()
    assert "never retrieved" not in caplog.text, "nothing is shouted at whoever sent it"
    await running.client.get_workflow_handle(workflow_id(case)).terminate("nobody listens to it")
    assert (await running.door.send(case, command)).kind is OutcomeKind.DONE
    running.opened.append(case)

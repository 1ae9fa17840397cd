"""An outage with many residents: one parent, children that live in the ledger, all answered, all asked, none twice.

Real processes: a PostgreSQL, a Temporal server and a worker of this test's own. The worker is killed (-9) while the batch
wakes the children.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import pytest
from temporalio.client import Client as Temporal

from domain import commands as c
from domain.actors import SYSTEM, Actor
from domain.numbers import case_id, workflow_id
from domain.words import Channel, Contacted, Satisfaction, Solved, State, Truth
from ledger.compartment import put
from ledger.load import load
from ledger.packs import store_pack
from ledger.reads import case_state, holders
from ledger.rebuild import differences
from ledger.relations import relations, waiting
from tests import small
from tests.running import Running
from tests.workflows.test_kill import Client, Machine, machine
from workflows.connection import connect
from workflows.door import Door, OutcomeKind
from workflows.housekeeping import HousekeepingWorkflow
from workflows.merged_batch import BatchStart, MergedBatch, batch_id

__all__ = ["machine"]

CHILDREN = 60
AT_ONCE = 8


class Office:
    """Clerks who send a command until it is answered."""

    def __init__(self, machine: Machine, client: Client, door: Door, pool: asyncpg.Pool) -> None:
        self.machine = machine
        self.client = client
        self.door = door
        self.pool = pool

    async def does(
        self, case: UUID, model: type[c.Command], actor: Actor, id_: str, **fields: object
    ) -> None:
        """Send it and see that it is done."""
        texts = {name: f"{name} of {id_}" for name in model.texts}
        ref = await put(self.pool, self.client.keyring, case, id_, texts) if texts else None
        command = c.COMMAND.validate_python(
            {"type": model.model_fields["type"].default, "id": id_, "actor": actor, "personal": ref, **fields}
        )
        for _ in range(20):
            outcome = await self.door.send(case, command, patience=10)
            if outcome.kind is OutcomeKind.DONE:
                return
            assert outcome.kind in {OutcomeKind.MAY_HAVE_BEEN_SENT, OutcomeKind.STILL_DECIDING}, outcome
        pytest.fail(f"{id_} was never answered")

    async def opens(self, id_: str, **fields: object) -> UUID:
        """Register a case at the community."""
        case = case_id(id_)
        await self.does(case, c.Register, small.CLERK, id_, place=small.COMMUNITY, **fields)
        return case


async def _all(numbers: range, work: Callable[[int], Awaitable[None]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await work(number)

    await asyncio.gather(*(one(number) for number in numbers))


@pytest.fixture
async def office(machine: Machine) -> AsyncIterator[Office]:
    """The small jurisdiction, ready to take cases in."""
    client = Client(machine)
    pool = await client.opened()
    await store_pack(pool, small.PACK)
    door = Door(await connect(machine.temporal.address), client.find)
    yield Office(machine, client, door, pool)
    await asyncio.wait_for(pool.close(), 30)


async def _counted(pool: asyncpg.Pool, state: State) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM case_now WHERE state = $1", state))


async def _until(pool: asyncpg.Pool, state: State, count: int) -> None:
    while await _counted(pool, state) < count:
        await asyncio.sleep(0.05)


async def _runs(temporal: Temporal, cases: list[UUID]) -> int:
    """How many of these cases have an open workflow."""
    found = 0
    for case in cases:
        described = await temporal.get_workflow_handle(workflow_id(case)).describe()
        found += described.close_time is None
    return found


async def _answers(office: Office, parent: UUID) -> None:
    await office.does(parent, c.Propose, small.CLERK, "propose", to=small.HOUSING)
    await office.does(parent, c.Sign, small.HOUSING_WORKER, "sign")
    answers = {"truth": Truth.TRUE, "ours": True, "contacted": Contacted.YES, "solved": Solved.YES}
    await office.does(parent, c.Resolve, small.HOUSING_WORKER, "resolve", **answers)
    await office.does(parent, c.Review, small.REVIEWER, "review", passed=True)


@pytest.mark.timeout(400)
async def test_a_flood_is_answered_once_for_each_whatever_is_killed(office: Office) -> None:
    temporal = await connect(office.machine.temporal.address)
    parent = await office.opens("parent", matter=small.HOUSING_MATTER)
    number = (await case_state(office.pool, parent) or pytest.fail("no parent")).number
    cases = [case_id(f"child-{each}") for each in range(CHILDREN)]

    async def comes(each: int) -> None:
        await office.opens(f"child-{each}")
        await office.does(cases[each], c.Merge, small.CLERK, f"merge-{each}", into=number)

    await _all(range(CHILDREN), comes)
    assert (await relations(office.pool, parent)).child_count == CHILDREN
    assert await _runs(temporal, cases) == 0, "a child that follows sleeps in the ledger"
    assert await _runs(temporal, [parent]) == 1

    await _answers(office, parent)
    await _until(office.pool, State.AWAITING_VERDICT, CHILDREN // 4)
    await office.machine.kill_worker()
    await _until(office.pool, State.AWAITING_VERDICT, CHILDREN + 1)

    history = await temporal.get_workflow_handle(workflow_id(parent)).describe()
    assert (history.history_length or 0) < 100, "the children are not in the parent's workflow"
    for case in cases:
        types = [event.body.type for event in (await load(office.pool, case)).events]
        assert types == ["registered", "merged", "answered_with_parent"]
        assert (await load(office.pool, case)).answered[-1].startswith(f"wake:{parent}:")
    assert await differences(office.pool) == []
    await _goes_on(office, cases)


async def _goes_on(office: Office, cases: list[UUID]) -> None:
    """Each child has its own verdict, and its own handling where its resident is not satisfied."""
    verdict = {"response": True, "resolution": True, "channel": Channel.LINK}
    satisfied, unsatisfied = cases[0], cases[1]
    await office.does(
        satisfied, c.RecordVerdict, small.RESIDENT, "happy", satisfaction=Satisfaction.SATISFIED, **verdict
    )
    await office.does(
        unsatisfied, c.RecordVerdict, small.RESIDENT, "not", satisfaction=Satisfaction.UNSATISFIED, **verdict
    )
    again = await case_state(office.pool, unsatisfied)
    assert again is not None
    assert (again.state, again.lead) == (State.WORKING, small.HOUSING)
    assert "follows_parent" in {row.charge for row in await holders(office.pool, satisfied)}


@pytest.mark.timeout(120)
async def test_a_parent_that_is_withdrawn_leaves_its_children_in_triage(running: Running) -> None:
    parent = await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    child = await running.open(place=small.COMMUNITY)
    number = (await running.case(parent)).number
    await running.done(child, c.Merge, small.CLERK, into=number)
    await running.done(parent, c.Withdraw, small.RESIDENT, channel=Channel.LINK)
    await _until(running.pool, State.TRIAGE, 1)
    assert await running.types(child) == ["registered", "merged", "unmerged"]
    assert (await running.case(child)).deadlines


async def _answered_and_nobody_told(running: Running, children: int) -> tuple[UUID, int]:
    """As after the loss of the server: the parent is answered, its batch is gone. The parent, and its version."""
    parent = await running.open(place=small.COMMUNITY, matter=small.HOUSING_MATTER)
    number = (await running.case(parent)).number
    for _ in range(children):
        child = await running.open(place=small.COMMUNITY)
        await running.done(child, c.Merge, small.CLERK, into=number)
    version = (await running.case(parent)).version + 1
    # Somebody else holds the batch's id while the parent is answered.
    lost = await running.client.start_workflow(
        MergedBatch.run,
        BatchStart(parent=parent, version=version),
        id=batch_id(parent, version),
        task_queue=f"{running.task_queue}-nobody",
    )
    await running.done(parent, c.AnswerAtIntake, small.CLERK)
    await lost.terminate("lost with the server")
    assert (await running.case(parent)).version == version
    assert await _counted(running.pool, State.MERGED) == children
    return parent, version


@pytest.mark.timeout(120)
async def test_housekeeping_finds_the_children_of_a_lost_batch(running: Running) -> None:
    await _answered_and_nobody_told(running, 2)
    await running.client.execute_workflow(
        HousekeepingWorkflow.run, id=f"housekeeping-{uuid4()}", task_queue=running.task_queue
    )
    await _until(running.pool, State.AWAITING_VERDICT, 3)


@pytest.mark.timeout(120)
async def test_rehydration_starts_a_lost_batch_again(running: Running) -> None:
    parent, version = await _answered_and_nobody_told(running, 2)
    assert [row.parent for row in await waiting(running.pool)] == [parent]
    assert await running.door.wake_children(parent, version)
    await _until(running.pool, State.AWAITING_VERDICT, 3)


@pytest.mark.timeout(120)
async def test_children_are_told_page_by_page(running: Running) -> None:
    parent, version = await _answered_and_nobody_told(running, 5)
    for expected in (5, 0):
        done = await running.client.execute_workflow(
            MergedBatch.run,
            BatchStart(parent=parent, version=version, page=2),
            id=batch_id(parent, version),
            task_queue=running.task_queue,
        )
        assert (done.woken, done.failed) == (expected, 0)


@pytest.mark.timeout(120)
async def test_only_the_system_wakes_a_case_through_the_door(running: Running) -> None:
    case = await running.open(place=small.COMMUNITY)
    outcome = await running.act(case, c.Wake, small.CLERK)
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "authority.only-the-system"
    assert (await running.act(case, c.Wake, SYSTEM)).kind is OutcomeKind.DONE
    assert await running.types(case) == ["registered"]

"""Lives of cases, driven on real servers, whose histories are kept (docs/temporal.md).

Together they make every call that a workflow can make of the world, in the orders in which it happens: straight on,
in dispute, with the ledger away, renewed, reset, contradicted. The lives that wait are in lives_of_clocks.py.
"""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from activities.notices import NoticeActivities
from domain import commands as c
from domain.actors import person
from domain.calendar import hours
from domain.numbers import case_id
from domain.personal import PersonalRef
from domain.words import NotAcceptedGround, Role, Satisfaction, Step
from ledger.load import PAGE_EVENTS
from ledger.outbox import listed
from ledger.packs import store_pack
from tests import small
from tests.domain import world
from tests.mishaps import (
    falls_back,
    grow,
    ledger_away,
    lose_the_last_event,
    reset_to_the_beginning,
    somebody_else_writes,
)
from tests.notices.offices import SECRETS, configured, hook
from tests.replay.stage import NOT_OURS, VERDICT, WHOLE, Run, Stage
from worker import case_worker, notice_worker
from workflows.checkpointing import CheckpointWorkflow
from workflows.door import Outcome, OutcomeKind
from workflows.housekeeping import HousekeepingWorkflow
from workflows.names import notices_queue
from workflows.notices import DigestWorkflow, NoticesStart, NoticesWorkflow


async def straight_to_closing(stage: Stage) -> None:
    """The straight way: proposed, signed, worked on, resolved, reviewed, judged, closed."""
    office = stage.office
    case = await office.open(**WHOLE)
    await stage.lead(case)
    await office.done(case, c.Start, small.HOUSING_WORKER)
    await office.done(case, c.RecordStep, small.HOUSING_WORKER, step=Step.SITE_VISIT)
    await office.done(case, c.Oversee, small.DISTRICT_SUPERVISOR)
    await stage.judged(case, Satisfaction.SATISFIED)
    await office.done(case, c.Close, small.REVIEWER)
    await stage.handle(case).result()


async def disputed_ruled_reopened(stage: Stage) -> None:
    """Objected, contested, ruled, designated, unsatisfied, handled again, closed; then reopened in a run of its own."""
    office = stage.office
    case = await office.open(place=small.COMMUNITY)
    await office.done(case, c.Triage, small.CLERK, matter=small.HOUSING_MATTER)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await office.done(case, c.Object, small.HOUSING_WORKER, **NOT_OURS)
    await office.done(case, c.ContestObjection, small.CLERK)
    await office.done(case, c.RuleOn, small.DISTRICT_HEAD, designate=small.HOUSING)
    await office.done(case, c.Acknowledge, small.HOUSING_WORKER)
    await stage.judged(case, Satisfaction.UNSATISFIED)
    await stage.judged(case, Satisfaction.SATISFIED)
    await office.done(case, c.Close, small.REVIEWER)
    await stage.handle(case).result()
    await stage.keep_case(case)
    await office.done(case, c.Reopen, small.CLERK, channel="phone")
    await stage.judged(case, Satisfaction.SATISFIED)
    await office.done(case, c.Close, small.REVIEWER)
    await stage.handle(case).result()


async def handed_back(stage: Stage) -> None:
    """An objection accepted, a return signed, a return refused, a ruling for another body."""
    office = stage.office
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HOUSING)
    await office.done(case, c.Object, small.HOUSING_WORKER, **NOT_OURS)
    await office.done(case, c.AcceptObjection, small.CLERK)
    again = await office.open(**WHOLE)
    await stage.lead(again)
    await office.done(again, c.Return, small.HOUSING_WORKER, **NOT_OURS)
    await office.done(again, c.SignReturn, small.CLERK)
    third = await office.open(**WHOLE)
    await stage.lead(third)
    await office.done(third, c.Return, small.HOUSING_WORKER, **NOT_OURS)
    await office.done(third, c.RefuseReturn, small.CLERK)
    await office.done(third, c.RuleOn, small.DISTRICT_HEAD, designate=small.CIVIL_AFFAIRS)
    await office.done(third, c.Acknowledge, small.CIVIL_WORKER)


async def other_endings(stage: Stage) -> None:
    """Answered at intake, withdrawn, not accepted."""
    office = stage.office
    answered = await office.open()
    await office.done(answered, c.AnswerAtIntake, small.CLERK)
    await office.done(answered, c.RecordVerdict, small.RESIDENT, satisfaction="satisfied", **VERDICT)
    withdrawn = await office.open()
    await office.done(withdrawn, c.Withdraw, small.CLERK, channel="phone", note="asked to")
    refused = await office.open()
    await office.done(refused, c.RecordStep, small.CLERK, step=Step.RESIDENT_HEARD)
    ground = NotAcceptedGround.NO_CLEAR_DEMAND
    await office.done(refused, c.NotAccept, small.REVIEWER, ground_code=ground, told_by="phone")
    for case in (answered, withdrawn, refused):
        await stage.handle(case).result()


async def refused_and_repeated(stage: Stage) -> None:
    """Refused by rule, sent again with other content, on an old version, without its compartment row."""
    office = stage.office
    case = await office.open(**WHOLE)
    assert (await office.act(case, c.Sign, small.HOUSING_WORKER)).kind is OutcomeKind.REFUSED
    await stage.lead(case)
    note = await office.command(case, c.RecordStep, small.CLERK, id="note-1", step=Step.NOTE)
    assert (await office.door.send(case, note)).kind is OutcomeKind.DONE
    other = note.model_copy(update={"step": Step.SITE_VISIT})
    assert _rule(await office.door.send(case, other)) == "command.reused"
    old = await office.act(case, c.RecordStep, small.CLERK, step=Step.NOTE, expected_version=1)
    assert _rule(old) == "case.stale-version"
    nowhere = PersonalRef(id=uuid4(), digest="0" * 64, mac="0" * 64, fields=("note",))
    lost = c.RecordStep(id="note-2", actor=small.CLERK, personal=nowhere, step=Step.NOTE)
    assert _rule(await office.door.send(case, lost)) == "command.compartment-missing"
    await office.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)


def _rule(outcome: Outcome) -> str | None:
    return outcome.refusal.rule if outcome.refusal else None


async def registration_refused(stage: Stage) -> None:
    """No case comes of it and the run ends; a command for the case that never was gets a run of its own, which ends."""
    office = stage.office
    case = case_id("refused-1")
    refused = await office.act(case, c.Register, small.CLERK, id="refused-1", matter="no-such-matter")
    assert _rule(refused) == "intake.unknown-matter"
    await stage.handle(case).result()
    await stage.keep_case(case)
    assert _rule(await office.act(case, c.Start, small.HOUSING_WORKER)) == "case.unknown"
    await stage.handle(case).result()
    await stage.keep_case(case)


async def many_at_once(stage: Stage) -> None:
    """Handlers wait for one another; of two on the same version one is refused."""
    office = stage.office
    case = await office.open()

    async def note(number: int) -> None:
        await office.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)

    await asyncio.gather(*(note(number) for number in range(8)))
    both = [office.act(case, c.RecordStep, small.CLERK, step=Step.NOTE, expected_version=9) for _ in range(2)]
    assert sorted(outcome.kind for outcome in await asyncio.gather(*both)) == ["done", "refused"]


async def renewed(stage: Stage) -> None:
    """The run continues as new, more than once, while commands keep coming."""
    office = stage.office
    case = await office.open(**WHOLE)
    first = (await stage.handle(case).describe()).run_id
    gate = asyncio.Semaphore(3)

    async def note(number: int) -> None:
        async with gate:
            await office.done(case, c.RecordStep, small.CLERK, id=f"note-{number}", step=Step.NOTE)

    await asyncio.gather(*(note(number) for number in range(12)))
    assert (await stage.handle(case).describe()).run_id != first
    await office.done(case, c.RecordStep, small.CLERK, id="note-0", step=Step.NOTE)


async def facts_gone_stale(stage: Stage) -> None:
    """A newer pack was loaded meanwhile: the facts are fetched and the command is decided again."""
    office = stage.office
    case = await office.open(**WHOLE)
    policy = small.PACK.policy.model_copy(update={"return_within": hours(77)})
    await store_pack(office.pool, small.PACK.model_copy(update={"policy": policy}))
    await stage.lead(case)


async def ledger_ahead(stage: Stage) -> None:
    """Somebody else has written: the run takes the case from the ledger, alarms and decides again."""
    office = stage.office
    case = await office.open()
    await somebody_else_writes(office, case)
    await office.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)


async def ledger_contradicts(stage: Stage) -> None:
    """The ledger was restored from an older backup under a running case, which stops and alarms."""
    office = stage.office
    case = await office.open()
    await office.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    await lose_the_last_event(office, case)
    for _ in range(2):
        stopped = await office.act(case, c.RecordStep, small.CLERK, step=Step.NOTE)
        assert _rule(stopped) == "case.stopped"


async def undecidable(stage: Stage) -> None:
    """A newer pack lacks the case's matter: the command cannot be decided, which alarms and fails it alone."""
    office = stage.office
    case = await office.open(**WHOLE)
    without = tuple(matter for matter in small.PACK.matters if matter.id != small.HOUSING_MATTER)
    await store_pack(office.pool, small.PACK.model_copy(update={"matters": without}))
    stopped = await office.act(case, c.Propose, small.CLERK, to=small.HOUSING)
    assert _rule(stopped) == "case.stopped"
    await store_pack(office.pool, small.PACK)
    await stage.lead(case)


async def reset_by_an_operator(stage: Stage) -> None:
    """Reset to before its last command: what the ledger knows of it stands."""
    office = stage.office
    case = await office.open()
    await office.done(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)
    await stage.keep_case(case)
    await reset_to_the_beginning(office, case)
    await office.done(case, c.RecordStep, small.CLERK, id="before-1", step=Step.NOTE)


async def lost_and_woken(stage: Stage) -> None:
    """The workflow is lost; it is started again and takes the case from the ledger."""
    office = stage.office
    case = await office.open(**WHOLE)
    await stage.lead(case)
    await stage.handle(case).terminate("lost")
    assert await office.door.wake(case)
    await office.done(case, c.Start, small.HOUSING_WORKER)


async def longer_than_a_page(stage: Stage) -> None:
    """A case of more events than one answer carries is lost and woken: it is loaded in two calls."""
    office = stage.office
    case = await office.open()
    await grow(office, case, PAGE_EVENTS + 1)
    await stage.handle(case).terminate("lost")
    assert await office.door.wake(case)
    await office.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)


async def cancelled_in_the_middle(stage: Stage) -> None:
    """An operator cancels the run while a command waits for the ledger: it is answered first."""
    office = stage.office
    case = await office.open()
    waiting = await office.command(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    async with ledger_away(office):
        sending = asyncio.create_task(office.door.send(case, waiting))
        await falls_back(office, case)
        await stage.handle(case).cancel()
    assert (await sending).kind is OutcomeKind.DONE
    await stage.ended(case)


async def waiting_for_the_ledger(stage: Stage) -> None:
    """The database is away in the middle of a command, and again while a lost case starts: the durable call waits."""
    office = stage.office
    case = await office.open(**WHOLE)
    waiting = await office.command(case, c.Propose, small.CLERK, to=small.HOUSING)
    async with ledger_away(office):
        sending = asyncio.create_task(office.door.send(case, waiting))
        await falls_back(office, case)
    assert (await sending).kind is OutcomeKind.DONE
    await stage.keep_case(case)
    await stage.handle(case).terminate("lost")
    async with ledger_away(office):
        assert await office.door.wake(case)
        await falls_back(office, case)
    await office.done(case, c.Sign, small.HOUSING_WORKER)


async def a_body_ends(stage: Stage) -> None:
    """The lead is merged away by a newer pack: the case is told, and its successor answers from that instant."""
    office = stage.office
    heating = next(body for body in small.BODIES if body.id == small.HEATING)
    lasting = heating.model_copy(update={"valid_to": None, "successor": None})
    worker = person("warm-1", Role.CASEWORKER, small.HEATING)
    await store_pack(office.pool, world.with_posts([world.post(worker)], world.with_body(lasting)))
    case = await office.open(**WHOLE)
    await office.done(case, c.Propose, small.CLERK, to=small.HEATING)
    await office.done(case, c.Sign, worker)
    ended = lasting.model_copy(update={"valid_to": datetime.now(UTC), "successor": small.HOUSING})
    await store_pack(office.pool, world.with_posts([world.post(worker)], world.with_body(ended)))
    await _round_of_housekeeping(stage)
    while "succeeded" not in await office.types(case):
        await asyncio.sleep(0.02)
    await office.done(case, c.Start, small.HOUSING_WORKER)


async def swept(stage: Stage) -> None:
    """One round of housekeeping in which there is nothing to do."""
    await _round_of_housekeeping(stage)


async def checkpointed(stage: Stage) -> None:
    """A checkpoint that nobody can sign: the worker was told of no key."""
    office = stage.office
    handle = await office.client.start_workflow(
        CheckpointWorkflow.run, id=f"zeren-checkpoint-{uuid4()}", task_queue=office.task_queue
    )
    assert (await handle.result()).outcome == "no_key"
    await stage.keep(handle.id)


async def _round_of_housekeeping(stage: Stage) -> None:
    office = stage.office
    handle = await office.client.start_workflow(
        HousekeepingWorkflow.run, id=f"zeren-housekeeping-{uuid4()}", task_queue=office.task_queue
    )
    assert (await handle.result()).rows == 0
    await stage.keep(handle.id)


async def notices_delivered(stage: Stage) -> None:
    """A notice that cannot be delivered dies, the delivery is renewed, and the digests of a day are put in the outbox."""
    office = stage.office
    queue = f"{office.task_queue}-apart"
    await configured(office.pool, hook("nowhere", "http://127.0.0.1:9/", small.DISPATCH))
    await office.open()
    notices = NoticeActivities(office.pool, SECRETS.get, "http://127.0.0.1:9", back_off=())
    async with (
        case_worker(office.client, office.pool, task_queue=queue, notices=notices),
        notice_worker(office.client, notices, task_queue=queue),
    ):
        start = NoticesStart(queue=notices_queue(queue), wait_seconds=1, history_limit=16)
        handle = await office.client.start_workflow(
            NoticesWorkflow.run, start, id=f"{queue}-run", task_queue=queue
        )
        while (await handle.describe()).run_id == handle.first_execution_run_id:
            await asyncio.sleep(0.05)
        assert (await listed(office.pool)).counts == {"dead": 1}
        digests = await office.client.start_workflow(
            DigestWorkflow.run, id=f"{queue}-digest", task_queue=queue
        )
        await digests.result()
        await office.client.get_workflow_handle(handle.id).terminate("the life is over")
    # The run that was renewed is whole; the one after it was ended while it waited.
    assert handle.first_execution_run_id is not None
    stage.kept.append(Run(handle.id, handle.first_execution_run_id))
    await stage.keep(digests.id)

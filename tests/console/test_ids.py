"""What somebody typed never passes for an id: neither into the ledger nor as the id of a command."""

from uuid import uuid4

import pytest

from console.desk import Receipt
from console.errors import UnknownName
from console.fields import read
from console.hats import Acting
from console.names import resolve
from domain.errors import BadInput
from ledger.packs import store_pack
from tests import small
from tests.running import Running
from workflows.door import OutcomeKind

CLERK = Acting("clerk-1")
TELEPHONE = "13912345678"


async def _opened(running: Running, **fields: object) -> Receipt:
    receipt: Receipt = await running.desk.open_case({"text": "漏水", **fields}, CLERK)
    assert receipt.done
    running.opened.append(receipt.case)
    return receipt


async def _commands(running: Running) -> int:
    return await running.pool.fetchval("SELECT count(*) FROM command")


@pytest.mark.parametrize("typed", [TELEPHONE, "990106.no-such-body", "nobody-knows", "火星", "999999999999"])
async def test_an_id_that_the_pack_does_not_know_stops_at_the_desk(running: Running, typed: str) -> None:
    number = (await _opened(running)).as_json()["number"]
    before = await _commands(running)
    for name in ("matter", "place"):
        with pytest.raises(UnknownName):
            await running.desk.open_case({"text": "漏水", name: typed}, CLERK)
    with pytest.raises(UnknownName):
        await running.desk.act(number, "triage", {"matter": typed}, CLERK)
    with pytest.raises(UnknownName):
        await running.desk.open_case({"text": "漏水"}, Acting("clerk-1", f"clerk@{typed}"))
    assert await _commands(running) == before
    assert await running.pool.fetchval("SELECT count(*) FROM compartment") == 1


async def test_a_pack_that_forgets_a_matter_takes_no_first_answer_away(running: Running) -> None:
    desk, told = running.desk, {"text": "漏水", "matter": small.COMMITTEE_MATTER}
    first = await desk.open_case(told, CLERK, command_id="open-1")
    assert first.done
    running.opened.append(first.case)
    fewer = tuple(matter for matter in small.PACK.matters if matter.id != small.COMMITTEE_MATTER)
    await store_pack(running.pool, small.PACK.model_copy(update={"matters": fewer}))
    again = await desk.open_case(told, CLERK, command_id="open-1")
    assert again.outcome == first.outcome
    before = await _commands(running)
    for other in ({**told, "matter": TELEPHONE}, {**told, "text": "别的"}):
        reused = await desk.open_case(other, CLERK, command_id="open-1")
        assert reused.outcome.kind is OutcomeKind.REFUSED
        assert reused.outcome.refusal.rule == "command.reused"
    with pytest.raises(UnknownName):
        await desk.open_case(told, CLERK, command_id="open-2")
    assert await _commands(running) == before


@pytest.mark.parametrize(
    "id_",
    [
        TELEPHONE,
        f"call-{TELEPHONE}",
        f"86{TELEPHONE}.2",
        "027-87654321",
        "11010519491231002X",
        "id:110105194912310025",
    ],
)
async def test_a_command_id_that_looks_like_somebody_is_refused(running: Running, id_: str) -> None:
    with pytest.raises(BadInput, match="command_id"):
        await running.desk.open_case({"text": "漏水"}, CLERK, command_id=id_)
    assert await running.pool.fetchval("SELECT count(*) FROM case_key") == 0


async def test_ids_that_say_nothing_are_taken(running: Running) -> None:
    for id_ in (
        str(uuid4()),
        "1",
        "import:0a1b:2",
        "01JD8YQ4V9Q7M2N3P4R5S6T7V8",
        "20260301-000123",
        "2026030112345678901",
    ):
        receipt = await running.desk.open_case({"text": "漏水"}, CLERK, command_id=id_)
        assert (receipt.done, receipt.command_id) == (True, id_)
        running.opened.append(receipt.case)


async def test_what_stands_in_the_case_is_known_though_the_pack_has_forgotten_it(running: Running) -> None:
    number = (await _opened(running, matter=small.COMMITTEE_MATTER)).as_json()["number"]
    fewer = tuple(matter for matter in small.PACK.matters if matter.id != small.COMMITTEE_MATTER)
    await store_pack(running.pool, small.PACK.model_copy(update={"matters": fewer}))
    case = await running.desk.case(number)
    given = read("recategorise", {"matter": small.COMMITTEE_MATTER})
    assert await resolve(running.pool, "recategorise", given, case) == given
    with pytest.raises(UnknownName):
        await resolve(running.pool, "recategorise", given, None)


async def test_a_contract_or_milestone_that_nobody_knows_stops_at_the_desk(running: Running) -> None:
    case = await running.desk.case((await _opened(running)).as_json()["number"])
    known = {"contract": small.LIFT_CONTRACT, "milestone": "inspected"}
    for name, typed in (("contract", TELEPHONE), ("milestone", TELEPHONE), ("contract", "张 三")):
        with pytest.raises(UnknownName):
            await resolve(
                running.pool, "record_milestone", read("record_milestone", {**known, name: typed}), case
            )
    given = read("record_milestone", known)
    assert await resolve(running.pool, "record_milestone", given, case) == given


async def test_a_person_whom_nobody_knows_stops_at_the_desk(running: Running) -> None:
    receipt = await _opened(running)
    case = await running.desk.case(receipt.as_json()["number"])
    with pytest.raises(UnknownName):
        await resolve(running.pool, "declare_interest", read("declare_interest", {"person": TELEPHONE}), case)
    given = read("declare_interest", {"person": "clerk-2"})
    assert await resolve(running.pool, "declare_interest", given, case) == given

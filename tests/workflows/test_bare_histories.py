"""What Temporal holds of a case has no personal data in it, and one search attribute (docs/temporal.md)."""

from typing import Any

from temporalio.common import SearchAttributeKey

from domain import commands as c
from domain.numbers import workflow_id
from domain.words import Step
from tests import small
from tests.running import Running
from workflows import names

PLANTED: dict[str, Any] = {
    "text": "PLANTED-水管漏水",
    "name": "PLANTED-王小明",
    "phone": "PLANTED-13900000000",
    "address": "PLANTED-1-2-301",
}


async def test_what_the_resident_said_is_nowhere_in_temporal(running: Running) -> None:
    case = await running.open(**PLANTED)
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE, note="PLANTED-note")
    await running.act(case, c.RecordStep, small.HOUSING_WORKER, step=Step.NOTE, note="PLANTED-refused")
    handle = running.client.get_workflow_handle(workflow_id(case))
    history = b"".join(event.SerializeToString() for event in (await handle.fetch_history()).events)
    described = (await handle.describe()).raw_description.SerializeToString()
    assert str(case).encode() in history
    for words in (*PLANTED.values(), "PLANTED"):
        assert words.encode() not in history
        assert words.encode() not in described


async def _started_by(running: Running, case: object) -> str | None:
    described = await running.client.get_workflow_handle(f"case-{case}").describe()
    return described.typed_search_attributes.get(names.STARTED_BY)


async def test_the_one_search_attribute_says_what_started_the_run(running: Running) -> None:
    case = await running.open()
    assert await _started_by(running, case) == "intake"
    described = await running.client.get_workflow_handle(workflow_id(case)).describe()
    own = [pair.key for pair in described.typed_search_attributes if not _of_the_server(pair.key)]
    assert own == [names.STARTED_BY]
    assert not await described.memo()
    handle = running.client.get_workflow_handle(workflow_id(case))
    await handle.terminate("lost")
    await running.done(case, c.RecordStep, small.CLERK, step=Step.NOTE)
    assert await _started_by(running, case) == "command"
    await handle.terminate("lost")
    assert await running.door.wake(case)
    assert await _started_by(running, case) == "rehydrate"


def _of_the_server(key: SearchAttributeKey) -> bool:
    """The server and the SDK add their own: who built the worker."""
    return key.name in {"BuildIds", "TemporalWorkerBuildId", "TemporalChangeVersion"}

"""The delivery on a real Temporal, to real servers: what is in the outbox arrives, again and again until it is taken."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import Client, WorkflowHandle

from activities.notices import NoticeActivities
from deploy.onemachine.temporal import EmbeddedTemporal
from domain import commands as c
from domain.notices import DELIVER, Composed
from ledger.outlets import Mail, Outlet
from tests import small
from tests.ledger.cases import Story, ready
from tests.notices.offices import SECRETS, SUPERVISOR, configured, hook, rows
from tests.notices.servers import Answer, Post, Taker, taking_mail, taking_posts
from worker import case_worker, notice_worker
from workflows.connection import connect
from workflows.names import notices_queue
from workflows.notices import DigestWorkflow, NoticesStart, NoticesWorkflow, schedule_notices

SOON = tuple(timedelta(milliseconds=each) for each in (100, 100, 100))
URL = "https://zeren.example"


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    return await connect(temporal.address)


@pytest.fixture
def taker() -> Iterator[Taker]:
    with taking_posts() as server:
        yield server


@pytest.fixture
async def office(pool: asyncpg.Pool) -> asyncpg.Pool:
    """A ledger with the small pack."""
    await ready(pool)
    return pool


@asynccontextmanager
async def delivering(
    client: Client, pool: asyncpg.Pool, *, sending: int = 8, **start: int
) -> AsyncGenerator[WorkflowHandle[Any, Any]]:
    """Both workers, and the delivery."""
    queue = f"notices-{uuid4()}"
    notices = NoticeActivities(pool, SECRETS.get, URL, SOON)
    async with (
        case_worker(client, pool, task_queue=queue, notices=notices),
        notice_worker(client, notices, task_queue=queue, sending=sending),
    ):
        run = await client.start_workflow(
            NoticesWorkflow.run,
            NoticesStart(queue=notices_queue(queue), **start),
            id=f"{queue}-run",
            task_queue=queue,
        )
        try:
            yield run
        finally:
            await run.terminate("the test is over")


async def until(pool: asyncpg.Pool, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The outbox, as soon as it looks like that."""
    async with asyncio.timeout(30):
        while not done(found := await rows(pool)):
            await asyncio.sleep(0.05)
    return found


async def waiting(run: WorkflowHandle[Any, Any], messages: int) -> None:
    """Until so many messages wait for a worker, or are with one."""
    while True:
        pending = (await run.describe()).raw_description.pending_activities
        if sum(each.activity_type.name == DELIVER for each in pending) == messages:
            return
        await asyncio.sleep(0.02)


async def test_every_channel_delivers_and_has_its_receipt(
    client: Client, office: asyncpg.Pool, taker: Taker
) -> None:
    more = {"body": small.DISPATCH, "causes": ["registered"], "address": taker.address}
    with taking_mail() as box:
        mail = Mail(host="127.0.0.1", port=box.port, security="none", sender="zeren@office.example")
        await configured(
            office,
            hook("sms", taker.address + "/sms", small.DISPATCH, causes=["registered"]),
            Outlet.model_validate({"id": "group", "channel": "wecom", "token": "token", **more}),
            Outlet.model_validate(
                {"id": "talk", "channel": "dingtalk", "token": "token", "secret": "robot", **more}
            ),
            Outlet.model_validate(
                {"id": "mail", "channel": "email", **more, "address": "desk@office.example"}
            ),
            mail=mail,
        )
        story = await Story(office, "everywhere").open()
        async with delivering(client, office):
            found = await until(office, lambda all_: {row["state"] for row in all_} == {"sent"})
        assert {row["channel"]: row["receipt"] for row in found} == {
            "webhook": "http-200:r-1",
            "wecom": "errcode-0",
            "dingtalk": "errcode-0",
            "email": "smtp-250:2.6.0",
        }
        text = box.mails[0].get_content()  # type: ignore[attr-defined]
    assert f"案件 {story.number}：待派，时限 " in text
    assert f"{URL}/cases/{story.number}" in text
    told = next(json.loads(post.body) for post in taker.seen if post.path == "/sms")
    assert told["notices"][0].keys() == {"key", "cause", "number", "state", "deadline", "link"}
    assert "of everywhere" not in str([post.body for post in taker.seen]) + text


async def test_what_is_not_taken_comes_again_under_the_same_key_and_in_the_end_dies(
    client: Client, office: asyncpg.Pool, taker: Taker
) -> None:
    await configured(
        office,
        hook("flaky", taker.address + "/flaky", small.DISPATCH, causes=["registered"]),
        hook("gone", taker.address + "/gone", small.DISPATCH, causes=["registered"]),
    )

    def answer(post: Post) -> Answer:
        tries = sum(each.path == post.path for each in taker.seen)
        return (200, b"{}") if post.path == "/flaky" and tries == 3 else (503, b"")

    taker.answer = answer
    await Story(office, "flaky").open()
    async with delivering(client, office, history_limit=20, wait_seconds=1) as run:
        found = await until(office, lambda all_: {row["state"] for row in all_} == {"sent", "dead"})
        while (await run.describe()).run_id == run.first_execution_run_id:
            await asyncio.sleep(0.05)
    told = {row["outlet"]: (row["state"], row["attempts"], row["receipt"], row["fault"]) for row in found}
    assert told == {"flaky": ("sent", 3, "http-200", None), "gone": ("dead", 4, None, "http-503")}
    for path, tries in (("/flaky", 3), ("/gone", 4)):
        keys = [post.headers["webhook-id"] for post in taker.seen if post.path == path]
        assert (len(keys), len(set(keys))) == (tries, 1)


async def test_what_is_urgent_overtakes_what_waits_for_a_free_hand(
    client: Client, office: asyncpg.Pool, taker: Taker
) -> None:
    calm_ones = [hook(f"h{n}", taker.address + f"/h{n}", small.HOUSING) for n in range(8)]
    await configured(office, *calm_ones, hook("urgent", taker.address + "/urgent", small.GOVERNMENT))
    loop, held = asyncio.get_running_loop(), asyncio.Event()

    def answer(_: Post) -> Answer:
        asyncio.run_coroutine_threadsafe(held.wait(), loop).result(30)
        return 200, b"{}"

    taker.answer = answer
    calm = await Story(office, "calm").open()
    await calm.say(c.Propose, small.CLERK, to=small.HOUSING)
    async with delivering(client, office, sending=1) as run:
        while not taker.seen:
            await asyncio.sleep(0.02)
        await waiting(run, 8)
        late = await Story(office, "late").open()
        await late.ring()
        await waiting(run, 9)
        loop.call_soon(held.set)
        await until(office, lambda all_: {row["state"] for row in all_} <= {"sent", "dead"})
    order = [post.path for post in taker.seen]
    assert order.index("/urgent") <= 2, order
    assert len(order) == 9


async def test_the_schedules_are_made_once_and_the_digest_comes_by_one(
    client: Client, office: asyncpg.Pool, taker: Taker
) -> None:
    await configured(office, hook("morning", taker.address + "/morning", person=SUPERVISOR))
    await Story(office, "open").open()
    queue = f"digest-{uuid4()}"
    notices = NoticeActivities(office, SECRETS.get, URL, SOON)
    try:
        await schedule_notices(client, queue, "UTC")
        await schedule_notices(client, queue, "Asia/Shanghai")
        handle = client.get_schedule_handle(f"{queue}-digest")
        told = await handle.describe()
        assert told.schedule.spec.time_zone_name == "Asia/Shanghai"
        async with (
            case_worker(client, office, task_queue=queue, notices=notices),
            notice_worker(client, notices, task_queue=queue),
        ):
            await handle.trigger()
            while not (actions := (await handle.describe()).info.recent_actions):
                await asyncio.sleep(0.05)
            run = client.get_workflow_handle_for(DigestWorkflow.run, actions[0].action.workflow_id)  # type: ignore[attr-defined]
            composed: Composed = await run.result()
            found = await until(
                office, lambda all_: len(all_) == composed.digests and all(r["state"] == "sent" for r in all_)
            )
    finally:
        for name in ("notices", "digest"):
            await client.get_schedule_handle(f"{queue}-{name}").delete()
    assert len(found) == (1 if composed.day else 0), "a day that is not worked has none"
    for post in taker.seen:
        assert json.loads(post.body)["digest"]["open"] == 1

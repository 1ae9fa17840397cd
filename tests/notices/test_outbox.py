"""The outbox: what is written with which events, folded, kept back behind a wall, given up; and the digests."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from pydantic import ValidationError

from console.outlets import read_outlets
from console.words import EVENTS, LABELS
from domain import commands as c
from domain.calendar import Calendar
from domain.errors import BadInput
from domain.notices import DIGEST, KINDS, STATES, Gather
from domain.quiet import Quiet
from domain.words import State, Urgency
from ledger.alarms import alarms
from ledger.append import append
from ledger.digest import compose, digest
from ledger.outbox import gather, listed, mark_failed, mark_sent, office_hours, open_letter, retry
from ledger.outlets import Mail, Outlet, Outlets, outlets, unknown_recipients
from ledger.packs import store_pack
from ledger.rebuild import differences, rebuild
from tests import small
from tests.ledger.cases import Story, ready
from tests.notices.offices import BARRED, EVERYWHERE, SUPERVISOR, configured, hook, rows

ALL = Gather(limit=100, seconds=0)


def test_the_words_of_a_notice_are_the_consoles() -> None:
    assert {state: LABELS[State][state.value] for state in State} == STATES
    assert set(KINDS) <= {*EVENTS, DIGEST, "nudged"}


async def test_a_row_for_each_recipient_cause_and_outlet_in_the_appends_own_transaction(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await configured(
        pool,
        hook("dispatch", EVERYWHERE, small.DISPATCH),
        hook("housing", EVERYWHERE, small.HOUSING, causes=["proposed"]),
        hook("all", EVERYWHERE, "*", fold_seconds=600),
    )
    story = await (await Story(pool, "one").open()).work()
    found = [(row["cause"], row["body"], row["outlet"]) for row in await rows(pool)]
    assert found == [
        ("registered", small.DISPATCH, "all"),
        ("registered", small.DISPATCH, "dispatch"),
        ("proposed", small.HOUSING, "all"),
        ("proposed", small.HOUSING, "housing"),
        ("signed", small.DISPATCH, "all"),
        ("signed", small.DISPATCH, "dispatch"),
    ]
    before = await rows(pool)
    assert (await append(pool, story.appends[1])).outcome == "ok"
    await rebuild(pool)
    assert await differences(pool) == []
    assert await rows(pool) == before, "neither a command sent again nor a rebuild sends anything again"
    texts = " ".join(str(row) for row in before)
    assert "of one" not in texts


async def _late(pool: asyncpg.Pool, *names: str) -> list[Story]:
    stories = [await Story(pool, name).open() for name in names]
    for story in stories:
        await story.ring()
    return stories


async def test_what_folds_becomes_one_message_and_the_urgent_goes_first_and_in_turn(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await configured(pool, hook("all", EVERYWHERE, "*"))
    await _late(pool, *(f"late-{n}" for n in range(5)))
    due = await gather(pool, ALL, quiet=False)
    assert [(one.priority, one.recipient) for one in due] == [
        (2, small.GOVERNMENT),
        (3, small.DISPATCH),
        (3, small.DISPATCH),
    ]
    letters = [await open_letter(pool, one.message) for one in due[1:]]
    causes = {letter.items[0].cause: letter for letter in letters if letter is not None}
    letter = causes["deadline_missed"]
    assert [item.cause for item in letter.items] == ["deadline_missed"] * 5
    assert await gather(pool, ALL, quiet=False) == due, "a message stays what it is until it is sent"
    under_way = ALL.model_copy(update={"under_way": (due[0].message,)})
    assert await gather(pool, under_way, quiet=False) == due[1:]
    await mark_sent(pool, letter.keys, "http-200")
    await _late(pool, "later")
    again = await gather(pool, ALL, quiet=False)
    assert letter.message not in {one.message for one in again}
    assert len(again) == 5
    pressing = Story(pool, "pressing")
    await pressing.say(c.Register, small.CLERK, number="2222-2222", urgency=Urgency.CRITICAL)
    await pressing.ring()
    (first, *_) = await gather(pool, ALL, quiet=False)
    assert first.priority == 1, "what is urgent goes before what came before it"


async def test_a_folding_notice_waits_for_others_and_a_nudge_for_the_morning(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await configured(pool, hook("all", EVERYWHERE, "*", causes=["deadline_missed"], fold_seconds=600))
    await _late(pool, "a", "b")
    assert await gather(pool, ALL, quiet=False) == []
    await pool.execute("UPDATE outbox SET next_try = now() WHERE number = (SELECT min(number) FROM outbox)")
    await pool.execute("UPDATE outbox SET waits = true, deadline = NULL")
    assert await gather(pool, ALL, quiet=True) == []
    (one,) = await gather(pool, ALL, quiet=False)
    letter = await open_letter(pool, one.message)
    assert letter is not None
    assert len(letter.items) == 2, "the younger one goes with the elder"
    assert await gather(pool, ALL, quiet=True) == [], "nor is it tried again in the night"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[outlet]]\nid = 'x'\nbody = 'b'", "outlet.1.channel"),
        ("[[outlet]]\nid = 'x'\nbody = 'b'\nchannel = 'wecom'\ntoken = 't'\nkey = 1", "outlet.1.key"),
        ("[[outlet]]\nid = 'x'\nbody = 'b'\nchannel = 'wecom'", "token"),
        ("[outlet", "TOML"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_both_languages(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_outlets(file)
    assert said in refused.value.zh
    assert said in refused.value.en


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    file = tmp_path / "notices.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert [outlet.channel for outlet in read_outlets(file).outlets] == [
        "wecom",
        "dingtalk",
        "webhook",
        "email",
    ]


async def test_quiet_hours_and_working_days_are_those_of_the_pack(pool: asyncpg.Pool) -> None:
    hours = await office_hours(pool)
    assert not hours.asleep(AT)
    calendar = Calendar(id="office", zone="Asia/Shanghai", weekend=(6, 7), workdays=(date(2026, 2, 14),))
    policy = small.POLICY.model_copy(update={"quiet": Quiet(start="20:00", end="08:00")})
    await store_pack(pool, small.PACK.model_copy(update={"policy": policy, "calendar": calendar}))
    hours = await office_hours(pool)
    saturday, made_up = datetime(2026, 2, 7, 4, tzinfo=UTC), datetime(2026, 2, 14, 4, tzinfo=UTC)
    midnight = datetime(2026, 3, 2, 16, 0, 30, tzinfo=UTC)
    assert [hours.asleep(at) for at in (saturday, made_up, midnight, AT)] == [True, False, True, False]
    assert [hours.working_day(at) for at in (saturday, made_up)] == [None, date(2026, 2, 14)]


async def test_behind_a_wall_nothing_leaves_the_house_and_nobody_barred_hears_of_the_row(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await configured(pool, hook("all", EVERYWHERE, "*"))
    await Story(pool, "plain").open()
    without = await listed(pool, viewer=BARRED)
    walled = await (await Story(pool, "walled").open()).work()
    (message,) = {
        one.message for one in await gather(pool, ALL, quiet=False) if one.recipient == small.HOUSING
    }
    await walled.later(1).say(c.Accuse, small.CLERK, against=(small.OFFICE,))
    assert await open_letter(pool, message) is None, "it was on its way when the wall was put up"
    for one in await gather(pool, ALL, quiet=False):
        letter = await open_letter(pool, one.message)
        assert letter is None or {item.number for item in letter.items} != {walled.number}
    states = {row["state"] for row in await rows(pool) if row["case_id"] == walled.id}
    assert states == {"withheld"}
    assert await listed(pool, viewer=BARRED) == without
    assert (await listed(pool, viewer=SUPERVISOR)).counts["withheld"] == len(
        [row for row in await rows(pool) if row["case_id"] == walled.id]
    )


async def test_a_dead_letter_is_seen_alarms_if_it_had_to_be_delivered_and_can_begin_anew(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await configured(pool, hook("must", EVERYWHERE, small.DISPATCH, required=True))
    story = await Story(pool, "lost").open()
    (one,) = await gather(pool, ALL, quiet=False)
    letter = await open_letter(pool, one.message)
    assert letter is not None
    await mark_failed(pool, letter, "http-503", timedelta(hours=1))
    assert await gather(pool, ALL, quiet=False) == [], "its next try lies ahead"
    again = await open_letter(pool, one.message)
    assert again is not None
    assert (again.attempts, again.keys, again.message) == (1, letter.keys, letter.message)
    assert await alarms(pool) == []
    await mark_failed(pool, again, "http-503", None)
    (row,) = (await listed(pool, state="dead")).items
    assert (row.number, row.fault, row.attempts, row.next_try) == (story.number, "http-503", 2, None)
    assert [(alarm.kind, alarm.case) for alarm in await alarms(pool)] == [("notice_undelivered", story.id)]
    assert await retry(pool, ["no such key"]) == 0
    assert await retry(pool) == 1
    (anew,) = await gather(pool, ALL, quiet=False)
    assert anew.message != one.message


AT = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


async def test_a_digest_tells_the_subtree_and_is_the_same_without_a_case_that_is_walled(
    pool: asyncpg.Pool,
) -> None:
    await ready(pool)
    await _late(pool, "overdue")
    await (await Story(pool, "working").open()).work()
    empty = await Story(pool, "empty").open()
    await empty.say(c.Propose, small.CLERK, to=small.WATER)
    while empty.case is not None and empty.case.proposal is not None:
        await empty.ring()
    told = await digest(pool, SUPERVISOR, AT, ZONE)
    assert (told.day, told.open, told.overdue.count) == ("2026-03-03", 3, 1)
    assert (told.escalated.count, told.exceptions.count) == (1, 1)
    assert told.exceptions.cases[0].number == empty.number
    elsewhere = await digest(pool, "poor-housing-1", AT, ZONE)
    assert (elsewhere.open, elsewhere.overdue.cases) == (0, ())

    below = await digest(pool, BARRED, AT, ZONE)
    committee = await Story(pool, "committee").open(small.COMMITTEE_MATTER)
    await committee.say(c.Propose, small.CLERK, to=small.COMMITTEE)
    await committee.later(30).say(c.Sign, small.COMMITTEE_WORKER)
    seen = await digest(pool, BARRED, AT, ZONE)
    assert seen.open == below.open + 1, "a street guides its committee, and supervises it"
    await committee.say(c.Accuse, small.CLERK, against=(small.OFFICE,))
    assert (await digest(pool, BARRED, AT, ZONE)).model_dump_json() == below.model_dump_json()
    assert (await digest(pool, SUPERVISOR, AT, ZONE)).open == 4


async def test_one_digest_a_supervisor_and_day_however_often_it_is_asked_for(pool: asyncpg.Pool) -> None:
    await ready(pool)
    await configured(
        pool,
        hook("supervisor", EVERYWHERE, person=SUPERVISOR),
        hook("worker", EVERYWHERE, person="housing-1"),
    )
    assert await compose(pool, AT.date(), AT) == 1
    assert await compose(pool, AT.date(), AT + timedelta(hours=3)) == 0
    assert await compose(pool, AT.date() + timedelta(days=1), AT + timedelta(days=1)) == 1
    (one,) = await gather(pool, ALL, quiet=True)
    letter = await open_letter(pool, one.message)
    assert letter is not None
    assert (letter.person, letter.items) == (SUPERVISOR, ())
    assert (letter.day, len(letter.keys)) == ("2026-03-04", 2), "after an outage the newest one is enough"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "webhook", "address": "http://sms.example", "secret": "s"}, "https://"),
        ({"channel": "webhook", "address": "https://sms.example?key=1", "secret": "s"}, "no secret"),
        ({"channel": "webhook", "address": "https://sms.example"}, "secret must name"),
        ({"channel": "wecom"}, "token must name"),
        ({"channel": "email", "address": "nobody"}, "e-mail address"),
        ({"channel": "wecom", "token": "t", "person": "p"}, "one of both"),
    ],
)
def test_an_outlet_that_cannot_work_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Outlet.model_validate({"id": "x", "body": "b", **fields})


async def test_outlets_are_kept_whole_and_say_whom_the_pack_does_not_know(pool: asyncpg.Pool) -> None:
    await ready(pool)
    mail = Mail(host="mail.example", sender="a@b.example")
    one = Outlet.model_validate({"id": "m", "channel": "email", "body": "*", "address": "d@b.example"})
    robot = Outlet.model_validate({"id": "r", "channel": "dingtalk", "body": "nobody", "token": "t"})
    assert robot.address == "https://oapi.dingtalk.com/robot/send"
    await configured(pool, one, robot, mail=mail)
    assert await outlets(pool) == Outlets(mail=mail, outlets=(one, robot))
    assert await unknown_recipients(pool, (one, robot)) == ["nobody"]
    with pytest.raises(ValidationError, match="section mail"):
        Outlets(outlets=(one,))

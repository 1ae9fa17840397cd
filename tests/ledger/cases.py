"""Driving cases in the tests of the ledger: real decisions of the domain, by the small pack, into a real database."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from domain import commands as c
from domain.actors import CLOCK, Actor
from domain.case import Case
from domain.commands import AnyCommand
from domain.deadlines import clock_command
from domain.decide import decide, needs
from domain.decision import Decision
from domain.events import FactsUsed, Recorded
from domain.evolve import fold
from domain.numbers import case_id, draw_number, event_id
from domain.personal import PersonalRef
from domain.ports import Answer, Append, fingerprint
from domain.words import Channel, Contacted, Reason, Satisfaction, Solved, Step, Truth
from ledger.append import append
from ledger.compartment import put
from ledger.keys import Keyring
from ledger.packs import store_pack
from tests import small

KEYRING = Keyring("test", {"test": bytes(range(32))})


async def ready(pool: asyncpg.Pool) -> None:
    """Load the small pack: it becomes version 1."""
    assert await store_pack(pool, small.PACK) == 1


def decision(
    case_: UUID,
    case: Case | None,
    command: AnyCommand,
    at: datetime,
    *,
    version: int = 1,
    made: Decision | None = None,
) -> Append:
    """What a workflow would send to the ledger for that command."""
    facts = small.facts_for(needs(case, command), version)
    decided = made or decide(case, command, facts, at)
    used = FactsUsed(pack=facts.pack, version=version)
    expected = case.version if case else 0
    events = tuple(
        Recorded(
            id=event_id(case_, number, command.id),
            case=case_,
            version=number,
            at=at,
            command=command.id,
            actor=command.actor,
            facts=used,
            body=body,
        )
        for number, body in enumerate(decided.events, start=expected + 1)
    )
    return Append(
        case=case_,
        command=command.id,
        type=command.type,
        fingerprint=fingerprint(command),
        actor=command.actor,
        at=at,
        expected=expected,
        facts=used,
        personal=command.personal,
        events=events,
        refusal=decided.refusal,
    )


class Story:
    """One case, told command by command. It keeps its own fold, as a workflow does."""

    def __init__(
        self, pool: asyncpg.Pool, name: str, *, start: datetime = small.START, version: int = 1
    ) -> None:
        self.pool = pool
        self.name = name
        self.id = case_id(f"{name}:1")
        self.case: Case | None = None
        self.at = start
        self.version = version
        self.count = 0
        self.appends: list[Append] = []

    def later(self, hours: float) -> "Story":
        """Let time pass."""
        self.at += timedelta(hours=hours)
        return self

    async def texts(self, **fields: str) -> tuple[str, PersonalRef]:
        """Put the texts of the next command into the compartment."""
        command = f"{self.name}:{self.count + 1}"
        return command, await put(self.pool, KEYRING, self.id, command, fields)

    async def say(
        self, model: type[c.Command], actor: Actor, text: dict[str, str] | None = None, **fields: object
    ) -> Answer:
        """One command by an actor: it must come through, done or refused."""
        wanted = text if text is not None else {field: f"{field} of {self.name}" for field in model.texts}
        personal = (await self.texts(**wanted))[1] if wanted else None
        self.count += 1
        command = model.model_validate(
            {"id": f"{self.name}:{self.count}", "actor": actor, "personal": personal, **fields}
        )
        return await self.send(command)

    async def send(self, command: AnyCommand | c.Command) -> Answer:
        """Decide, append, evolve."""
        row = decision(self.id, self.case, command, self.at, version=self.version)  # pyright: ignore[reportArgumentType]
        self.appends.append(row)
        done = await append(self.pool, row)
        assert done.outcome == "ok", done
        assert done.answer is not None
        self.case = fold(row.events, self.case)
        return done.answer

    async def ring(self) -> Answer:
        """The next deadline comes due."""
        assert self.case is not None
        deadline = self.case.next_deadline
        assert deadline is not None
        self.at = max(self.at, deadline.due)
        return await self.send(c.Strike(id=clock_command(deadline.id), actor=CLOCK, deadline=deadline.id))

    async def open(self, matter: str | None = small.HOUSING_MATTER) -> "Story":
        """Register it at the dispatch centre."""
        number = draw_number(random.Random(self.name).randrange)
        answer = await self.say(
            c.Register, small.CLERK, number=number, matter=matter, place=small.COMMUNITY if matter else None
        )
        assert answer.outcome == "done", answer
        return self

    async def work(self) -> "Story":
        """Propose to the housing department, which signs."""
        await self.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
        await self.later(1).say(c.Sign, small.HOUSING_WORKER)
        return self

    async def resolve(self) -> Answer:
        """The lead reports it resolved."""
        return await self.later(2).say(
            c.Resolve,
            small.HOUSING_WORKER,
            truth=Truth.TRUE,
            ours=True,
            contacted=Contacted.YES,
            solved=Solved.YES,
        )

    async def judge(self, satisfaction: Satisfaction) -> Answer:
        """Reviewed, and the resident says what he thinks."""
        await self.later(1).say(c.Review, small.REVIEWER, passed=True)
        return await self.later(1).say(
            c.RecordVerdict,
            small.RESIDENT,
            response=True,
            resolution=satisfaction is not Satisfaction.UNSATISFIED,
            satisfaction=satisfaction,
            channel=Channel.LINK,
        )


async def mixed(pool: asyncpg.Pool, prefix: str = "mixed") -> list[Story]:
    """A handful of cases that between them meet nearly every event."""
    stories: list[Story] = []

    def story(name: str) -> Story:
        stories.append(Story(pool, f"{prefix}-{name}"))
        return stories[-1]

    whole = await (await story("whole").open()).work()
    await whole.later(1).say(c.Start, small.HOUSING_WORKER)
    await whole.later(1).say(c.RecordStep, small.HOUSING_WORKER, step=Step.SITE_VISIT)
    await whole.resolve()
    await whole.judge(Satisfaction.UNSATISFIED)
    await whole.resolve()
    await whole.judge(Satisfaction.SATISFIED)
    await whole.later(1).say(c.Close, small.REVIEWER)
    await whole.later(5).say(c.Reopen, small.RESIDENT, channel=Channel.LINK)

    dispute = await story("dispute").open()
    await dispute.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    await dispute.later(1).say(
        c.Object, small.HOUSING_WORKER, reason=Reason.NOT_OUR_DUTY, proposed_owner=small.CIVIL_AFFAIRS
    )
    await dispute.later(1).say(c.ContestObjection, small.CLERK)
    await dispute.later(1).say(c.RuleOn, small.DISTRICT_HEAD, designate=small.CIVIL_AFFAIRS)
    await dispute.later(1).say(c.Acknowledge, small.CIVIL_WORKER)

    handed_back = await (await story("back").open()).work()
    await handed_back.later(1).say(
        c.Return, small.HOUSING_WORKER, reason=Reason.NOT_OUR_DUTY, proposed_owner=small.CIVIL_AFFAIRS
    )
    await handed_back.later(1).say(c.SignReturn, small.CLERK)

    silent = await story("silent").open()
    await silent.later(1).say(c.Propose, small.CLERK, to=small.HOUSING)
    for _ in range(4):
        await silent.ring()

    empty = await story("empty").open()
    await empty.say(c.Propose, small.CLERK, to=small.WATER)
    for _ in range(6):
        await empty.ring()

    pushed = await story("pushed").open(small.PUSHED_DOWN_MATTER)
    await pushed.say(c.Propose, small.CLERK, to=small.COMMITTEE)
    await pushed.later(1).say(c.Withdraw, small.RESIDENT, channel=Channel.LINK)

    at_intake = await story("intake").open(None)
    await at_intake.later(1).say(c.Triage, small.CLERK, matter=small.HOUSING_MATTER, place=small.COMMUNITY)
    await at_intake.say(c.AnswerAtIntake, small.CLERK)
    await at_intake.ring()

    refused = Story(pool, f"{prefix}-refused")
    answer = await refused.say(c.Register, small.HOUSING_WORKER, number="2222-2222")
    assert answer.outcome == "refused"
    return stories

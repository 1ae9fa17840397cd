"""What the desk can tell: a case now or then, who answered for it, its clocks, what it allows, and the queues.

Every answer is read from the ledger. ``at`` asks how the case was at an instant, ``known`` how it was known at one;
both may be given. ``known`` alone asks how the case stood then, as it was known then.

A reader reads for one viewer. What is hidden from him is not there, in no count, order, page mark or error; a reader for
nobody in particular shows no case that is hidden from anyone (domain/firewall.py).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from console import clock_views, names, resident, views
from console.errors import WrongUsage
from console.fields import clean
from console.hats import Acting, hats, person_id, wide_needs
from console.numbers import case_number, unknown
from console.relations import relations_view
from console.views import Json
from domain.actors import Actor
from domain.base import BodyId, PersonId
from domain.case import Case
from domain.commands import MODELS
from domain.decide import Allowance, allowed, needs
from domain.errors import BadInput
from domain.events import Recorded
from domain.evolve import fold
from domain.facts import Facts, Needs
from domain.firewall import unbarred
from domain.holders import known as known_by
from domain.jurisdiction import Name, Post
from domain.numbers import case_id
from domain.routing import route
from domain.words import ActorKind, State
from ledger import directory
from ledger.audits import Asked, Question, audit
from ledger.digest import digest
from ledger.facts import look_up
from ledger.outbox import OutboxState, listed
from ledger.packs import calendars, current_pack
from ledger.queue import queue
from ledger.reads import any_exists_for, case_by_number, events_of, hidden_cases, holders
from ledger.relations import relations

_A_MONTH = timedelta(days=30)
_AHEAD = timedelta(minutes=1)
"""How far another machine's clock may be ahead of ours."""


class Reader:
    """The reads, over one connection pool."""

    def __init__(self, pool: asyncpg.Pool, viewer: PersonId | None = None) -> None:
        """``pool`` is opened and closed by whoever made it. ``viewer``: for whom is read."""
        self._pool = pool
        self._viewer = viewer

    def seen_by(self, user: str | None) -> "Reader":
        """The same reads for a person. Who is not known to the pack sees what nobody in particular sees."""
        return Reader(self._pool, person_id(user) if user else None)

    async def case(self, number: str) -> Case:
        """The case as it stands. Raises BadInput for a number that cannot be one, UnknownCase for one that is none."""
        canonical = case_number(number)
        case = await case_by_number(self._pool, canonical, self._viewer)
        if case is None:
            raise unknown(canonical)
        return case

    async def show(self, number: str, at: datetime | None = None, known: datetime | None = None) -> Json:
        """The case as it stands, or stood. Raises BadInput where there was no case yet."""
        case = await self.case(number)
        then = _not_ahead(at or known)
        recorded = known_by(await events_of(self._pool, case.id), then, known)
        stood = fold(recorded)
        if stood is None:
            raise _before(case)
        related = await relations(self._pool, case.id, then, self._viewer)
        return views.case_view(stood, len(recorded), await self._names_of_case(stood), related)

    async def holders(self, number: str, at: datetime | None = None, known: datetime | None = None) -> Json:
        """Who answered for every instant up to ``at``."""
        case = await self.case(number)
        intervals = await holders(self._pool, case.id, _not_ahead(at), _not_ahead(known))
        bodies = [body for held in intervals for body in (held.answering, held.charged_to)]
        return views.holders_view(case.number, intervals, await names.of(self._pool, bodies=bodies))

    async def history(self, number: str) -> Json:
        """Every event."""
        case = await self.case(number)
        hidden = await hidden_cases(self._pool, self._viewer)
        recorded = [
            event
            for event in await events_of(self._pool, case.id)
            if getattr(event.body, "other", None) not in hidden
        ]
        called = await names.of(
            self._pool,
            bodies=_bodies_in(recorded),
            matters={getattr(event.body, "matter", None) for event in recorded},
            places={getattr(event.body, "place", None) for event in recorded},
        )
        for who in {event.actor.person for event in recorded if event.actor.person}:
            found = await directory.person(self._pool, who, datetime.now(UTC))
            if found is not None:
                called[who] = Name(zh=found.name)
        return views.history_view(case.number, recorded, called)

    async def clocks(self, number: str, at: datetime | None = None, known: datetime | None = None) -> Json:
        """Every deadline with its arithmetic, both clocks of the case, and what the resident was promised."""
        case = await self.case(number)
        at = _not_ahead(at)
        recorded = known_by(await events_of(self._pool, case.id), at, _not_ahead(known))
        if not recorded:
            raise _before(case)
        newest = await current_pack(self._pool)
        latest = newest.version if newest else recorded[-1].facts.version
        by_version = await calendars(self._pool, {latest, *clock_views.versions(recorded)})
        now = at or max(datetime.now(UTC), case.last_at)
        return clock_views.clocks_view(case.number, recorded, by_version, latest, now)

    async def allowed(self, number: str, acting: Acting | None = None) -> Json:
        """What the case allows now: to anybody, or to one person under any of his hats, and why not the rest."""
        case = await self.case(number)
        now = datetime.now(UTC)
        worn = await hats(self._pool, acting, now) if acting else []
        facts = await self.facts_about(case, worn)
        by_hat = [(hat, allowed(case, hat, facts, now)) for hat in worn] or [
            (None, allowed(case, None, facts, now))
        ]
        commands = [
            _best([(hat, answers[row]) for hat, answers in by_hat]) for row in range(len(by_hat[0][1]))
        ]
        bodies = frozenset(body for _, answer in commands for body in answer.bodies)
        staff = await look_up(self._pool, Needs(bodies=bodies | set(case.against), staff=case.walled))
        in_post = [post for post in unbarred(case, staff, now).posts if post.held(now)]
        return {
            "number": case.number,
            "state": case.state.value,
            "version": case.version,
            "commands": [_allowance(hat, answer, in_post) for hat, answer in commands],
            "names": views.named(await names.of(self._pool, bodies=bodies)),
        }

    async def opened_by(self, user: str, *command_ids: str) -> bool:
        """Whether one of these intake commands has opened a case that exists for the person."""
        return await any_exists_for(self._pool, map(case_id, command_ids), person_id(user))

    async def queue(
        self,
        *,
        body: str | None = None,
        state: State | None = None,
        overdue: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> Json:
        """Open cases by their next deadline; of one body, in one state, or only those that are late."""
        bodies = [await names.one(self._pool, "body", "body", body)] if body else None
        due = datetime.now(UTC) if overdue else None
        page = await queue(
            self._pool,
            viewer=self._viewer,
            bodies=bodies,
            state=state,
            overdue=due,
            limit=limit,
            after=after,
        )
        called = await names.of(
            self._pool,
            bodies=[body for item in page.items for body in (item.answering, item.charged_to)],
            matters=[item.matter for item in page.items],
            places=[item.place for item in page.items],
        )
        return views.queue_view(page, called)

    async def route(self, matter: str, place: str) -> Json:
        """To which body a case of that matter at that place would belong now, and why. Raises BadInput."""
        known = await names.one(self._pool, "matter", "matter", matter)
        there = await names.one(self._pool, "place", "place", place)
        facts = await look_up(self._pool, Needs(matters=frozenset({known}), places=frozenset({there})))
        if known not in facts.matters or there not in facts.places:
            raise BadInput(
                "没有这个事项或地点；请查询后重试。",
                "There is no such matter or place; look it up and try again.",
            )
        found = route(known, there, facts, datetime.now(UTC))
        bodies = [found.lead, *(passed.body for passed in found.alternatives)]
        called = await names.of(self._pool, bodies=bodies, matters=[known], places=found.path)
        return {**found.model_dump(mode="json"), "names": views.named(called)}

    async def audit(
        self,
        question: Question,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        body: str | None = None,
    ) -> Json:
        """A supervisor's question over a period; the last thirty days if none is named. Raises BadInput."""
        end = _not_ahead(until) or datetime.now(UTC)
        begin = since or end - _A_MONTH
        if begin >= end:
            raise BadInput(
                "起始时间不早于截止时间；请更正。", "The period ends before it begins; correct it."
            )
        known = await names.one(self._pool, "body", "body", body) if body else None
        found = await audit(self._pool, question, Asked(begin, end, known, self._viewer))
        called = await names.of(self._pool, bodies=views.ids_in([found.summary, *found.rows]))
        return views.audit_view(question.value, begin, end, found, called)

    async def notices(
        self, *, recipient: str | None = None, state: OutboxState | None = None, limit: int = 50
    ) -> Json:
        """Notices that leave the house, the latest first: to a body or person or to all, in one state or in any."""
        found = await listed(
            self._pool,
            viewer=self._viewer,
            recipient=clean("to", recipient) if recipient else None,
            state=state,
            limit=limit,
        )
        called = await names.of(self._pool, bodies=[row.body for row in found.items])
        return {**found.model_dump(mode="json"), "names": views.named(called)}

    async def digest(self) -> Json:
        """The viewer's digest as it would be sent now. Raises WrongUsage where nobody is named."""
        if self._viewer is None:
            raise WrongUsage("请说明为谁查询摘要。", "Say whose digest it is.")
        zone = await self.zone()
        found = await digest(self._pool, self._viewer, datetime.now(UTC), zone)
        sections = (found.overdue, found.soon, found.escalated, found.exceptions)
        bodies = [case.answering for section in sections for case in section.cases]
        called = await names.of(self._pool, bodies=bodies)
        return {**found.model_dump(mode="json"), "names": views.named(called)}

    async def bodies(self, text: str, limit: int = 20) -> Json:
        """Bodies whose id or name holds the text."""
        found = await directory.find_bodies(self._pool, clean("q", text), limit=limit)
        shown = {"id", "kind", "level", "name", "division", "registers"}
        return {"items": [body.model_dump(mode="json", include=shown) for body in found]}

    async def matters(self, text: str, limit: int = 20) -> Json:
        """Matters whose id or name holds the text."""
        found = await directory.find_matters(self._pool, clean("q", text), limit=limit)
        shown = {"id", "name", "procedure", "scheme", "lead", "promise", "ground"}
        return {"items": [matter.model_dump(mode="json", include=shown) for matter in found]}

    async def places(self, text: str, limit: int = 20) -> Json:
        """Places whose code begins with the text or whose name holds it."""
        found = await directory.find_places(self._pool, clean("q", text), limit=limit)
        return {"items": [place.model_dump(mode="json") for place in found]}

    async def resident_case(self, told: Mapping[str, object]) -> Json:
        """How a case stands, for a resident with its number and receipt (console/resident.py)."""
        return await resident.look(self._pool, told)

    async def resident_receipt(self, told: Mapping[str, object]) -> Json:
        """Another receipt in the place of the resident's (console/resident.py)."""
        return await resident.renew(self._pool, told)

    async def people(self) -> list[directory.Colleague]:
        """Everybody who may act, with the hats that they wear now."""
        return await directory.people(self._pool, datetime.now(UTC))

    async def zone(self) -> ZoneInfo:
        """The time zone of the pack, in which people read times; UTC where no pack is loaded."""
        pack = await current_pack(self._pool)
        return ZoneInfo(pack.zone if pack else "UTC")

    async def ready(self) -> bool:
        """Whether the database answers and a pack is loaded."""
        return await current_pack(self._pool) is not None

    async def facts_about(self, case: Case, worn: list[Actor]) -> Facts:
        """What has to be known to say what the case allows, and to whom."""
        anybody = Actor(kind=ActorKind.SYSTEM)
        base = needs(case, MODELS["acknowledge"](id="looking", actor=anybody))  # pyright: ignore[reportArgumentType]
        return await look_up(self._pool, wide_needs(base, worn))

    async def _names_of_case(self, case: Case) -> dict[str, Name]:
        bodies: list[BodyId | None] = [
            case.dispatcher,
            case.lead,
            case.registrar,
            *case.overseers,
            *case.informed,
            *case.against,
        ]
        bodies += [trouble.body for trouble in case.troubles]
        if case.route is not None:
            bodies += [case.route.lead, *(passed.body for passed in case.route.alternatives)]
        bodies += [relation["body"] for relation in relations_view(case)]
        bodies += [relation.get("by") for relation in relations_view(case)]
        if case.proposal is not None:
            bodies.append(case.proposal.to)
        if case.return_request is not None:
            bodies.append(case.return_request.to)
        if case.ruling is not None:
            bodies.append(case.ruling.body)
        if case.opinion is not None:
            bodies.append(case.opinion.by)
        return await names.of(self._pool, bodies=bodies, matters=[case.matter], places=[case.place])


def _not_ahead(at: datetime | None) -> datetime | None:
    if at is not None and at > datetime.now(UTC) + _AHEAD:
        raise BadInput(
            "查询时间晚于现在；请改为已经过去的时间。",
            "The instant asked for lies in the future; ask for one that has passed.",
        )
    return at


def _before(case: Case) -> BadInput:
    since = case.registered_at.isoformat(timespec="seconds")
    return BadInput(
        f"该时间尚无此案件的记录，案件登记于 {since}；请改查其后的时间。",
        f"Nothing was on record of this case at that time; it was registered at {since}, ask for a later one.",
    )


def _best(answers: list[tuple[Actor | None, Allowance]]) -> tuple[Actor | None, Allowance]:
    """The first hat that may; without one, the first hat's reason why not."""
    return next((answer for answer in answers if answer[1].allowed), answers[0])


def _allowance(hat: Actor | None, answer: Allowance, in_post: Iterable[Post]) -> Json:
    people = sorted(
        {post.person for post in in_post if post.body in answer.bodies and post.role in answer.roles}
    )
    return {
        "command": answer.command,
        "allowed": answer.allowed,
        "hat": f"{hat.role}@{hat.body}" if hat and answer.allowed else None,
        "bodies": list(answer.bodies),
        "roles": [role.value for role in answer.roles],
        "people": people,
        "refusal": views.refused(answer.refusal),
    }


def _bodies_in(recorded: Iterable[Recorded]) -> set[str]:
    """Every id in the events that can be a body's: those that are not are simply not found."""
    found = {event.actor.body for event in recorded if event.actor.body}
    for event in recorded:
        for value in event.body.model_dump(exclude={"personal"}).values():
            found |= {part for part in _flat(value) if isinstance(part, str)}
    return found


def _flat(value: Any) -> Iterable[Any]:  # noqa: ANN401 - a value of any event
    return value if isinstance(value, (tuple, list)) else (value,)  # pyright: ignore[reportUnknownVariableType]

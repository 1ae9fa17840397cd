"""A machine that gives random commands at random times, and checks design.md §3 after every step.

Commands of every type come from right and wrong people, at right and wrong moments, over right and wrong bodies and
matters; time moves from a minute to weeks, and often to the very instant at which a clock is due, or one minute beside
it. ``ZEREN_HYPOTHESIS=thorough`` makes it look longer.
"""

import os
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.actors import CLOCK, RESIDENT, SYSTEM, Actor
from domain.authority import places
from domain.commands import MODELS
from domain.decide import RULES, needs
from domain.holders import tile
from domain.words import (
    ActorKind,
    Channel,
    Contacted,
    NotAcceptedGround,
    Reason,
    Role,
    Satisfaction,
    Solved,
    State,
    Step,
    Truth,
)
from tests import small
from tests.domain import laws, world
from tests.domain.telling import Step as Told
from tests.domain.telling import Story, personal

PEOPLE: tuple[Actor, ...] = (*small.ACTORS, *world.MANY_HATS, world.RELAY_1, world.RELAY_2)
ODD_ACTORS = (
    world.GONE,
    SYSTEM,
    CLOCK,
    Actor(kind=ActorKind.PERSON),
    Actor(kind=ActorKind.PARTNER, body="nowhere"),
    Actor(kind=ActorKind.RESIDENT, body="nowhere"),
    Actor(kind=ActorKind.PERSON, person="clerk-1", role=Role.CLERK, body="nowhere"),
)
EVERY_BODY = (*(body.id for body in small.PACK.bodies), "nowhere")
ABLE = (small.HOUSING, small.CIVIL_AFFAIRS, small.OFFICE, small.WATER, small.HEATING, small.RAILWAY)
MATTERS = [matter.id for matter in small.PACK.matters]
PLACES = [place.code for place in small.PACK.places]

bodies = st.one_of(st.sampled_from(ABLE), st.sampled_from(EVERY_BODY))
matters = st.one_of(st.sampled_from(MATTERS[:2]), st.sampled_from([*MATTERS, "no-such-matter"]))
maybe_place = st.none() | st.sampled_from([*PLACES, "9999"])

FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "triage": {"matter": matters, "place": maybe_place},
    "propose": {"to": bodies},
    "object": {"reason": st.sampled_from(Reason), "proposed_owner": bodies},
    "return": {"reason": st.sampled_from(Reason), "proposed_owner": bodies},
    "rule": {"designate": bodies},
    "record_step": {"step": st.sampled_from(Step)},
    "resolve": {
        "truth": st.sampled_from(Truth),
        "ours": st.sampled_from([True, True, False]),
        "contacted": st.sampled_from(Contacted),
        "solved": st.sampled_from(Solved),
    },
    "review": {"passed": st.sampled_from([True, True, False])},
    "record_verdict": {
        "response": st.booleans(),
        "resolution": st.booleans(),
        "satisfaction": st.sampled_from(Satisfaction),
        "channel": st.sampled_from(Channel),
    },
    "reopen": {"channel": st.sampled_from(Channel)},
    "withdraw": {
        "channel": st.sampled_from(Channel),
        "personal": st.none() | st.just(personal("note")),
    },
    "not_accept": {"ground_code": st.sampled_from(NotAcceptedGround), "told_by": st.sampled_from(Channel)},
}

REGISTER: dict[str, st.SearchStrategy[Any]] = {
    "place": st.sampled_from([small.COMMUNITY, small.COMMUNITY, small.POOR_COMMUNITY, None, "9999"]),
    "matter": st.none() | matters,
    "procedure": st.sampled_from([None, None, None, "hotline", "petition"]),
    "no_contact": st.booleans(),
    "anonymous": st.booleans(),
    "received_at": st.none() | st.just(small.LONG_AGO),
}

OWNERS = (
    small.HOUSING,
    small.CIVIL_AFFAIRS,
    small.OFFICE,
    small.WATER,
    small.HEATING,
    small.RAILWAY,
    small.COMMITTEE,
)
USUAL_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "triage": {"matter": st.sampled_from(MATTERS)},
    "propose": {"to": st.sampled_from(OWNERS)},
    "object": {"reason": st.just(Reason.NOT_OUR_DUTY), "proposed_owner": st.sampled_from(OWNERS)},
    "return": {"reason": st.just(Reason.WRONG_MATTER), "proposed_owner": st.sampled_from(OWNERS)},
    "rule": {"designate": st.sampled_from(OWNERS)},
    "record_step": {"step": st.sampled_from([Step.RESIDENT_HEARD, Step.WORK_DONE])},
}
"""As in FIELDS, but as it would usually be."""

WAYS_ON: dict[State, tuple[str, ...]] = {
    State.TRIAGE: ("propose",) * 5 + ("triage", "answer_at_intake", "record_step", "not_accept"),
    State.PROPOSED: ("sign", "object"),
    State.OBJECTED: ("contest_objection", "accept_objection"),
    State.WORKING: ("resolve", "resolve", "return", "return", "start", "record_step"),
    State.RETURNING: ("refuse_return", "sign_return"),
    State.RULING: ("rule",),
    State.RESOLVED: ("review",),
    State.AWAITING_VERDICT: ("record_verdict",),
    State.JUDGED: ("close",),
    State.ENDED: ("reopen",),
}
"""What a case usually comes to next."""


class CaseMachine(RuleBasedStateMachine):
    """One case, and everything that may be tried on it."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()

    def _watch(self, story: Story, step: Told) -> None:
        laws.one_step(story, step)
        laws.whole(story)
        for event in step.events:
            laws.reads_back(event)
            laws.carries_no_free_text(event)

    # ------------------------------------------------------------ beginning
    @initialize(late=st.booleans(), data=st.data())
    def begins(self, late: bool, data: st.DataObject) -> None:
        """A case is taken in, now, or shortly before a body of the pack ends."""
        now = small.HEATING_ENDS - timedelta(hours=60) if late else small.START
        self.story = Story(now=now, watch=self._watch)
        by = data.draw(st.sampled_from([small.STATION_CLERK, *PEOPLE, RESIDENT, *ODD_ACTORS]))
        self._register(data, by)
        if self.story.current is None:
            self.story.register()

    def _register(self, data: st.DataObject, by: Actor) -> None:
        fields = {name: data.draw(strategy) for name, strategy in REGISTER.items()}
        without = data.draw(st.sampled_from(["", "", "", "text"]))
        self.story.tries("register", by, leaving_out=without, **fields)

    # ------------------------------------------------------------ commands
    @rule(data=st.data(), steps=st.integers(1, 5))
    def the_case_goes_on(self, data: st.DataObject, steps: int) -> None:
        """The right people take some usual steps, one soon after the other."""
        for _ in range(steps):
            type_ = data.draw(st.sampled_from(self._usual()))
            by = self._somebody_fit(data, type_)
            self.story.tries(type_, by, **self._usual_fields(data, type_))
            self.story.wait(minutes=data.draw(st.sampled_from([0, 1, 60, 300])))

    def _usual(self) -> tuple[str, ...]:
        case = self.story.case
        if case.state is State.TRIAGE and case.matter is None:
            return ("triage",)
        if case.state is State.WORKING and not case.acknowledged:
            return ("acknowledge", "resolve")
        return WAYS_ON[case.state]

    @rule(data=st.data())
    def the_right_one_acts(self, data: st.DataObject) -> None:
        """A command that the state allows, by somebody who may give it, not always with all that it needs."""
        case = self.story.case
        open_ = [name for name, row in RULES.items() if case.state in row.states]
        type_ = data.draw(st.sampled_from([*WAYS_ON[case.state], *open_]))
        self._give(data, type_, self._somebody_fit(data, type_))

    @rule(
        data=st.data(),
        type_=st.sampled_from(sorted(RULES)),
        by=st.sampled_from([*PEOPLE, RESIDENT, *ODD_ACTORS]),
    )
    def anybody_tries_anything(self, data: st.DataObject, type_: str, by: Actor) -> None:
        """Any command, by anybody, at any time."""
        self._give(data, type_, by)

    @rule(data=st.data(), type_=st.sampled_from(sorted(RULES)))
    def the_right_one_at_the_wrong_time(self, data: st.DataObject, type_: str) -> None:
        """Any command, by somebody who could give it if the state allowed it."""
        self._give(data, type_, self._somebody_fit(data, type_))

    @rule(data=st.data())
    def one_person_wears_another_hat(self, data: st.DataObject) -> None:
        """The person with many hats does whatever any hat allows."""
        case = self.story.case
        hat = data.draw(st.sampled_from(world.MANY_HATS))
        open_ = [name for name, row in RULES.items() if case.state in row.states]
        self._give(data, data.draw(st.sampled_from(open_)), hat)

    @rule(data=st.data(), by=st.sampled_from([CLOCK, small.CLERK, small.STATION_CLERK, RESIDENT, SYSTEM]))
    def what_cannot_be_is_tried(self, data: st.DataObject, by: Actor) -> None:
        """A case is taken in once, and nobody shortens a clock, the clock itself neither."""
        self.story.at(self.story.now)
        before = self.story.current
        self._register(data, by)
        assert self.story.refused is not None
        running = [deadline.id for deadline in self.story.case.deadlines]
        self.story.watch = None
        refused = self.story.tries("strike", by, deadline=data.draw(st.sampled_from([*running, "sign.9999"])))
        self.story.watch = self._watch
        assert (refused is None) == (by is CLOCK)
        assert self.story.current == before

    @precondition(lambda self: self.story.case.ending is not None)
    @rule(data=st.data(), late=st.booleans())
    def another_case_begins(self, data: st.DataObject, late: bool) -> None:
        """An ended case is left alone; a new one is taken in."""
        self._keeps_its_past()
        self.begins(late=late, data=data)

    def _somebody_fit(self, data: st.DataObject, type_: str) -> Actor:
        story = self.story
        command = story.command(type_, RESIDENT, **self._fields(data, type_))
        roles, bodies_ = places(type_, story.case, story.facts(needs(story.current, command)), story.now)
        fit = [actor for actor in PEOPLE if actor.role in roles and actor.body in bodies_]
        if type_ in {"record_verdict", "reopen", "withdraw"}:
            fit.append(RESIDENT)
        return data.draw(st.sampled_from(fit or [RESIDENT]))

    def _usual_fields(self, data: st.DataObject, type_: str) -> dict[str, Any]:
        usual = {**FIELDS.get(type_, {}), **USUAL_FIELDS.get(type_, {})}
        return {name: data.draw(strategy) for name, strategy in usual.items()}

    def _fields(self, data: st.DataObject, type_: str) -> dict[str, Any]:
        return {name: data.draw(strategy) for name, strategy in FIELDS.get(type_, {}).items()}

    def _give(self, data: st.DataObject, type_: str, by: Actor) -> None:
        version = self.story.case.version
        seen = data.draw(st.none() | st.integers(min_value=max(1, version - 3), max_value=version + 1))
        texts = sorted(MODELS[type_].texts)
        without = data.draw(st.sampled_from(["", "", "", "", *texts]))
        fields = self._fields(data, type_)
        self.story.tries(type_, by, leaving_out=without, expected_version=seen, **fields)

    # ------------------------------------------------------------ time
    @rule(minutes=st.one_of(st.integers(1, 120), st.integers(1, 120), st.integers(1, 200 * 60)))
    def time_passes(self, minutes: int) -> None:
        """From a minute to eight days."""
        self.story.wait(minutes=minutes)

    @precondition(lambda self: self.story.case.deadlines)
    @rule(nudge=st.sampled_from([-1, 0, 0, 1]), data=st.data())
    def it_becomes_the_due_instant(self, nudge: int, data: st.DataObject) -> None:
        """The very instant at which a clock is due, or a minute beside it."""
        due = data.draw(st.sampled_from(sorted(deadline.due for deadline in self.story.case.deadlines)))
        then = due + timedelta(minutes=nudge)
        if then >= self.story.now:
            self.story.at(then)

    @rule(hours=st.integers(1, 100))
    def the_system_is_down(self, hours: int) -> None:
        """Nothing is decided for a while; then it is decided for when it was due."""
        self.story.goes_down().wait(hours=hours).comes_up()

    # ------------------------------------------------------------ laws
    @invariant()
    def design_holds(self) -> None:
        """Everything of §3 that the domain alone can keep."""
        laws.whole(self.story)

    def teardown(self) -> None:
        """The last look at the case."""
        if self.story.current is not None:
            self._keeps_its_past()

    def _keeps_its_past(self) -> None:
        """The list as of any earlier instant is the beginning of the list as of now."""
        story = self.story
        now = tile(story.events, story.now)
        for event in story.events:
            earlier = tile(story.events, event.at)
            assert [(row.start, row.charge) for row in earlier] == [
                (row.start, row.charge) for row in now if row.start < event.at
            ]


_THOROUGH = os.environ.get("ZEREN_HYPOTHESIS") == "thorough"

TestCaseMachine = CaseMachine.TestCase
TestCaseMachine.settings = settings(
    max_examples=2000 if _THOROUGH else 60,
    stateful_step_count=80 if _THOROUGH else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

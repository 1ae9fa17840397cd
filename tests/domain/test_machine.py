"""A machine that gives random commands at random times, and checks design.md §3 after every step.

Commands of every type come from right and wrong people, at right and wrong moments, over right and wrong bodies and
matters; time moves from a minute to weeks, and often to the very instant at which a clock is due, or one minute beside
it. ``life_goes_on`` takes many steps by one seed, so that most cases come far; the other rules take one step that
Hypothesis can shrink. ``ZEREN_HYPOTHESIS=thorough`` makes it look longer.
"""

import os
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.actors import CLOCK, RESIDENT, SYSTEM, Actor, by_link, person
from domain.authority import places
from domain.commands import MODELS, Start
from domain.commands.joint import JointCommand
from domain.decide import RULES, needs
from domain.holders import tile
from domain.joint_words import AssistanceRefusal, Funding, ProviderReply, Score
from domain.words import (
    ActorKind,
    AppealOutcome,
    Channel,
    Contacted,
    Instance,
    Judgement,
    NotAcceptedGround,
    Procedure,
    Reason,
    Role,
    Satisfaction,
    Solved,
    State,
    Step,
    Tie,
    Truth,
    Urgency,
    Way,
)
from tests import small
from tests.domain import laws, laws_events, laws_merges, laws_whatif, world
from tests.domain.telling import NUMBER, Story, personal
from tests.domain.telling import Step as Told

SHIFTS = person("shifts-1", Role.CASEWORKER, small.POOR_CIVIL_AFFAIRS)
"""Holds the desk for thirty hours and leaves it empty for ten, over and over."""
LATE = small.HEATING_ENDS - timedelta(hours=60)
PACK = world.with_posts(
    (
        world.post(SHIFTS, since=start + timedelta(hours=on), until=start + timedelta(hours=on + 30))
        for start in (small.START, LATE)
        for on in range(0, 400, 40)
    ),
    world.NUDGED,
)
PEOPLE: tuple[Actor, ...] = (*small.ACTORS, *world.MANY_HATS, world.RELAY_1, world.RELAY_2, SHIFTS)
ODD_ACTORS = (
    world.GONE,
    SYSTEM,
    CLOCK,
    Actor(kind=ActorKind.PERSON),
    Actor(kind=ActorKind.PARTNER, body="nowhere"),
    Actor(kind=ActorKind.RESIDENT, body="nowhere"),
    by_link(small.LIFTS),
    by_link("nowhere"),
    Actor(kind=ActorKind.PERSON, person="clerk-1", role=Role.CLERK, body="nowhere"),
)
EVERY_BODY = (*(body.id for body in small.PACK.bodies), "nowhere")
ABLE = (small.HOUSING, small.CIVIL_AFFAIRS, small.OFFICE, small.WATER, small.HEATING, small.RAILWAY)
OWNERS = (*ABLE, small.COMMITTEE, small.COMMITTEE, small.POOR_CIVIL_AFFAIRS)
HELPERS = (small.COMMITTEE, small.WORKSTATION, small.VOLUNTEERS, *ABLE[1:4])
CALLED = (
    (small.HOUSING,),
    (small.CIVIL_AFFAIRS,),
    (small.CIVIL_AFFAIRS, small.WATER),
    (small.HOUSING, small.HEATING),
    (small.CIVIL_AFFAIRS, small.CIVIL_AFFAIRS),
    (small.COMMITTEE,),
    (small.OFFICE,),
    ("nowhere",),
)
CONTRACTS = (small.LIFT_CONTRACT,) * 4 + tuple(each.id for each in small.CONTRACTS) + ("c-none",)
MILESTONES = ("inspected", "repaired", "blessed")
ENDS = tuple(start + timedelta(hours=on) for start in (small.START, LATE) for on in (-9, 20, 90, 400))
JOINT = tuple(model.model_fields["type"].default for model in get_args(JointCommand))
MATTERS = tuple(matter.id for matter in small.PACK.matters)
PLACES = tuple(place.code for place in small.PACK.places)

NOW, EARLIER, LATER, LONG_BEFORE = (timedelta(minutes=each) for each in (0, -30, 60, -29 * 1440))
"""Instants beside the story's now, for fields that take one."""

PARENT, STRANGER = "9MK6-DZN4", "HPM4-N2Z4"
"""The numbers of another case that is told beside this one, and of none."""

Choices = dict[str, tuple[Any, ...]]

SOME_MATTER, SOME_PLACE = (*MATTERS, "no-such-matter"), (None, *PLACES, "9999")
FIELDS: dict[str, Choices] = {
    "triage": {"matter": SOME_MATTER, "place": SOME_PLACE, "urgency": (None, None, *Urgency)},
    "recategorise": {"matter": SOME_MATTER, "place": SOME_PLACE},
    "inform": {"to": EVERY_BODY},
    "propose": {"to": (None, *OWNERS, *EVERY_BODY)},
    "object": {"reason": tuple(Reason), "proposed_owner": (*OWNERS, *EVERY_BODY)},
    "return": {"reason": tuple(Reason), "proposed_owner": (*OWNERS, *EVERY_BODY)},
    "rule": {"designate": (*OWNERS, *EVERY_BODY)},
    "record_step": {"step": tuple(Step)},
    "redirect": {"way": tuple(Way), "told_by": tuple(Channel)},
    "rebase": {"deadline": ("resolve.1", "triage.1", "sign.2", "review.4", "no-such-clock")},
    "shelve": {"hours": (1, 100, 200, 240, 241)},
    "consent_to_shelving": {"told_by": tuple(Channel)},
    "request_review": {"channel": tuple(Channel), "asked_at": (None, None, NOW, EARLIER, LATER)},
    "request_final_review": {"channel": tuple(Channel), "asked_at": (None, None, NOW, EARLIER, LATER)},
    "decide_appeal": {
        "outcome": tuple(AppealOutcome),
        "delivered_at": (NOW, NOW, EARLIER, LATER),
        "told_by": tuple(Channel),
    },
    "resolve": {
        "truth": tuple(Truth),
        "ours": (True, True, False),
        "contacted": tuple(Contacted),
        "solved": tuple(Solved),
    },
    "review": {"passed": (True, True, False)},
    "record_verdict": {
        "response": (True, False),
        "resolution": (True, False),
        "satisfaction": (Satisfaction.UNSATISFIED, *Satisfaction),
        "channel": tuple(Channel),
    },
    "link": {"other": (PARENT, PARENT, NUMBER, STRANGER), "tie": tuple(Tie)},
    "merge": {"into": (PARENT, PARENT, NUMBER, STRANGER)},
    "reopen": {"channel": tuple(Channel)},
    "withdraw": {"channel": tuple(Channel), "personal": (None, personal("note"))},
    "not_accept": {"ground_code": tuple(NotAcceptedGround), "told_by": tuple(Channel)},
    "ask_assistance": {
        "asked": (*HELPERS, *HELPERS, *EVERY_BODY),
        "funding": (None, *Funding),
        "until": (None, *ENDS),
    },
    "refuse_assistance": {"refusal": tuple(AssistanceRefusal)},
    "release_assistance": {"asked": (*HELPERS, *EVERY_BODY)},
    "ask_whistle": {"called": CALLED},
    "whistle": {"called": CALLED},
    "report_in": {"step": tuple(Step), "channel": (None, *Channel)},
    "stand_down": {"called": CALLED},
    "score": {
        "scored": (small.OFFICE, *HELPERS, *EVERY_BODY),
        "promptness": tuple(Score),
        "cooperation": tuple(Score),
        "clarity": tuple(Score),
    },
    "commission": {"contract": CONTRACTS},
    "record_milestone": {"contract": CONTRACTS, "milestone": MILESTONES},
    "accept_milestone": {"contract": CONTRACTS, "milestone": MILESTONES},
    "end_commission": {"contract": CONTRACTS},
    "ask_provider": {"contract": CONTRACTS},
    "answer_as_provider": {"link": ("link.1", "link.999"), "answer": tuple(ProviderReply)},
    "accuse": {"against": world.ACCUSED, "misconduct": (True, False)},
    "declare_interest": {"person": world.PERSONS},
}
"""What the fields of each command may be, the impossible too."""

OPINION: Choices = {
    "judgement": tuple(Judgement),
    "delivered_at": (NOW, NOW, NOW, EARLIER, LATER, LONG_BEFORE),
    "told_by": (Channel.LETTER,),
    "personal": (personal("demand", "evidence", "finding", "ground", "reply"),),
}
"""What a petition's lead adds when it resolves."""

USUAL: dict[str, Choices] = {
    "triage": {"matter": (*MATTERS, small.PUSHED_DOWN_MATTER)},
    "propose": {"to": (None, *OWNERS)},
    "object": {"proposed_owner": OWNERS},
    "return": {"proposed_owner": OWNERS},
    "rule": {"designate": OWNERS},
    "merge": {"into": (PARENT,)},
    "record_step": {"step": (Step.RESIDENT_HEARD, Step.WORK_DONE)},
    "resolve": {"ours": (True,), "contacted": (Contacted.TRIED, Contacted.YES)},
    "redirect": {"told_by": (Channel.LINK,)},
    "consent_to_shelving": {"told_by": (Channel.LINK,)},
    "decide_appeal": {"delivered_at": (NOW,)},
    "request_review": {"asked_at": (None,)},
    "request_final_review": {"asked_at": (None,)},
    "ask_assistance": {"asked": HELPERS, "funding": tuple(Funding)},
    "whistle": {"called": CALLED[:4]},
    "commission": {"contract": (small.LIFT_CONTRACT,)},
    "record_milestone": {"contract": (small.LIFT_CONTRACT,)},
    "accept_milestone": {"contract": (small.LIFT_CONTRACT,)},
    "ask_provider": {"contract": (small.LIFT_CONTRACT,)},
}
"""As in FIELDS, but as it would usually be."""

REGISTER: Choices = {
    "place": (small.COMMUNITY, small.COMMUNITY, small.POOR_COMMUNITY, None, "9999"),
    "matter": (None, *SOME_MATTER),
    "procedure": (None, None, None, "hotline", "petition"),
    "no_contact": (True, False),
    "received_at": (None, small.LONG_AGO),
    "urgency": (Urgency.NORMAL, *Urgency),
    "against": ((), (), (), (), (), (), (small.OFFICE,), (small.GOVERNMENT,), (small.ORGAN,)),
}

WAYS_ON: dict[State, tuple[str, ...]] = {
    State.TRIAGE: ("propose",) * 10
    + ("answer_at_intake", "triage", "record_step", "not_accept") * 2
    + ("merge",) * 4
    + ("redirect",),
    State.PROPOSED: ("sign", "sign", "object"),
    State.OBJECTED: ("contest_objection", "accept_objection"),
    State.WORKING: (
        "resolve",
        "resolve",
        "return",
        "return",
        "start",
        "record_step",
        "recategorise",
        "inform",
        "shelve",
        "merge",
    ),
    State.SHELVED: ("unshelve", "record_step"),
    State.APPEAL: ("decide_appeal",),
    State.RETURNING: ("refuse_return", "sign_return"),
    State.RULING: ("rule",),
    State.RESOLVED: ("review",),
    State.AWAITING_VERDICT: ("record_verdict",),
    State.JUDGED: ("close",),
    State.MERGED: ("record_step", "record_step", "unmerge", "withdraw"),
    State.ENDED: ("reopen",),
}
"""What a case usually comes to next."""

OPINION_STANDS = {State.AWAITING_VERDICT, State.JUDGED, State.ENDED}

Choose = Callable[[Sequence[Any]], Any]
"""Chooses one of several: by a draw that Hypothesis shrinks, or evenly by a seed that it draws."""


def _by(data: st.DataObject) -> Choose:
    return lambda options: data.draw(st.sampled_from(options))


class CaseMachine(RuleBasedStateMachine):
    """One case, and everything that may be tried on it."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(PACK)
        self.parent = Story(PACK, number=PARENT)

    def _watch(self, story: Story, step: Told) -> None:
        if story is self.story:
            self._steps.append(step)
        laws.one_step(story, step)
        laws_merges.one_step(story, step)
        if step.events:  # without one the case is the same, which one_step has seen to
            laws.whole(story)
        for event in step.events:
            laws_events.reads_back(event)
            laws_events.carries_no_free_text(event)

    # ------------------------------------------------------------ beginning
    @initialize(late=st.booleans(), data=st.data())
    def begins(self, late: bool, data: st.DataObject) -> None:
        """A case is taken in, now, or shortly before a body of the pack ends."""
        self._begins(late, _by(data))

    def _begins(self, late: bool, choose: Choose) -> None:
        now = LATE if late else small.START
        self._steps: list[Told] = []
        self.parent = Story(PACK, now=now, number=PARENT, watch=self._watch)
        self.story = Story(PACK, now=now, among=[self.parent], watch=self._watch)
        self.parent.among = [self.story]
        if choose([True, True, False]):
            self.parent.register(matter=choose([small.HOUSING_MATTER, None]))
        by = choose([small.STATION_CLERK, *PEOPLE, RESIDENT, *ODD_ACTORS])
        if choose([True, False, False]):
            self.story.petition().wait(hours=choose([0, 1, 50])).opinion()
            return
        self._register(choose, by)
        if self.story.current is None:
            self.story.register()

    def _register(self, choose: Choose, by: Actor) -> None:
        fields = {name: choose(options) for name, options in REGISTER.items()}
        self.story.tries("register", by, leaving_out=choose(["", "", "", "text"]), **fields)

    # ------------------------------------------------------------ a stretch of life
    @rule(seed=st.integers(min_value=0, max_value=2**32 - 1), steps=st.integers(1, 15))
    def life_goes_on(self, seed: int, steps: int) -> None:
        """The right people take usual steps, now and then a wrong one does, and time passes between."""
        choose: Choose = random.Random(seed).choice
        for _ in range(steps):
            act = choose([*[self._usual_step] * 3, self._joint_step, self._possible_step, self._any_step])
            act(choose)
            self.story.wait(minutes=choose([0, 1, 60, 300, 24 * 60]))
            if self.story.case.ending is not None and choose([True, False]):
                self._another(choose)

    @rule(seed=st.integers(min_value=0, max_value=2**32 - 1), steps=st.integers(1, 4))
    def nobody_does_anything(self, seed: int, steps: int) -> None:
        """From one due instant to the next, or a minute beside it."""
        choose: Choose = random.Random(seed).choice
        for _ in range(steps):
            self._until_due(choose)

    @rule(seed=st.integers(min_value=0, max_value=2**32 - 1), steps=st.integers(1, 6))
    def the_other_case_goes_on(self, seed: int, steps: int) -> None:
        """The case that this one may follow is handled beside it; what it comes to is told, sometimes late or twice."""
        choose: Choose = random.Random(seed).choice
        if self.parent.current is None:
            return
        for _ in range(steps):
            self.parent.at(max(self.story.now, self.parent.now))
            self.story, self.parent = self.parent, self.story
            choose([self._usual_step, self._usual_step, self._usual_step, self._possible_step])(choose)
            self.story, self.parent = self.parent, self.story
            self._told(choose)
            self.story.wait(minutes=choose([0, 1, 60, 300]))

    def _told(self, choose: Choose) -> None:
        for case in choose([(self.story,), (self.parent,), (), (self.story, self.story)]):
            case.at(max(self.story.now, case.now))
            assert case.tries("wake", choose([small.CLERK, RESIDENT, CLOCK])) is not None
            assert case.tries("wake", SYSTEM) is None

    # ------------------------------------------------------------ single commands
    @rule(data=st.data(), how=st.sampled_from(["usually", "jointly", "possibly", "anyhow"]))
    def somebody_acts(self, data: st.DataObject, how: str) -> None:
        """A usual step; one that the state allows, not always complete; or any command by anybody at any time."""
        ways: dict[str, Callable[[Choose], None]] = {
            "usually": self._usual_step,
            "jointly": self._joint_step,
            "possibly": self._possible_step,
            "anyhow": self._any_step,
        }
        ways[how](_by(data))

    def _usual_step(self, choose: Choose) -> None:
        case = self.story.case
        ways = WAYS_ON[case.state]
        if case.state is State.TRIAGE and case.matter is None:
            ways = ("triage", "triage", "answer_at_intake")
        if case.state is State.WORKING and not case.acknowledged:
            ways = ("acknowledge", "resolve")
        if case.state is State.WORKING and case.shelving_request is not None:
            ways = ("consent_to_shelving", "consent_to_shelving", "refuse_shelving", "resolve")
        if case.opinion is not None and case.state in OPINION_STANDS:
            first = case.opinion.instance is Instance.HANDLING
            ways = (*ways, *(("request_review" if first else "request_final_review"),) * 3)
        type_ = choose(ways)
        fields = {**FIELDS.get(type_, {}), **USUAL.get(type_, {})}
        if case.procedure is Procedure.PETITION:
            fields |= {"resolve": OPINION, "triage": {"matter": (small.PETITION_MATTER,)}}.get(type_, {})
        chosen = self._chosen(choose, fields)
        self.story.tries(type_, self._somebody_fit(choose, type_), **chosen)

    def _chosen(self, choose: Choose, fields: Choices) -> dict[str, Any]:
        """One of each; of questions to providers those that the case knows."""
        asked = [question.link for each in self.story.case.commissions for question in each.questions]
        known = {**fields, "link": (*fields["link"], *asked * 3)} if "link" in fields else fields
        chosen = {name: choose(options) for name, options in known.items()}
        return {
            name: self.story.now + value if isinstance(value, timedelta) else value
            for name, value in chosen.items()
        }

    def _joint_step(self, choose: Choose) -> None:
        """Somebody is asked, called or commissioned, or answers: what somebody may do now, by somebody who may."""
        state = self.story.case.state
        able = [name for name in JOINT if state in RULES[name].states and self._fit(name)]
        if able:
            type_ = choose(able)
            fields = {**FIELDS.get(type_, {}), **USUAL.get(type_, {})}
            self.story.tries(type_, self._somebody_fit(choose, type_), **self._chosen(choose, fields))

    def _possible_step(self, choose: Choose) -> None:
        state = self.story.case.state
        open_ = [name for name, row in RULES.items() if state in row.states]
        type_ = choose([*WAYS_ON[state], *open_])
        self._give(choose, type_, choose([self._somebody_fit(choose, type_), choose(world.MANY_HATS)]))

    def _any_step(self, choose: Choose) -> None:
        type_ = choose(sorted(RULES))
        anybody = choose([*PEOPLE, RESIDENT, *ODD_ACTORS])
        self._give(choose, type_, choose([anybody, self._somebody_fit(choose, type_)]))

    def _give(self, choose: Choose, type_: str, by: Actor) -> None:
        version = self.story.case.version
        seen = choose([None, None, version, *range(max(1, version - 3), version + 2)])
        without = choose(["", "", "", "", *sorted(MODELS[type_].texts)])
        fields = FIELDS.get(type_, {}) | (choose([{}, OPINION]) if type_ == "resolve" else {})
        fields = self._chosen(choose, fields)
        self.story.tries(type_, by, leaving_out=without, expected_version=seen, **fields)

    def _fit(self, type_: str) -> list[Actor]:
        story = self.story
        asking = Start(id="asks", actor=RESIDENT)
        roles, bodies = places(type_, story.case, story.facts(needs(story.case, asking)), story.now)
        return [actor for actor in PEOPLE if actor.role in roles and actor.body in bodies]

    def _somebody_fit(self, choose: Choose, type_: str) -> Actor:
        fit = self._fit(type_)
        fit += [actor for actor in fit if actor in world.MANY_HATS]
        if type_ in {"record_verdict", "reopen", "withdraw", "request_review", "request_final_review"}:
            fit.append(RESIDENT)
        if type_ == "answer_as_provider":
            fit.append(by_link(small.LIFTS))
        return choose(fit or [RESIDENT])

    @rule(data=st.data(), by=st.sampled_from([CLOCK, small.CLERK, small.STATION_CLERK, RESIDENT, SYSTEM]))
    def what_cannot_be_is_tried(self, data: st.DataObject, by: Actor) -> None:
        """A case is taken in once, and nobody shortens a clock, the clock itself neither."""
        self.story.at(self.story.now)
        before = self.story.current
        self._register(_by(data), by)
        assert self.story.refused is not None
        running = [deadline.id for deadline in self.story.case.deadlines]
        self.story.watch = None
        refused = self.story.tries("strike", by, deadline=data.draw(st.sampled_from([*running, "sign.9999"])))
        self.story.watch = self._watch
        assert (refused is None) == (by is CLOCK)
        assert self.story.current == before

    @precondition(lambda self: self.story.case.ending is not None)
    @rule(data=st.data())
    def another_case_begins(self, data: st.DataObject) -> None:
        """An ended case is left alone; a new one is taken in."""
        self._another(_by(data))

    def _another(self, choose: Choose) -> None:
        self._keeps_its_past()
        self._begins(choose([True, False]), choose)

    # ------------------------------------------------------------ time
    @rule(minutes=st.one_of(st.integers(1, 120), st.integers(1, 200 * 60)), down=st.booleans())
    def time_passes(self, minutes: int, down: bool) -> None:
        """From a minute to eight days; while the system is down it is decided later for when it was due."""
        if down:
            self.story.goes_down().wait(minutes=minutes).comes_up()
        else:
            self.story.wait(minutes=minutes)

    def _until_due(self, choose: Choose) -> None:
        dues = sorted(deadline.due for deadline in self.story.case.deadlines)
        if dues:
            then = choose([dues[0], dues[0], *dues]) + timedelta(minutes=choose([0, 0, -1, 1]))
            self.story.at(max(then, self.story.now))

    # ------------------------------------------------------------ laws
    @invariant()
    def design_holds(self) -> None:
        """Everything of §3 that the domain alone can keep."""
        laws.whole(self.story)
        self._a_family()

    def _a_family(self) -> None:
        """Each of the two tells the other's intervals while it follows it."""
        now = max(self.story.now, self.parent.now)
        for case, other in ((self.story, self.parent), (self.parent, self.story)):
            if case.current is not None:
                laws_merges.a_family_adds_up(case, [other], max(now, case.case.last_at))

    def teardown(self) -> None:
        """The last look at the case."""
        if self.story.current is not None:
            self._keeps_its_past()

    def _keeps_its_past(self) -> None:
        """The list as of any earlier instant is the beginning of the list as of now, and the life can be lived again."""
        story = self.story
        laws_whatif.is_lived_again(story, self._steps)
        now = tile(story.events, story.now)
        for event in story.events:
            earlier = tile(story.events, event.at)
            assert [(row.start, row.charge) for row in earlier] == [
                (row.start, row.charge) for row in now if row.start < event.at
            ]


_THOROUGH = os.environ.get("ZEREN_HYPOTHESIS") == "thorough"

TestCaseMachine = pytest.mark.timeout(900)(CaseMachine.TestCase)
TestCaseMachine.settings = settings(
    max_examples=2000 if _THOROUGH else 60,
    stateful_step_count=80 if _THOROUGH else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

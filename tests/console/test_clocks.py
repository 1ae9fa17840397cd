"""Every clock of a case, and why it stands where it stands, from events alone."""

from datetime import timedelta
from typing import Any, get_args

from console.clocks import ClockState, clock_state, clocks, promised
from domain import commands as c
from domain.actors import Actor
from domain.decide import decide, needs
from domain.events import FactsUsed, Recorded
from domain.evolve import fold
from domain.numbers import case_id, draw_number, event_id
from domain.personal import FREE_TEXT, PersonalRef
from tests import small
from tests.domain.telling import Story

CASE = case_id("clocks")
VERDICT: Any = {"response": True, "resolution": True, "satisfaction": "satisfied", "channel": "link"}


class Told:
    """A case that is told command by command, in plain Python."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.at = small.START

    def do(self, model: type[c.Command], actor: Actor, later: float = 1, **fields: Any) -> None:
        """Decide a command some hours later; it must not be refused."""
        self.at += timedelta(hours=later)
        case = fold(self.events)
        id_ = fields.pop("id", f"c{len(self.events)}")
        ref = PersonalRef(id=CASE, digest="0" * 64, mac="0" * 64, fields=tuple(sorted(FREE_TEXT)))
        command: Any = model(id=str(id_), actor=actor, personal=ref, **fields)
        decision = decide(case, command, small.facts_for(needs(case, command)), self.at)
        assert decision.refusal is None, decision.refusal
        for body in decision.events:
            version = len(self.events) + 1
            self.events.append(
                Recorded(
                    id=event_id(CASE, version, command.id),
                    case=CASE,
                    version=version,
                    at=self.at,
                    recorded_at=self.at,
                    command=command.id,
                    actor=actor,
                    facts=FactsUsed(pack="small", version=1),
                    body=body,
                )
            )

    def strike(self, deadline: str) -> None:
        """The clock strikes, at once."""
        self.do(c.Strike, small.CLOCK, 0, id=f"clock:{deadline}", deadline=deadline)

    def states(self) -> dict[str, str]:
        """The clocks by id."""
        return {clock.deadline.id: clock.state for clock in clocks(self.events)}


def _registered(**fields: Any) -> Told:
    told = Told()
    told.do(c.Register, small.CLERK, number=draw_number(lambda _: 3), place=small.COMMUNITY, **fields)
    return told


def test_a_clock_is_met_missed_replaced_dropped_or_running() -> None:
    told = _registered(matter=small.HOUSING_MATTER)
    told.do(c.Triage, small.CLERK, matter=small.PUSHED_DOWN_MATTER)
    told.do(c.Propose, small.CLERK, to=small.CIVIL_AFFAIRS)
    told.do(c.Sign, small.CIVIL_WORKER)
    states = told.states()
    assert states == {"triage.1": "met", "resolve.1": "replaced", "resolve.2": "running", "sign.3": "met"}
    told.at += timedelta(hours=300)
    told.strike("resolve.2")
    states = told.states()
    assert states["resolve.2"] == "missed"
    ladder = next(id_ for id_ in states if id_.startswith("ladder"))
    told.at += timedelta(hours=25)
    told.strike(ladder)
    states = told.states()
    assert states[ladder] == "replaced"
    assert sum(state == "running" for id_, state in states.items() if id_.startswith("ladder")) == 1
    told.do(c.Withdraw, small.CLERK, channel="phone")
    assert "running" not in told.states().values()
    assert told.states()["resolve.2"] == "missed"


def test_a_deemed_signature_is_a_missed_clock_and_the_promise_is_the_last_one() -> None:
    told = _registered(matter=small.HOUSING_MATTER)
    told.do(c.Propose, small.CLERK, to=small.HOUSING)
    told.at += timedelta(hours=25)
    told.strike("sign.2")
    found = clocks(told.events)
    sign = next(clock for clock in found if clock.deadline.id == "sign.2")
    assert (sign.state, told.events[-1].body.type) == ("missed", "deemed_signed")
    assert "policy.hotline.sign@1" in sign.reason.en
    assert "默认签收" in sign.reason.zh
    assert promised(found) is not None


def _opinion() -> Told:
    told = _registered(matter=small.PETITION_MATTER)
    told.do(c.Propose, small.PETITION_CLERK, to=small.HOUSING)
    told.do(c.Sign, small.HOUSING_WORKER)
    answers: Any = {"truth": "true", "ours": True, "contacted": "yes", "solved": "no"}
    opinion: Any = {
        "judgement": "supported",
        "delivered_at": told.at + timedelta(hours=1),
        "told_by": "letter",
    }
    told.do(c.Resolve, small.HOUSING_WORKER, **answers, **opinion)
    told.do(c.Review, small.PETITION_REVIEWER, passed=True)
    return told


def test_the_time_to_ask_for_a_review_stands_after_a_closing_and_passes_without_blame() -> None:
    told = _opinion()
    told.do(c.RecordVerdict, small.RESIDENT, **VERDICT)
    told.do(c.Close, small.PETITION_REVIEWER)
    assert told.states()["ask_appeal.4"] == "stands"
    told = _opinion()
    told.at += timedelta(days=31)
    told.strike("ask_appeal.4")
    found = {clock.deadline.id: clock for clock in clocks(told.events)}
    assert found["ask_appeal.4"].state == "passed"
    assert "policy.petition.ask_appeal@1" in found["ask_appeal.4"].reason.en
    told = _opinion()
    told.do(c.RequestReview, small.RESIDENT, channel="web")
    assert told.states()["ask_appeal.4"] == "met"
    assert told.states()["verdict.5"] == "dropped"


def test_a_look_again_passes_and_a_request_that_a_report_overtook_is_dropped() -> None:
    told = _registered(matter=small.HOUSING_MATTER)
    told.do(c.Propose, small.CLERK, to=small.HOUSING)
    told.do(c.Sign, small.HOUSING_WORKER)
    told.do(c.Shelve, small.HOUSING_HEAD, hours=5)
    told.do(c.ConsentToShelving, small.REVIEWER, told_by="phone")
    told.at += timedelta(hours=5)
    told.strike("look_again.5")
    assert (told.states()["consent.4"], told.states()["look_again.5"]) == ("met", "passed")
    told.do(c.Shelve, small.HOUSING_HEAD, hours=5)
    answers: Any = {"truth": "true", "ours": True, "contacted": "yes", "solved": "no"}
    told.do(c.Resolve, small.HOUSING_WORKER, **answers)
    assert told.states()["consent.7"] == "dropped"


def test_every_state_of_a_clock_has_its_word() -> None:
    assert all(clock_state(state, "zh") != state for state in get_args(ClockState))


def _child_of_a_parent() -> tuple[Story, Story]:
    child, parent = Story(), Story(number="9MK6-DZN4")
    child.among, parent.among = [parent], [child]
    parent.working()
    return child.register(matter=small.HOUSING_MATTER).wait(hours=1).merge(parent), parent


def _states(story: Story) -> dict[str, str]:
    return {clock.deadline.id: clock.state for clock in clocks(story.events)}


def test_the_clocks_of_a_merged_case_are_suspended_and_go_on_with_what_they_had_left() -> None:
    child, _ = _child_of_a_parent()
    assert _states(child) == {"triage.1": "suspended", "resolve.1": "suspended"}
    child.wait(hours=10).unmerge()
    assert _states(child) == {"triage.1": "running", "resolve.1": "running"}
    shown = {clock.deadline.id: clock.deadline.due for clock in clocks(child.events)}
    assert shown == {deadline.id: deadline.due for deadline in child.case.deadlines}


def test_the_parents_answer_ends_the_clocks_of_a_child_in_time_or_late() -> None:
    for hours, state in ((10, "met"), (200, "missed")):
        child, parent = _child_of_a_parent()
        child.wait(hours=hours)
        parent.at(child.now).resolve().review()
        child.wake()
        assert _states(child) == {"triage.1": "dropped", "resolve.1": state, "verdict.3": "running"}
